package reports

import (
	"io"
	"time"
)

// Schema names, with the version of the JSON form. A reader refuses a newer version than its own.
const (
	RunSchema    = "memlite.run/1"
	SuiteSchema  = "memlite.suite/1"
	ReportSchema = "memlite.report/1" // several runs and suites in one file
)

// Report is what a Format renders: any number of runs and suites, in the order given.
type Report struct {
	Runs       []*Run
	Suites     []*Suite
	Comparison *Comparison // of two sides of the runs and suites; nil where nothing was compared

	Beside []Beside // files beside its page
}

// A Format writes a report in one form. It writes nothing but w and is deterministic.
type Format func(w io.Writer, r *Report) error

// A Sink takes the intervals of a run as they become known, once a second.
type Sink interface {
	Interval(*Interval) error
	Close() error
}

// Environment says where and with what a report was made.
type Environment struct {
	Version string `json:"version"`          // memlite's own version
	Go      string `json:"go"`               // runtime.Version()
	OS      string `json:"os"`               // GOOS/GOARCH
	Kernel  string `json:"kernel,omitempty"` // uname release; empty = not known
	CPU     string `json:"cpu,omitempty"`    // model name; empty = not known
	CPUs    int    `json:"cpus"`             // cores this process may use
	Host    string `json:"host,omitempty"`
}

// Setting is one line of a plan as people read it: the flag's name and its value.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Run is one load run.
type Run struct {
	Schema      string        `json:"schema"`
	Title       string        `json:"title,omitempty"` // what the reader calls it: "64 clients"
	Target      string        `json:"target"`
	TLS         bool          `json:"tls,omitempty"` // the connections were encrypted
	Profile     string        `json:"profile"`
	Command     []string      `json:"command"` // the command line that made it
	Started     time.Time     `json:"started"`
	Elapsed     time.Duration `json:"elapsed_ns"`
	CutShort    bool          `json:"cut_short,omitempty"` // ended before its plan did
	Environment Environment   `json:"environment"`
	Plan        []Setting     `json:"plan"`
	Clients     int           `json:"clients"`
	Arrival     string        `json:"arrival"`        // closed, constant, poisson or a replay's trace; mixed where the recorded stages differ
	Rate        float64       `json:"rate,omitempty"` // intended requests per second, the mean of the recorded stages; 0 in a closed loop

	Intervals []*Interval  `json:"intervals"`
	Totals    []*Operation `json:"totals"` // exact sums over the recorded intervals, by operation name

	// Stages are the recorded ones, where there are several.
	Stages []*Stage `json:"stages,omitempty"`

	Requests     Requests      `json:"requests"`
	Connections  Connections   `json:"connections"`
	Servers      []*Server     `json:"servers,omitempty"` // where there were several, in the order of Target
	Agents       []*Agent      `json:"agents,omitempty"`  // of a fleet, in the order of their shares
	Generator    Generator     `json:"generator"`
	Verification *Verification `json:"verification,omitempty"` // nil: values were not checked
	Warnings     []string      `json:"warnings,omitempty"`

	Objectives []*Objective `json:"objectives,omitempty"` // what the run was to keep, see Judge
	Trial      string       `json:"trial,omitempty"`      // search or scan: one of several runs at different rates, made by one command
}

// Objective is what came of an SLO. It is held, inconclusive, or else missed.
type Objective struct {
	Text         string   `json:"text"` // p99<5ms
	Held         bool     `json:"held"`
	Inconclusive bool     `json:"inconclusive,omitempty"`
	Reason       string   `json:"reason,omitempty"` // why inconclusive, or more about the miss
	Unit         string   `json:"unit"`             // of Limit and Actual: ns, per second, count, share (0 to 1)
	Limit        float64  `json:"limit"`
	Actual       *float64 `json:"actual,omitempty"`  // nil: not measured, or a time that never ended
	Seconds      []Span   `json:"seconds,omitempty"` // where it was missed: intervals in which the same did not hold
}

// Span is a stretch of a run's time, since its start.
type Span struct {
	From time.Duration `json:"from_ns"`
	To   time.Duration `json:"to_ns"`
}

// Interval is one second, or the last part of one, of a run.
type Interval struct {
	Start      time.Duration `json:"start_ns"` // since the run's start
	Length     time.Duration `json:"length_ns"`
	Stage      string        `json:"stage"`             // warm-up, run
	Recorded   bool          `json:"recorded"`          // part of Totals
	Dropped    int64         `json:"dropped,omitempty"` // open loop: starts given up because they waited longer than the queue allows
	Missing    float64       `json:"missing,omitempty"` // share of the run's load, 0 to 1, whose figures it lacks because agents were lost
	Operations []*Operation  `json:"operations"`

	Live *Live `json:"-"` // for sinks while the run goes; nil in a run that is over
}

