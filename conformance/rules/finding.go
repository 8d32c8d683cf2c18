package rules

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"memlite/conformance/wire"
	"memlite/reports"
)

// The kinds of failure, as reports.Rule.Kind has them.
const (
	answer  = "answer"  // a reply came and was wrong
	silence = "silence" // a reply did not come in time: the endpoint hangs, or waits for something else
	closed  = "closed"  // the connection ended where a reply was due
	connect = "connect" // no connection could be made
	state   = "state"   // replies were well formed, but what they say cannot be: lost, stale, mixed, torn
)

// Unanswered reports whether a failure of that kind is the absence of an answer, not a wrong one.
func Unanswered(kind string) bool { return kind == silence || kind == closed || kind == connect }

// finding is why a check ended early. It travels as a panic from where it is noticed to where the rule, a group of
// clients or an Attempt ends, so that the text of a check is only about the protocol.
type finding struct {
	status    reports.Status
	kind      string
	want, got string
	reason    string
	client    int // whose connection it was found on; 0: not one client's
}

func (f *finding) Error() string { return f.reason }

// wireFinding says in a report's words what went wrong on the wire; got is what had come until then.
func wireFinding(err error, got []byte, wait time.Duration) *finding {
	f := &finding{status: reports.Failed, got: quote(got)}
	then := ""
	if len(got) > 0 {
		then = f.got + ", then "
	}
	switch wire.KindOf(err) {
	case wire.Timeout:
		f.kind, f.got = silence, fmt.Sprintf("%snothing for %v", then, wait.Round(time.Millisecond))
		f.reason = "no answer"
	case wire.Closed:
		f.kind, f.got = closed, then+"the connection was closed"
		f.reason = "the connection was closed"
	case wire.Reset:
		f.kind, f.got = closed, then+"the connection was reset"
		f.reason = "the connection was reset"
	case wire.Overlong:
		f.kind, f.got = answer, fmt.Sprintf("%s and on (%v)", f.got, err)
		f.reason = "an answer without an end"
	case wire.Connect:
		why := errors.Unwrap(err).Error()
		f.kind, f.want, f.got, f.reason = connect, "a connection", why, "cannot connect: "+why
	default:
		f.status, f.got = reports.Inconclusive, ""
		f.reason = fmt.Sprintf("this side is at fault: %v", err)
		if strings.Contains(f.reason, "too many open files") {
			f.reason += ": raise this process's limit (ulimit -n)"
		}
	}
	return f
}

// quote writes p as Go does, cut after 160 bytes.
func quote(p []byte) string { return quoteAll(p) }

// quoteAll quotes what parts are together, and copies no more of them than it shows.
func quoteAll[P string | []byte](parts ...P) string {
	const most = 160
	var start []byte
	n := 0
	for _, part := range parts {
		start = append(start, part[:min(len(part), most-len(start))]...)
		n += len(part)
	}
	if n == len(start) {
		return strconv.Quote(string(start))
	}
	return fmt.Sprintf("%s… (%d bytes)", strconv.Quote(string(start)), n)
}
