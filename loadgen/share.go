package loadgen

import (
	"context"
	"time"

	"memlite/reports"
)

// A Share makes an execution one of several that carry a plan out together, each its own part of the clients, of the keys to
// preload and of the schedule. All of it together is exactly the plan, however many loops each of them has.
type Share struct {
	Segment Segment
	// Run is the number of the whole run, 1 to 2^36-1, which the marks of Plan.Verify carry: values of other shares are then the run's own.
	Run uint64
	// Ready is called once, when the connections are open and the keys preloaded: preloaded says that there was a preload and that it set all
	// of the share's. It returns when the run starts. An error ends the execution before its run has begun.
	Ready func(ctx context.Context, preloaded bool) (Start, error)
	// Sample takes what is measured, as it becomes known, from the preload on. It is called from one goroutine, and the Sample is valid until it
	// returns. An error ends the run early.
	Sample func(*Sample) error
}

// Start is what all shares of a run have in common when it starts.
type Start struct {
	At        time.Duration // on the clock of netloop.Now; a time that has passed means at once
	Preloaded bool          // every share's keys were set
}

// Sample is what one execution measured since its last one, and where its running figures stand. One of no Length has these figures only.
type Sample struct {
	Stage  int           `json:"stage"`     // index among the plan's stages, with its warm-up and each step by itself; -1 is the preload
	Start  time.Duration `json:"start_ns"`  // since the run's start, in the preload since that of the preload
	Length time.Duration `json:"length_ns"` // a second, or the last part of one
	Parts  []Part        `json:"parts,omitempty"`
	State  State         `json:"state"`
}

// Part is what a Sample has of one stage and one server. A request belongs to the stage in which it was meant to start, however late its answer
// came, so there may be some of earlier stages than the Sample's.
type Part struct {
	Stage      int                  `json:"stage"`
	Server     int                  `json:"server"` // in the order of Plan.Target
	Dropped    int64                `json:"dropped,omitempty"`
	Operations []*reports.Operation `json:"operations,omitempty"`
	SendLag    *reports.Histogram   `json:"send_lag,omitempty"` // see reports.Generator; nil in a closed loop
}

// State is where the running figures of an execution stand. Each counts from its beginning.
type State struct {
	Clients     int                 `json:"clients"` // of its share
	Open        int64               `json:"open"`    // connections that are
	Connections reports.Connections `json:"connections"`
	Servers     []ServerState       `json:"servers,omitempty"` // where there are several
	Late        time.Duration       `json:"late_ns,omitempty"` // when its last loop began, after Start.At

	Preloaded     int64 `json:"preloaded,omitempty"`
	PreloadErrors int64 `json:"preload_errors,omitempty"`
	WarmUp        int64 `json:"warm_up,omitempty"`
	Abandoned     int64 `json:"abandoned,omitempty"`
	Answered      int64 `json:"answered"` // in all stages, as are Errors
	Errors        int64 `json:"errors,omitempty"`

	Unasked   int64  `json:"unasked,omitempty"`    // connections that brought bytes nobody had asked for
	Example   []byte `json:"example,omitempty"`    // the first reply that was none
	Fatal     string `json:"fatal,omitempty"`      // why there is no use in going on
	DialError string `json:"dial_error,omitempty"` // why the last connection that could not be opened was not

	Loops int           `json:"loops"`
	Busy  float64       `json:"busy"` // as reports.Generator has it
	CPU   time.Duration `json:"cpu_ns"`

	Verification *Verification `json:"verification,omitempty"`
	Trace        string        `json:"trace,omitempty"` // what the file of a replay is known by: all shares must have the same
	Notes        []string      `json:"notes,omitempty"` // what a replay could not do as the trace has it
	Cut          string        `json:"cut,omitempty"`   // why it ended early
}

// ServerState is State of one of several servers.
type ServerState struct {
	Clients     int                 `json:"clients"`
	Connections reports.Connections `json:"connections"`
	Down        string              `json:"down,omitempty"` // why it cannot be reached now
}

// Verification is what came of Plan.Verify, and what could not be checked.
type Verification struct {
	reports.Verification
	Leftover int64 `json:"leftover,omitempty"` // values of other runs, or of nobody knows whom
	Unmarked int64 `json:"unmarked,omitempty"` // values that were set too short for a version
	Empty    int64 `json:"empty,omitempty"`    // values of no byte
	Untold   int64 `json:"untold,omitempty"`   // sets of more keys than are followed
	Blind    bool  `json:"blind,omitempty"`    // too many sets were not answered to know what is stale
}

// Share is what a segment's share of the plan comes to: clients, and the part of the load, 0 to 1. In an open loop starts are dealt out by
// turns; in a closed one every client makes its own.
func (p Plan) Share(s Segment) (clients int, load float64) {
	p = p.withDefaults()
	from, to := s.share(int64(p.Clients))
	if clients = int(to - from); p.open() || p.Replay != "" {
		return clients, 1 / float64(s.Count)
	}
	return clients, float64(clients) / float64(p.Clients)
}
