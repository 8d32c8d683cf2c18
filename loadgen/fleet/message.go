package fleet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

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

// A message says itself what is wrong with it.
type message interface{ check() error }

// decode reads one message, and nothing but it.
func decode[T any, M interface {
	*T
	message
}](b []byte, most int) (T, error) {
	var m T
	if len(b) > most {
		return m, fmt.Errorf("a message of %d bytes is longer than can be", len(b))
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, fmt.Errorf("a message that cannot be read: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return m, errors.New("a message with something behind it")
	}
	return m, M(&m).check()
}

// encode cannot fail: there is nothing in a message that JSON does not have. Figures that are no numbers are kept out by who makes them.
func encode(m any) []byte {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return b
}

var errRun = errors.New("a message without a run")

// validID says whether s is an identity as NATS and this package make them: it is part of subjects.
func validID(s string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

func checkRun(run string) error {
	if !validID(run) {
		return errRun
	}
	return nil
}

func checkTexts(texts ...string) error {
	for _, s := range texts {
		if len(s) > maxText {
			return fmt.Errorf("a text of %d bytes is longer than can be", len(s))
		}
	}
	return nil
}

func (m *clockRequest) check() error { return checkRun(m.Run) }
func (m *clockReply) check() error   { return checkRun(m.Run) }
func (m *claimRequest) check() error {
	return errors.Join(checkRun(m.Run), checkTexts(m.Protocol, m.Version, m.From))
}

func (m *claimReply) check() error {
	e := m.Environment
	if e.CPUs < 0 || e.CPUs > 1<<20 {
		return fmt.Errorf("a machine of %d cores", e.CPUs)
	}
	return errors.Join(checkRun(m.Run), checkTexts(m.Refused, e.Version, e.Go, e.OS, e.Kernel, e.CPU, e.Host))
}

func (m *prepareRequest) check() error {
	if m.Count < 1 || m.Count > maxAgents || m.Index < 0 || m.Index >= m.Count {
		return fmt.Errorf("share %d of %d", m.Index, m.Count)
	}
	if m.Number == 0 || m.Number >= 1<<36 {
		return fmt.Errorf("a run of number %d", m.Number)
	}
	if m.Loops < 0 || m.Loops > 1<<10 {
		return fmt.Errorf("%d loops", m.Loops)
	}
	return checkRun(m.Run)
}
func (m *startRequest) check() error   { return checkRun(m.Run) }
func (m *stopRequest) check() error    { return checkRun(m.Run) }
func (m *releaseRequest) check() error { return checkRun(m.Run) }
func (m *answer) check() error         { return errors.Join(checkRun(m.Run), checkTexts(m.Refused)) }

func (m *recordsRequest) check() error {
	if m.Number < 1 || m.Offset < 0 || m.Offset > maxRecord || m.Most < 1 {
		return errors.New("a request for no part of a record")
	}
	return checkRun(m.Run)
}

func (m *recordsReply) check() error {
	if m.Number < 1 || m.Size < 0 || m.Size > maxRecord || m.Offset < 0 || len(m.Bytes) > m.Size-m.Offset {
		return errors.New("a part of no record")
	}
	return checkRun(m.Run)
}

func (m *agentBeat) check() error {
	if !m.State.valid() || m.Last < 0 {
		return errors.New("a beat of no state")
	}
	return checkRun(m.Run)
}

func (m *coordinatorBeat) check() error {
	if len(m.Taken) > maxAgents {
		return fmt.Errorf("a beat of %d agents", len(m.Taken))
	}
	return checkRun(m.Run)
}

func (m *record) check() error {
	have := 0
	for _, is := range []bool{m.Ready != nil, m.Sample != nil, m.End != nil} {
		if is {
			have++
		}
	}
	if have != 1 || m.Number < 1 {
		return errors.New("a record of nothing, or of more than one thing")
	}
	if m.End != nil {
		return errors.Join(checkRun(m.Run), checkTexts(m.End.Error, m.End.Own))
	}
	return checkRun(m.Run)
}

// shorten cuts a reason to what a message may have.
func shorten(s string) string {
	if len(s) > maxText {
		return strings.ToValidUTF8(s[:maxText-3], "") + "..."
	}
	return s
}

// clean makes a text from elsewhere one line that a terminal may show.
func clean(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}
