package rules

import (
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
)

// A shell prints the very bytes.
func TestPrintf(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no POSIX shell here: ", err) // Windows
	}
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	r := rand.New(rand.NewPCG(1, 1))
	texts := []string{"get k\r\n", "-n", "%s%d%%", `\x00\\`, "it's", "\x00\x001\x002\r", "12\x0034", string(all), "$HOME `id` \"x\" !",
		"a" + strings.Repeat("x", longRun) + "\r\n", strings.Repeat("\\", longRun+5), strings.Repeat("\x00", longRun) + strings.Repeat("'", 3*longRun)}
	for range 50 {
		b := make([]byte, r.IntN(40))
		for i := range b {
			b[i] = all[r.IntN(256)]
		}
		texts = append(texts, string(b))
	}
	for _, text := range texts {
		script := strings.Join(printf(text), "; ")
		out, err := exec.Command(sh, "-c", script).Output()
		if err != nil || string(out) != text {
			t.Errorf("%.200q by %.200s prints %.200q, %v", text, script, out, err)
		}
		if len(script) > 4*longRun+200 && len(text) > longRun {
			t.Errorf("%d bytes to paste for %d", len(script), len(text))
		}
	}
}

func TestPaste(t *testing.T) {
	one := Send{Pieces: []string{"get k\r\n"}}
	for _, c := range []struct {
		sends []Send
		addr  string
		want  string
	}{
		{[]Send{one}, "127.0.0.1:5001", `printf 'get k\r\n' | nc 127.0.0.1 5001`},
		{[]Send{one}, "[::1]:5001", `printf 'get k\r\n' | nc ::1 5001`},
		{[]Send{one}, "unix:///tmp/a", `printf 'get k\r\n' | nc -U /tmp/a`},
		{[]Send{{Pieces: []string{"ge", "t k\r\n"}}, {Pieces: []string{"end\r\n"}}}, ":1",
			`(printf 'ge'; sleep 1; printf 't k\r\n'; sleep 1; printf 'end\r\n') | nc 127.0.0.1 1`},
		{[]Send{{Client: 2, Pieces: []string{"a"}}, {Client: 0, Pieces: []string{"b"}}, {Client: 2, Pieces: []string{"c"}}}, ":1",
			`(sleep 1; printf 'b') | nc 127.0.0.1 1 & (printf 'a'; sleep 2; printf 'c') | nc 127.0.0.1 1 & wait`},
		{nil, ":1", ""},
	} {
		if got := Paste(c.sends, c.addr); got != c.want {
			t.Errorf("%v\n%s, want\n%s", c.sends, got, c.want)
		}
	}
}
