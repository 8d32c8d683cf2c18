package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Outcome is what a reply means, whatever its spelling.
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

// Writes is how a set's line and block have to be written for the endpoint to take them.
type Writes int

// The ways to write a set.
const (
	AnyWrites Writes = iota // cut anywhere
	OneWrite                // together: it takes a packet for a request
	TwoWrites               // apart: it reads the block afresh
)

var writesNames = []string{"any number of writes", "one write", "two writes"}

func (w Writes) String() string { return writesNames[w] }

// What an endpoint does with a block that has not the announced size.
const (
	Refuse   = "refuse"
	Wait     = "wait"     // for the missing bytes
	Truncate = "truncate" // stores what there is of it
)

// Profile is how a kind of endpoint speaks: what is sent to it, which replies count as right, and what else is known of
// it. A rule that speaks through it (T.SetRequest, Client.Expect and so on) is asked in that endpoint's words.
type Profile struct {
	Name    string
	Summary string
	Dialect string
	Base    string // the built-in profile that it starts from; "" for those
	// Detected says that nobody has declared this: it is what an endpoint was seen to do.
	Detected bool

	// What is sent. In Set and Get {key}, {size} and {value} are filled in; a Set with {value} has no block.
	Set, Get string
	Leave    string // the command that ends a connection; "" means by closing only
	LineEnd  string // of a command line
	BlockEnd string // of a block
	Writes   Writes
	// Words says that a value cannot have spaces.
	Words bool
	// Characters says that sizes count characters, not bytes.
	Characters bool

	// What comes. A reply is a pattern: its lines, separated by \n, where "…" stands for any text.
	Greeting []string // lines that a connection begins with
	// Replies lists, for each Outcome, the patterns that count as it. None means that nothing is answered.
	Replies [Busy + 1][]string
	// Values are the forms of the line before a value, of {key}, {flags} and {size}. None means that there is no such line.
	Values   []string
	ValueEnd []string // the lines after a value
	ReplyEnd string   // of every line that comes; "" means CRLF or LF
	// TrailingSpace allows a space at the end of the VALUE line, of the value's line and of a block.
	TrailingSpace bool

	// What it does.
	Mismatch   string // Refuse, Wait or Truncate
	OneAtATime bool   // requests that share a packet are not all answered
	OneRequest bool   // the connection is closed after one request

	// What it takes.
	MaxKey    int // bytes; a longer key is refused
	MaxValue  int // the largest value that must be taken, in bytes
	TooLarge  int // the smallest value that must be refused, in bytes
	Clients   int // how many are to be served at once
	Tolerance int // how many fewer still count
	// Patience is waited at least for every answer, for servers that sleep on purpose. Usually the measured round trip says enough.
	Patience time.Duration

	// Known maps rules to the documented deviations of the server that the profile is named after.
	Known map[string]string
}

// Profiles returns the profiles that are built in, the default first.
func Profiles() []Profile {
	report := Profile{
		Name:     "report",
		Summary:  "the Simple KV Store Report's replies",
		Dialect:  Lite,
		Set:      "set {key} {size}",
		Get:      "get {key}",
		Leave:    "end",
		LineEnd:  "\r\n",
		BlockEnd: "\r\n",
		Replies:  replies("STORED", "ERROR", "ERROR", "NOT-FOUND"),
		Values:   []string{"VALUE {key} {size}"},
		ValueEnd: []string{"END"},
		ReplyEnd: "\r\n",
		Mismatch: Refuse,
		MaxKey:   250,
		MaxValue: 1 << 20,
		TooLarge: 1<<20 + 1,
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

	memcached := report
	memcached.Name = "memcached"
	memcached.Summary = "stock memcached's text protocol (the classic dialect)"
	memcached.Dialect = Classic
	memcached.Set = "set {key} 0 0 {size}"
	memcached.Values = []string{"VALUE {key} {flags} {size}"}
	// The texts differ from release to release, and which class a refusal is in does too.
	memcached.Replies = replies("STORED", anyRefusal, anyRefusal, "END")
	memcached.Leave = "quit"
	// Memcached's limit of 1 MiB counts the item's overhead.
	memcached.MaxValue = 1<<20 - 4<<10
	// Started with -c 1024 it serves 998: listeners, pipes and files count too.
	memcached.Tolerance = 30
	memcached.Known = memcachedDeviations()
	return []Profile{report, transcript, course, memcached}
}

const anyRefusal = "ERROR…|CLIENT_ERROR…|SERVER_ERROR…"

// memcachedDeviations are memcached's own, seen on 1.6.18 and stated in its source.
func memcachedDeviations() map[string]string {
	known := map[string]string{
		"LIM-07": "memcached removes the key's earlier value when a set of it is too large, on purpose: a stale value would stay otherwise (proto_text.c, process_update_command)",
	}
	for _, id := range []string{"DUR-01", "DUR-02", "DUR-03", "DUR-04", "DUR-05", "DUR-06", "DUR-07", "DUR-10"} {
		known[id] = "memcached is a cache: it keeps its values in memory, and they go with it"
	}
	return known
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
	if i := slices.IndexFunc(all, func(p Profile) bool { return p.Name == name }); i >= 0 {
		return all[i], nil
	}
	return Profile{}, fmt.Errorf("profile %q: want %s, auto or FILE.yaml", name, strings.Join(builtIn(), ", "))
}
