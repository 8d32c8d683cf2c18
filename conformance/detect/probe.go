package detect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"memlite/conformance/rules"
	"memlite/conformance/wire"
)

// How long is waited for what. A server may sleep for a second before each read and each write on purpose.
const (
	firstWait = 4 * time.Second        // for an answer, while none has ever come
	hopeless  = 500 * time.Millisecond // for an answer, when two requests have got none
	leastWait = 1500 * time.Millisecond
	mostWait  = 5 * time.Second
	greetWait = 200 * time.Millisecond // for a greeting, which nobody has asked for
	leastRest = 60 * time.Millisecond  // for more of an answer
	mostRest  = 2 * time.Second
	most      = 64 << 10 // bytes of one answer that are looked at
)

// prober asks one endpoint, one connection at a time.
type prober struct {
	ctx   context.Context
	addr  string
	token string // part of every key
	n     int

	answered bool          // something has come
	ignored  int           // requests that nothing came back to before that
	slowest  time.Duration // of the answers
	greeting []string      // lines that every connection begins with
}

// answer is what came back to one request.
type answer struct {
	text   string
	closed bool      // the connection is over
	last   time.Time // when the last of it came
}

// lines are those of the answer, without their ends; what came behind the last end is one too.
func (a answer) lines() []string {
	if a.text == "" {
		return nil
	}
	list := strings.Split(strings.TrimSuffix(a.text, "\n"), "\n")
	for i, l := range list {
		list[i] = strings.TrimSuffix(l, "\r")
	}
	return list
}

func (a answer) first() string {
	if lines := a.lines(); len(lines) > 0 {
		return lines[0]
	}
	return ""
}

func (d *prober) wait() time.Duration {
	switch {
	case !d.answered && d.ignored < 2:
		return firstWait
	case !d.answered:
		return hopeless
	}
	return min(max(leastWait, 8*d.slowest), mostWait)
}

func (d *prober) rest() time.Duration {
	return min(max(leastRest, 2*d.slowest), mostRest)
}

// key is one that nobody has used.
func (d *prober) key() string {
	d.n++
	return "probe" + d.token + "x" + strconv.Itoa(d.n)
}

// value is text of n bytes that nothing else here says.
func (d *prober) value(n int) string {
	d.n++
	return (fmt.Sprintf("v%d", d.n) + d.token + strings.Repeat("abcdefghij", n/10+1))[:n]
}

// talk is one connection, or several where the endpoint ends each after a request.
type talk struct {
	d *prober
	c *wire.Client
}

func (d *prober) talk() *talk { return &talk{d: d} }

func (t *talk) close() {
	if t.c != nil {
		t.c.Close()
		t.c = nil
	}
}

// open connects and reads over the greeting.
func (t *talk) open() error {
	if t.c != nil {
		return nil
	}
	c, err := wire.Dial(t.d.ctx, t.d.addr, t.d.wait(), wire.NewTranscript())
	if err != nil {
		return err
	}
	context.AfterFunc(t.d.ctx, c.Close)
	t.c = c
	for range t.d.greeting {
		if _, err := c.ReadLine(most); err != nil {
			break
		}
	}
	return nil
}

// ask sends a request, its pieces apart, and returns what comes back until nothing more does. The error is for what ends the detection.
func (t *talk) ask(pieces ...string) (answer, error) {
	if err := t.open(); err != nil {
		return answer{}, err
	}
	list := make([][]byte, len(pieces))
	for i, p := range pieces {
		list[i] = []byte(p)
	}
	sent := time.Now()
	t.c.Wait = t.d.wait()
	pause := min(max(20*time.Millisecond, 2*t.d.slowest), 2*time.Second)
	if err := t.c.SendApart(list, pause); err != nil {
		return t.over(answer{}), t.d.ctx.Err()
	}
	a := t.listen(t.d.wait())
	if a.text == "" {
		t.d.ignored++
	} else {
		// One slow answer on a busy machine must not make all that follow wait.
		took := a.last.Sub(sent) - time.Duration(len(pieces)-1)*pause
		t.d.answered, t.d.slowest = true, max(took, t.d.slowest*3/4)
	}
	return a, t.d.ctx.Err()
}

// listen reads until nothing has come for a while, or the connection is over.
func (t *talk) listen(first time.Duration) (a answer) {
	for t.c.Wait = first; len(a.text) < most; t.c.Wait = t.d.rest() {
		line, err := t.c.ReadLine(most)
		if len(line) > 0 {
			a.text, a.last = a.text+string(line), time.Now()
		}
		switch wire.KindOf(err) {
		case "", wire.Overlong:
		case wire.Timeout:
			if len(line) == 0 {
				return a
			}
		default:
			return t.over(a)
		}
	}
	return a
}

func (t *talk) over(a answer) answer {
	t.close()
	a.closed = true
	return a
}

// fatal is err if it ends the detection, and nil if it is an answer like others: a connection that the other side has reset.
func (d *prober) fatal(err error) error {
	if unreachable(err) || d.ctx.Err() != nil {
		return cmp.Or(err, d.ctx.Err())
	}
	return nil
}

func (d *prober) why(err error) string {
	if d.ctx.Err() != nil {
		return "its time ran out"
	}
	return "nobody can connect any more (" + errors.Unwrap(err).Error() + ")"
}

// unreachable reports whether err says that there is nobody to connect to, and not that somebody hung up.
func unreachable(err error) bool {
	var e *wire.Error
	return errors.As(err, &e) && (e.Kind == wire.Connect || e.Kind == wire.Local)
}

// trial asks all that detection can tell apart in the profile's words, and returns what was wrong first, "" if nothing was.
func (d *prober) trial(p rules.Profile) (what, kind string) {
	target := rules.NewTarget(d.addr, p, 1)
	if err := target.Measure(d.ctx, d.wait()); err != nil {
		return err.Error(), "connect"
	}
	r := target.Run(d.ctx, rules.Rule{ID: "TRY-01", Check: rules.Acquaint})
	return r.Reason, r.Kind
}