// Live is what a Sink sees of an interval beside what a report keeps.
type Live struct {
	Connections int64      // open at the interval's end
	SendLag     *Histogram // of the interval; nil in a closed loop. See Generator.SendLag
}

// Stage is a part of a run in which load was made in one way. A request counts for the stage in which it was meant to start, however
// late its answer came; an Interval counts what came while it lasted.
type Stage struct {
	Name     string        `json:"name"`
	Start    time.Duration `json:"start_ns"` // since the run's start
	Length   time.Duration `json:"length_ns"`
	Recorded bool          `json:"recorded"`
	Arrival  string        `json:"arrival"`           // closed, constant or poisson
	Rate     float64       `json:"rate,omitempty"`    // intended requests per second; 0 in a closed loop
	To       float64       `json:"to,omitempty"`      // of a ramp: the rate at its end
	Dropped  int64         `json:"dropped,omitempty"` // as in Interval
	Totals   []*Operation  `json:"totals"`            // their sums over all stages are the run's
}

// Operation is what happened to one kind of request (get, set) in an interval or a run.
type Operation struct {
	Name   string `json:"name"`
	Count  int64  `json:"count"`            // answered as the profile allows
	Hits   int64  `json:"hits,omitempty"`   // of Count: gets that found their key
	Misses int64  `json:"misses,omitempty"` // of Count: gets that did not
	// MultiGets is how many of Count are gets of several keys: Hits and Misses then count their keys, one by one.
	MultiGets int64            `json:"multi_gets,omitempty"`
	Errors    int64            `json:"errors,omitempty"`   // not answered as the profile allows
	Outcomes  map[string]int64 `json:"outcomes,omitempty"` // Errors by kind: refused, garbage, closed, reset, timeout, ...
	Sent      int64            `json:"sent_bytes"`
	Received  int64            `json:"received_bytes"`

	// Percentiles in clear, of Response, so that most readers never decode a histogram.
	Percentiles *Percentiles `json:"percentiles,omitempty"`

	// Response is done − intended start, Service done − sent, both of the Count. In a closed loop they are
	// one: it is stored as Response, and Service is nil.
	Response *Histogram `json:"response,omitempty"`
	Service  *Histogram `json:"service,omitempty"`
}

// Percentiles of a histogram, in nanoseconds.
type Percentiles struct {
	P50  int64 `json:"p50_ns"`
	P90  int64 `json:"p90_ns"`
	P99  int64 `json:"p99_ns"`
	P999 int64 `json:"p999_ns"`
	Max  int64 `json:"max_ns"`
}

// Requests accounts for every request that was sent or should have been.
type Requests struct {
	Preloaded int64 `json:"preloaded"`
	WarmUp    int64 `json:"warm_up"`
	Recorded  int64 `json:"recorded"`  // answered, in recorded stages
	Errors    int64 `json:"errors"`    // answered wrong or not at all, in recorded stages
	Abandoned int64 `json:"abandoned"` // sent, but not answered when the drain time ended
	Dropped   int64 `json:"dropped"`   // never sent: waited longer than the queue allows
}

// Server is one server's part of a run against several: what was sent to it, which is what the hash of each key says.
type Server struct {
	Address     string       `json:"address"`
	Clients     int          `json:"clients"`
	Connections Connections  `json:"connections"`
	Dropped     int64        `json:"dropped,omitempty"` // open loop: never sent to it
	Totals      []*Operation `json:"totals"`            // recorded stages only; the servers' together are the run's
}

// Connections counts what happened to the run's connections.
type Connections struct {
	Opened  int64 `json:"opened"`
	Failed  int64 `json:"failed"`            // could not be opened
	Lost    int64 `json:"lost"`              // ended by the other side or by an error
	Renewed int64 `json:"renewed,omitempty"` // closed because the plan has connections come and go (churn), and opened again
}

// Verification says what came of checking every value that was read, in all stages. What was found is among the errors of
// the operations too, of the recorded stages.
type Verification struct {
	Checked  int64     `json:"checked"` // replies to gets, findings included
	Wrong    int64     `json:"wrong"`   // a value of another key, or bytes that nobody set
	Torn     int64     `json:"torn"`    // bytes and checksum do not agree
	Stale    int64     `json:"stale"`   // overwritten for certain before the get was sent
	Lost     int64     `json:"lost"`    // a miss of a key that had been set, where the server is no cache
	Examples []Example `json:"examples,omitempty"`
}

// Example is one corrupt reply.
type Example struct {
	Outcome string `json:"outcome"` // wrong, torn, stale or lost
	Key     string `json:"key"`
	Want    string `json:"want"`
	Got     string `json:"got"`
}

// Findings is how many corrupt replies there were; 0 also where nothing was checked.
func (v *Verification) Findings() int64 {
	if v == nil {
		return 0
	}
	return v.Wrong + v.Torn + v.Stale + v.Lost
}

