package diff

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Whatever one edge two servers differ in, that is the sequence that is told, found within so many sequences from any seed.
func TestOneEdge(t *testing.T) {
	match := func(pattern string) func(string) bool { return regexp.MustCompile(`(?s)` + pattern).MatchString }
	both := func(line string) []string {
		return strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
	}
	for name, c := range map[string]struct {
		other server
		want  string // of the request in question
	}{
		"get of 251 bytes":          {server{edge: on("NOT-FOUND\r\n", match(`^get \S{251}\r\n$`))}, `^get \S{251}\r\n$`},
		"get of 251 bytes, silence": {server{edge: on("", match(`^get \S{251}\r\n$`))}, `^get \S{251}\r\n$`},
		"get of 251 bytes, closes":  {server{edge: on("close", match(`^get \S{251}\r\n$`))}, `^get \S{251}\r\n$`},
		"set of 250 bytes":          {server{edge: on("ERROR\r\n", match(`^set \S{250} `))}, `^set \S{250} `},
		"size 0":                    {server{edge: on("ERROR\r\n", match(`^set \S{1,250} 0\r\n$`))}, `^set \S+ 0\r\n\r\n$`},
		"ten digits":                {server{edge: on("ERROR\r\n", match(`^set \S+ 0\d{9}\r\n$`))}, `^set \S+ 0\d{9}\r\n`},
		"leading zeros":             {server{edge: on("ERROR\r\n", match(`^set \S+ 0\d+\r\n$`))}, `^set \S+ 0\d+\r\n`},
		"a tab":                     {server{tokens: both}, `\t`},
		"a space at the end":        {server{edge: on("ERROR\r\n", match(`^get \S+ \r\n$`))}, `^get \S+ \r\n$`},
		"case":                      {server{edge: on("NOT-FOUND\r\n", match(`^GET `))}, `^GET `},
		"CR before CRLF":            {server{edge: on("NOT-FOUND\r\n", match(`^get \S+\r\r\n$`))}, `^get \S+\r\r\n$`},
		"end with arguments":        {server{edge: on("close", match(`^end .`))}, `^end .`},
		"NUL in a key":              {server{edge: on("NOT-FOUND\r\n", match(`^get \S*\x00\S*\r\n$`))}, `^get \S*\x00\S*\r\n$`},
		"bare LF":                   {server{edge: on("ERROR\r\n", match(`^get \S+[^\r]\n$`))}, `^get \S+[^\r]\n`},
		"one byte less":             {server{max: 1<<20 - 1}, `^set \S+ 1048576\r\n`},
		"one byte more":             {server{max: 1<<20 + 1}, `^set \S+ 1048577\r\n`},
		"blank line":                {server{edge: on("", match(`^ *\r\n$`))}, `^ *\r\n$`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seeds := int64(2)
			if testing.Short() {
				seeds = 1
			}
			for seed := range seeds {
				one, other := server{}, c.other
				r := compare(t, Config{A: one.start(t), B: other.start(t), Seed: seed, Sequences: 1500, Timeout: time.Minute})
				if r.Difference == nil || r.Unsteady != nil || r.Once != nil {
					t.Fatalf("seed %d: %+v", seed, r)
				}
				steps := r.Difference.Steps
				last := steps[len(steps)-1]
				if len(steps) > 1 || !regexp.MustCompile(c.want).MatchString(last.Request) || last.A == last.B {
					t.Errorf("seed %d, %d sequences: %.300q, want %s: %s and %s", seed, r.Sequences, last.Request, c.want, last.A, last.B)
				}
			}
		})
	}
}

