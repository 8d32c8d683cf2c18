package mutant

import (
	"fmt"
	"net"
	"slices"
)

// Mutant is one known-bad server.
type Mutant struct {
	Name  string // short, in kebab case, unique
	Fault string // what it does wrong, one clause
	// Rules holds the IDs of rules that must fail on it, the one that names the fault first. More may fail.
	Rules []string

	change func(*lite) // makes a good server this bad one; nil for Good
}

// Process reports whether the mutant is to be started with Command: it has a folder, and is to be killed.
func (m Mutant) Process() bool { return m.lite().onDisk != nil }

// Good is the server without a fault: every rule of the lite dialect must pass on it.
func Good() Mutant { return Mutant{Name: "good", Fault: "none"} }

// All returns every mutant, by family in the order of the rules.
func All() []Mutant {
	return slices.Concat(
		setReplies(), setSizes(), refusals(), setValues(), valueForms(), resemblances(), forgetting(),
		getReplies(), getKeys(),
		ending(),
		lines(), packets(), pipelines(),
		keyLimits(), sizeLimits(), clientLimits(),
		races(), sharing(), mixtures(), delays(), impatience(), departures(),
		sequences(),
		losing(), crashing(), formats(), living(),
	)
}

// Serve answers clients of ln until ln is closed, or until the fault makes it stop.
func (m Mutant) Serve(ln net.Listener) error {
	s := m.server()
	defer s.stop()
	return s.serve(ln)
}

// Start serves on a free port of the loopback interface. stop closes the listener and every connection, and returns when nothing of
// the server runs any more.
func (m Mutant) Start() (addr string, stop func(), err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("mutant %s: %w", m.Name, err)
	}
	s := m.server()
	s.running.Go(func() { s.serve(ln) })
	return ln.Addr().String(), func() { s.crash(); ln.Close(); s.running.Wait() }, nil
}

func (m Mutant) server() *lite {
	s := m.lite()
	if s.onDisk != nil {
		panic("mutant " + m.Name + " needs a process of its own: see Command")
	}
	return s
}

func (m Mutant) lite() *lite {
	s := newLite()
	if m.change != nil {
		m.change(s)
	}
	return s
}