// Generator says how the load generator itself did, so that a reader can tell its limits from the server's.
type Generator struct {
	Loops      int        `json:"loops"`
	Busy       float64    `json:"busy"`               // share of the recorded time that the busiest loop was not waiting, 0 to 1; 0 = not measured
	CPU        float64    `json:"cpu_seconds"`        // user and system, of the recorded time; 0 = not measured
	SendLag    *Histogram `json:"send_lag,omitempty"` // open loop: sent − the moment a client was free and the start was due
	Bottleneck bool       `json:"bottleneck"`         // the figures are the generator's, not the server's
	Reason     string     `json:"reason,omitempty"`   // why, in words
}

// Status is the outcome of one rule.
type Status string

// The four outcomes. Only Failed counts against an endpoint; Inconclusive is never a pass.
const (
	Passed       Status = "passed"
	Failed       Status = "failed"
	NotRun       Status = "not run"
	Inconclusive Status = "inconclusive"
)

// Suite is one conformance run.
type Suite struct {
	Schema      string        `json:"schema"`
	Title       string        `json:"title,omitempty"`
	Target      string        `json:"target"`
	Profile     string        `json:"profile"`
	Dialect     string        `json:"dialect"`
	Level       string        `json:"level"` // rules up to this level were asked for
	Filter      string        `json:"filter,omitempty"`
	Seed        int64         `json:"seed"`
	Command     []string      `json:"command"`
	Started     time.Time     `json:"started"`
	Elapsed     time.Duration `json:"elapsed_ns"`
	RoundTrip   time.Duration `json:"round_trip_ns,omitempty"` // measured before the rules ran; deadlines come from it
	CutShort    bool          `json:"cut_short,omitempty"`
	Failure     string        `json:"failure,omitempty"`  // could not run, and why; then Rules may be empty
	Observed    []string      `json:"observed,omitempty"` // what was found out about the endpoint before the rules ran, a sentence each
	Environment Environment   `json:"environment"`
	Rules       []*Rule       `json:"rules"`
	Warnings    []string      `json:"warnings,omitempty"`

	// For readers of the JSON who do not want to count. JSON computes both from Rules; what was read is not used.
	Verdict string       `json:"verdict,omitempty"` // "keeps every must; 2 of 13 should fail"
	Score   []LevelScore `json:"score,omitempty"`   // of must, should and may, in this order
}

// LevelScore is what came of the rules of one level. Asked is Passed + Failed + Inconclusive.
type LevelScore struct {
	Level        string `json:"level"`
	Asked        int    `json:"asked"`
	Passed       int    `json:"passed"`
	Failed       int    `json:"failed"`
	Inconclusive int    `json:"inconclusive"`
	NotRun       int    `json:"not_run"`
}

// Rule is one rule with what came of it.
type Rule struct {
	ID     string   `json:"id"` // SET-03: stable for ever, never a position
	Family string   `json:"family"`
	Title  string   `json:"title"`
	Text   string   `json:"text"`
	Source string   `json:"source"`
	Level  string   `json:"level"` // must, should, may
	Labels []string `json:"labels,omitempty"`

	Example string `json:"example,omitempty"` // an exchange that keeps the rule; lines
	Pitfall string `json:"pitfall,omitempty"` // how servers usually get it wrong

	Status  Status        `json:"status"`
	Elapsed time.Duration `json:"elapsed_ns,omitempty"`
	Reason  string        `json:"reason,omitempty"` // why failed, not run or inconclusive, in one line
	Kind    string        `json:"kind,omitempty"`   // of a failure: answer, silence, closed, connect, state
	Client  int           `json:"client,omitempty"` // of a failure: whose it was, where it was one client's
	Want    string        `json:"want,omitempty"`   // quoted as Go strings are
	Got     string        `json:"got,omitempty"`
	Rerun   string        `json:"rerun,omitempty"` // the command that runs this rule alone again
	Known   string        `json:"known,omitempty"` // the documented deviation of a known server, where it is one

	Transcript  []Event      `json:"transcript,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
}

// MaxAttachment is the most bytes that an Attachment's Content may have: Read refuses more, so whoever makes one
// leaves a larger one out.
const MaxAttachment = 8 << 20

// Attachment is a document that belongs to a rule's outcome: a page that shows a history, say.
type Attachment struct {
	Name      string `json:"name"`       // what readers call it: "history of key k"
	MediaType string `json:"media_type"` // text/html, text/plain, ...
	Content   []byte `json:"content"`
}

// Event is one line of a wire transcript.
type Event struct {
	At     time.Duration `json:"at_ns"` // since the rule began
	Client int           `json:"client"`
	Kind   string        `json:"kind"`            // open, send, receive, close, end, note
	Bytes  []byte        `json:"bytes,omitempty"` // what went over the wire, cut after some kilobytes
	Length int           `json:"length"`          // how many bytes it was before the cut
	Note   string        `json:"note,omitempty"`
}