func compare(t *testing.T, cfg Config) *Result {
	t.Helper()
	r, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The commands send what was sent.
func TestPasteShowsTheDifference(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no POSIX shell here: ", err) // Windows
	}
	one, other := server{}, server{edge: on("NOT-FOUND\r\n", regexp.MustCompile(`^get \S{251}\r\n$`).MatchString)}
	r := compare(t, Config{A: one.start(t), B: other.start(t), Timeout: time.Minute})
	for paste, want := range map[string]string{r.Difference.PasteA: r.Difference.Steps[0].A.Text, r.Difference.PasteB: r.Difference.Steps[0].B.Text} {
		print, nc, _ := strings.Cut(paste, " | nc ")
		sent, err := exec.Command(sh, "-c", print).Output()
		if err != nil {
			t.Fatalf("%s: %v", print, err)
		}
		c, err := net.Dial("tcp", strings.Replace(nc, " ", ":", 1))
		if err != nil {
			t.Fatalf("%s: %v", nc, err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = c.Write(sent)
		got := make([]byte, 100)
		n, err := c.Read(got)
		if err != nil || string(got[:n]) != want {
			t.Errorf("%s: %q, %v, want %q", paste, got[:n], err, want)
		}
	}
}

func TestNoDifference(t *testing.T) {
	one, other := server{}, server{}
	a := one.start(t)
	for name, b := range map[string]string{"two servers": other.start(t), "the same twice": a} {
		seen := 0
		r := compare(t, Config{A: a, B: b, Sequences: 60, Timeout: time.Minute, Progress: func(n int) { seen = n }})
		if r.Difference != nil || r.Unsteady != nil || r.Once != nil || r.CutShort || r.Sequences != 60 || seen != 60 || r.Requests < 60 {
			t.Errorf("%s: %+v", name, r)
			for _, d := range []*Difference{r.Difference, r.Once} {
				if d != nil {
					t.Errorf("%.2000s", fmt.Sprint(d.Steps))
				}
			}
		}
	}
}

// A server that is slow at first is not silent because the search is short.
func TestShortSearchWaitsForTheFirstAnswer(t *testing.T) {
	var once sync.Once
	one, other := server{}, server{edge: func(line string) (string, bool) {
		once.Do(func() { time.Sleep(300 * time.Millisecond) })
		return "", false
	}}
	if r := compare(t, Config{A: one.start(t), B: other.start(t), Timeout: 200 * time.Millisecond}); r.Difference != nil {
		t.Errorf("after %v: %s", r.Elapsed, fmt.Sprint(r.Difference.Steps))
	}
}

// Two spellings that a profile counts as the same are a difference unless told not to be.
func TestByOutcome(t *testing.T) {
	one, other := server{}, server{edge: on("NOT-STORED\r\n", func(line string) bool { return strings.HasPrefix(line, "nonsense") })}
	cfg := Config{A: one.start(t), B: other.start(t), Profile: "course", Sequences: 200, Timeout: time.Minute}
	if r := compare(t, cfg); r.Difference == nil {
		t.Errorf("byte by byte: %+v", r)
	}
	cfg.ByOutcome = true
	if r := compare(t, cfg); r.Difference != nil {
		t.Errorf("by outcome: %+v", r.Difference)
	}
}

// A server that numbers its refusals differs from itself, and is told as that.
func TestUnsteady(t *testing.T) {
	var n atomic.Int64
	one := server{}
	other := server{edge: func(line string) (string, bool) {
		return fmt.Sprintf("ERROR %d\r\n", n.Add(1)), strings.HasPrefix(line, "nonsense")
	}}
	b := other.start(t)
	r := compare(t, Config{A: one.start(t), B: b, Timeout: time.Minute})
	if r.Unsteady == nil || r.Difference != nil {
		t.Fatalf("%+v", r)
	}
	if u := r.Unsteady; u.Addr != b || len(u.Steps) != 1 || !strings.HasPrefix(u.Steps[0].Request, "nonsense") || u.First == u.Then || !strings.Contains(u.Paste, "nonsense") {
		t.Errorf("%+v", u)
	}
}

// What came once and not again is not called a difference.
func TestOnce(t *testing.T) {
	for range 5 { // on a busy machine it may come when nobody is patient enough to be sure of it
		var n atomic.Int64
		one := server{}
		other := server{edge: func(line string) (string, bool) {
			return "ERROR\r\n", strings.HasPrefix(line, "get d") && n.Add(1) == 100
		}}
		r := compare(t, Config{A: one.start(t), B: other.start(t), Sequences: 50, Timeout: time.Minute})
		if r.Difference != nil || r.Unsteady != nil {
			t.Errorf("%+v", r)
		}
		if r.Once != nil {
			return
		}
	}
	t.Error("never seen")
}

// An endpoint that a request stops is told with that request, though nothing can be tried again.
func TestGone(t *testing.T) {
	one := server{}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	var stopped atomic.Bool
	inner := server{edge: func(line string) (string, bool) {
		if strings.HasPrefix(line, "get\r") {
			stopped.Store(true)
			ln.Close()
		}
		return "close", stopped.Load()
	}}
	go func() {
		to := inner.start(t)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go relay(c, to)
		}
	}()
	b := ln.Addr().String()
	r := compare(t, Config{A: one.start(t), B: b, Timeout: time.Minute})
	if r.Difference == nil || r.Difference.Gone != b || !strings.Contains(fmt.Sprint(r.Difference.Steps), "get\r") {
		t.Errorf("%+v", r.Difference)
	}
}

func relay(c net.Conn, to string) {
	defer c.Close()
	s, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer s.Close()
	go func() {
		defer s.Close()
		copyAll(s, c)
	}()
	copyAll(c, s)
}

func copyAll(to, from net.Conn) {
	for p := make([]byte, 64<<10); ; {
		n, err := from.Read(p)
		if n > 0 {
			if _, err := to.Write(p[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// Endpoints that cannot be compared.
func TestCannotCompare(t *testing.T) {
	one := server{}
	a := one.start(t)
	odd := server{edge: on("HTTP/1.1 400 Bad Request\r\n\r\n", func(string) bool { return true })}
	mute := server{edge: on("", func(string) bool { return true })}
	o, m := odd.start(t), mute.start(t)
	for name, c := range map[string]struct {
		cfg  Config
		want string
	}{
		"nobody":   {Config{A: a, B: "127.0.0.1:1"}, "dial 127.0.0.1:1: connection refused"},
		"neither":  {Config{A: o, B: m, Timeout: time.Second}, "neither endpoint gives back what was stored in the words of the profile report"},
		"address":  {Config{A: a, B: "x"}, `"x"`},
		"profile":  {Config{A: a, B: a, Profile: "lenient"}, "lenient"},
		"negative": {Config{A: a, B: a, Timeout: -1}, "positive"},
	} {
		if r, err := Run(t.Context(), c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	r := compare(t, Config{A: a, B: o, Timeout: time.Second})
	if r.Difference == nil || !strings.Contains(r.Difference.Steps[0].B.Text, "HTTP") || !strings.Contains(r.Difference.PasteB, "printf 'set mark-") {
		t.Errorf("one of them: %+v", r)
	}
}

func TestCutShort(t *testing.T) {
	one, other := server{}, server{}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := Run(ctx, Config{A: one.start(t), B: other.start(t), Timeout: time.Hour, Progress: func(n int) {
		if n == 5 {
			cancel()
		}
	}})
	if err != nil || !r.CutShort || r.Difference != nil || r.Sequences > 6 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAnswerInWords(t *testing.T) {
	for _, c := range []struct {
		a    Answer
		want string
	}{
		{Answer{Text: "ERROR\r\n"}, `"ERROR\r\n"`},
		{Answer{}, "nothing, and goes on"},
		{Answer{How: Closed}, "closes the connection"},
		{Answer{Text: "x", How: Silent}, `"x", then says nothing more`},
		{Answer{Text: strings.Repeat("x", 300)}, `"` + strings.Repeat("x", 200) + `"… (300 bytes)`},
	} {
		if got := c.a.String(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
