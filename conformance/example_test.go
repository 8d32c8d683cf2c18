package conformance_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"memlite/conformance"
	"memlite/server"
)

// elsewhere are the servers of the examples that the default one cannot give in this test: "the last of 1024 clients"
// is the only one here.
var elsewhere = map[string]server.Config{
	"LIM-11": {MaxClients: 1},
	"LIM-12": {MaxClients: 1},
}

// remarksOnly are the rules whose example cannot be shown as bytes, with the reason.
var remarksOnly = map[string]string{}

// Every example is played against the reference server, over TCP, to the letter: a reader takes it for the protocol.
func TestExamples(t *testing.T) {
	for _, r := range conformance.Rules() {
		t.Run(r.ID, func(t *testing.T) {
			t.Parallel()
			steps, err := parseExample(r.Example)
			if err != nil {
				t.Fatal(err)
			}
			if replies := countReplies(steps); (replies == 0) != (remarksOnly[r.ID] != "") {
				t.Fatalf("%s has an example with %d replies (reason: %q)", r.ID, replies, remarksOnly[r.ID])
			}
			cfg := elsewhere[r.ID]
			cfg.Dialect = r.Dialects[0]
			addr, _ := start(t, cfg)
			if err := play(steps, addr, 5*time.Second); err != nil {
				t.Errorf("%s\n%s\n%v", r.ID, r.Example, err)
			}
		})
	}
}

// The player finds what is wrong with an example, or the test above would say nothing.
func TestWrongExamples(t *testing.T) {
	addr := reference(t)
	for example, want := range map[string]string{
		`> "get k\r\n"` + "\n" + `< "END\r\n"`:     `want "END\r\n", got "NOT-F"`,
		`> "get k\r\n"`:                            `NOT-FOUND\r\n" comes`,
		`> "get k\r\n"` + "\n" + `< "NOT-FOUND\r"`: `"\n" comes`,
		`> "get k"` + "\n" + `< FIN`:               `the connection is open`,
		`> "end\r\n"` + "\n" + `< "ERROR\r\n"`:     `got ""`,
		`> get k`:                                  `not a step`,
		`> "get k\r\n`:                             `not a step`,
		`> "get k"*x`:                              `not a step`,
		`"get k"`:                                  `not a step`,
		`> "\q"`:                                   `not a step`,
		``:                                         `not a step`,
		`A> "get k\r\n"` + "\n" + `B< "NOT-FOUND\r"`: `client B`,
	} {
		steps, err := parseExample(example)
		if err == nil {
			err = play(steps, addr, 200*time.Millisecond)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", example, err, want)
		}
	}
}

// step is one line of an example, in the notation of server/PROTOCOL.md with two additions: RST for a client that
// resets its connection, and remarks, which are not steps.
type step struct {
	client string // "" where there is only one
	send   bool
	end    string // FIN, RST or ""
	bytes  string
}

var (
	stepLine  = regexp.MustCompile(`^([A-Z]?)([<>]) (FIN|RST|(?:"(?:[^"\\]|\\.)*"(?:\*\d+)? ?)+)$`)
	stepPiece = regexp.MustCompile(`("(?:[^"\\]|\\.)*")(?:\*(\d+))?`)
)

func parseExample(example string) (steps []step, err error) {
	for line := range strings.SplitSeq(example, "\n") {
		if strings.HasPrefix(line, "- ") {
			continue
		}
		m := stepLine.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("not a step of an example: %s", line)
		}
		s := step{client: m[1], send: m[2] == ">"}
		if m[3] == "FIN" || m[3] == "RST" {
			s.end = m[3]
		}
		for _, piece := range stepPiece.FindAllStringSubmatch(m[3], -1) {
			text, err := strconv.Unquote(piece[1])
			if err != nil {
				return nil, fmt.Errorf("not a step of an example: %s: %w", line, err)
			}
			times := 1
			if piece[2] != "" {
				times, _ = strconv.Atoi(piece[2])
			}
			s.bytes += strings.Repeat(text, times)
		}
		steps = append(steps, s)
	}
	return steps, nil
}

func countReplies(steps []step) (n int) {
	for _, s := range steps {
		if !s.send {
			n++
		}
	}
	return n
}

// play returns the first thing that is not as the steps say, what comes unasked at the end included. No wait is longer than patience.
func play(steps []step, addr string, patience time.Duration) error {
	conns := map[string]*net.TCPConn{}
	over := map[string]bool{}
	for i, s := range steps {
		at := fmt.Sprintf("step %d, client %s", i+1, s.client)
		c := conns[s.client]
		if c == nil {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				return err
			}
			defer conn.Close()
			c = conn.(*net.TCPConn)
			conns[s.client] = c
		}
		err := c.SetDeadline(time.Now().Add(patience))
		switch {
		case err != nil:
		case s.send && s.end == "FIN":
			err = c.CloseWrite()
		case s.send && s.end == "RST":
			over[s.client] = true
			err = errors.Join(c.SetLinger(0), c.Close())
		case s.send:
			_, err = io.WriteString(c, s.bytes)
		case s.end == "FIN":
			over[s.client] = true
			err = ended(c)
		default:
			got := make([]byte, len(s.bytes))
			n, readErr := io.ReadFull(c, got)
			if string(got[:n]) != s.bytes {
				err = fmt.Errorf("want %.200q, got %.200q (%v)", s.bytes, got[:n], readErr)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
	}
	for name, c := range conns {
		if over[name] {
			continue
		}
		if err := errors.Join(c.SetDeadline(time.Now().Add(patience)), c.CloseWrite(), ended(c)); err != nil {
			return fmt.Errorf("client %s at the end: %w", name, err)
		}
	}
	return nil
}

// ended reads to the end, before which nothing may come. A server that closes while requests are unread resets.
func ended(c *net.TCPConn) error {
	rest, err := io.ReadAll(c)
	switch {
	case len(rest) > 0:
		return fmt.Errorf("want the end of the stream, and then %.200q comes", rest)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errors.New("the connection is open")
	}
	return nil
}
