package fleet

import (
	"time"

	"memlite/loadgen"
	"memlite/reports"
)

// protocol is the number of the language that agents and coordinators speak. Those of different numbers do not work together. A test, and
// nobody else, sets it by -ldflags -X.
var protocol = "1"

// Subjects. Requests go to an agent's own endpoints of its micro service; all else is told to who listens.
const (
	service = "memlite-agent" // the name of the micro service

	clockOf, claimOf, prepareOf, startOf, stopOf, recordsOf, releaseOf = "clock", "claim", "prepare", "start", "stop", "records", "release"
)

func endpoint(agent, verb string) string { return "memlite.agent." + agent + "." + verb }
func recordsFrom(run, agent string) string {
	return "memlite.run." + run + ".agent." + agent + ".record"
}
func beatsFrom(run, agent string) string { return "memlite.run." + run + ".agent." + agent + ".beat" }
func allFrom(run, agent string) string   { return "memlite.run." + run + ".agent." + agent + ".*" }
func coordinatorOf(run string) string    { return "memlite.run." + run + ".coordinator" }

// What a message may have at most. Everything that arrives may come from anybody who may use the NATS.
const (
	maxMessage = 8 << 20  // bytes
	maxRecord  = 32 << 20 // bytes: of 64 servers and as many stages a sample has 3 MB
	maxText    = 4 << 10  // bytes of a reason
	maxName    = 100      // bytes
	maxAgents  = 1024
)

type (
	clockRequest struct {
		Run string `json:"run"`
	}
	clockReply struct {
		Run  string        `json:"run"`
		Now  time.Duration `json:"now_ns"`  // on the agent's netloop.Now
		Wall int64         `json:"wall_ns"` // since 1970, by the agent
	}

	claimRequest struct {
		Run      string `json:"run"`
		Protocol string `json:"protocol"`
		Version  string `json:"version"` // memlite's
		From     string `json:"from"`    // the coordinator's host, for the agent's log
	}
	claimReply struct {
		Run         string              `json:"run"`
		Refused     string              `json:"refused,omitempty"` // why; "" is a yes
		Busy        bool                `json:"busy,omitempty"`    // it is refused for now
		Environment reports.Environment `json:"environment"`
	}

	prepareRequest struct {
		Run    string       `json:"run"`
		Plan   loadgen.Plan `json:"plan"`
		Index  int          `json:"index"` // of Count shares
		Count  int          `json:"count"`
		Number uint64       `json:"number"` // loadgen.Share.Run
		Loops  int          `json:"loops"`
	}
	startRequest struct {
		Run       string        `json:"run"`
		At        time.Duration `json:"at_ns"` // on the agent's netloop.Now
		Preloaded bool          `json:"preloaded"`
	}
	stopRequest struct {
		Run string `json:"run"`
	}
	releaseRequest struct {
		Run string `json:"run"`
	}
	// answer is the reply to those that ask for nothing but to be obeyed.
	answer struct {
		Run     string `json:"run"`
		Refused string `json:"refused,omitempty"`
	}

	recordsRequest struct {
		Run    string `json:"run"`
		Number int64  `json:"number"`
		Offset int    `json:"offset"`
		Most   int    `json:"most"` // bytes
	}
	recordsReply struct {
		Run    string `json:"run"`
		Number int64  `json:"number"`
		Size   int    `json:"size"` // of the whole record; 0: there is none of this number
		Offset int    `json:"offset"`
		Bytes  []byte `json:"bytes"`
	}

	// agentBeat is told twice a second.
	agentBeat struct {
		Run   string `json:"run"`
		State state  `json:"state"`
		Last  int64  `json:"last"` // number of the last record; 0: there is none
	}
	// coordinatorBeat too.
	coordinatorBeat struct {
		Run string `json:"run"`
		// Taken is how many records have been taken of each agent, by its ID. One that is not in it is not counted any more.
		Taken map[string]int64 `json:"taken"`
	}

	// record is one of what an agent has to say of a run, numbered from 1 without a gap. It has one of the last three.
	record struct {
		Run    string          `json:"run"`
		Number int64           `json:"number"`
		Ready  *ready          `json:"ready,omitempty"`
		Sample *loadgen.Sample `json:"sample,omitempty"`
		End    *end            `json:"end,omitempty"`
	}
	ready struct {
		Preloaded bool `json:"preloaded"`
	}
	// end is the last record.
	end struct {
		Error string `json:"error,omitempty"` // why there is no run
		Own   string `json:"own,omitempty"`   // why the agent stopped without being told to
	}
)

// state is what an agent is at in a run.
type state string

const (
	claimed   state = "claimed"
	preparing state = "preparing" // opens connections, preloads
	waiting   state = "waiting"   // for the start
	running   state = "running"
	ended     state = "ended"
)

func (s state) valid() bool {
	switch s {
	case claimed, preparing, waiting, running, ended:
		return true
	}
	return false
}
