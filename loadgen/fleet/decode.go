package fleet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

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
