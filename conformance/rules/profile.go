package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Outcome is what a reply line means, whatever its spelling.
type Outcome int

// The outcomes that have a reply of their own.
const (
	Stored     Outcome = iota // a set was taken
	Mismatch                  // a set was refused: its block is not as long as announced
	BadCommand                // refused: unknown command, wrong number of tokens, unreadable size
	BadKey                    // refused: the key is too long or has a forbidden byte
	TooLarge                  // refused: the value is larger than the maximum
	Missing                   // a get found nothing
	Busy                      // a connection was refused: too many clients
)

var outcomeNames = []string{"stored", "size mismatch", "wrong arity, unknown command, unreadable size",
	"key refused", "value too large", "missing key", "too many clients"}

func (o Outcome) String() string { return outcomeNames[o] }

// Profile says which replies count as right, and what else is known of a kind of server.
type Profile struct {
	Name    string
	Summary string
	Dialect string
	// Replies lists, for each Outcome, the lines that count as it, without their CRLF. "…" at the end of one stands
	// for any text.
	Replies [Busy + 1][]string
	Leave   string // the command that ends a connection
	// TrailingSpace allows a space at the end of the VALUE line, of the value's line and of a block.
	TrailingSpace bool
	MaxValue      int // the largest value that must be taken, in bytes
	Clients       int // how many are to be served at once
	Tolerance     int // how many fewer still count
	// Known maps rules to the documented deviations of the server that the profile is named after.
	Known map[string]string
}

// Profiles returns the profiles that are built in, the default first.
func Profiles() []Profile {
	report := Profile{
		Name:     "report",
		Summary:  "the Simple KV Store Report's replies",
		Dialect:  Lite,
		Replies:  replies("STORED", "ERROR", "ERROR", "NOT-FOUND"),
		Leave:    "end",
		MaxValue: 1 << 20,
		Clients:  1024,
	}

	transcript := report
	transcript.Name = "transcript"
	transcript.Summary = "the same report's test transcript, where a size mismatch is NOT_STORED"
	transcript.Replies = replies("STORED", "NOT_STORED", "ERROR", "NOT-FOUND")

	course := report
	course.Name = "course"
	course.Summary = "the course assignment's replies, trailing spaces allowed"
	course.Replies = replies("STORED", "NOT-STORED|ERROR", "ERROR|NOT-STORED", "END|NOT-FOUND")
	course.TrailingSpace = true

	memcached := Profile{
		Name:    "memcached",
		Summary: "stock memcached's text protocol (the classic dialect)",
		Dialect: Classic,
		// The texts differ from release to release, and which class a refusal is in does too.
		Replies: replies("STORED", anyRefusal, anyRefusal, "END"),
		Leave:   "quit",
		// Memcached's limit of 1 MiB counts the item's overhead.
		MaxValue: 1<<20 - 4<<10,
		Clients:  1024,
		// Started with -c 1024 it serves 998: listeners, pipes and files count too.
		Tolerance: 30,
		Known:     memcachedDeviations(),
	}
	return []Profile{report, transcript, course, memcached}
}

const anyRefusal = "ERROR…|CLIENT_ERROR…|SERVER_ERROR…"

// memcachedDeviations are memcached's own, seen on 1.6.18 and stated in its source.
func memcachedDeviations() map[string]string {
	return map[string]string{
		"LIM-07": "memcached removes the key's earlier value when a set of it is too large, on purpose: a stale value would stay otherwise (proto_text.c, process_update_command)",
	}
}

func replies(stored, mismatch, bad, missing string) (r [Busy + 1][]string) {
	for o, lines := range map[Outcome]string{
		Stored: stored, Mismatch: mismatch, BadCommand: bad, BadKey: bad, TooLarge: bad, Missing: missing,
		Busy: "ERROR…|SERVER_ERROR…",
	} {
		r[o] = strings.Split(lines, "|")
	}
	return r
}

// ProfileByName finds one of Profiles.
func ProfileByName(name string) (Profile, error) {
	all := Profiles()
	i := slices.IndexFunc(all, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		var names []string
		for _, p := range all {
			names = append(names, p.Name)
		}
		return Profile{}, fmt.Errorf("profile %q: want %s", name, strings.Join(names, ", "))
	}
	return all[i], nil
}

// means reports whether line, with its CRLF, counts as o. The line end is part of the reply: a bare LF is wrong.
func (p *Profile) means(line string, o Outcome) bool {
	text, ok := strings.CutSuffix(line, "\r\n")
	return ok && slices.ContainsFunc(p.Replies[o], func(want string) bool {
		prefix, open := strings.CutSuffix(want, "…")
		return text == want || open && strings.HasPrefix(text, prefix)
	})
}

// want lists the lines that count as one of outcomes, quoted, for a failure's text.
func (p *Profile) want(outcomes ...Outcome) string {
	var quoted []string
	for _, o := range outcomes {
		for _, line := range p.Replies[o] {
			if q := quote([]byte(line + "\r\n")); !slices.Contains(quoted, q) {
				quoted = append(quoted, q)
			}
		}
	}
	return strings.Join(quoted, " or ")
}
