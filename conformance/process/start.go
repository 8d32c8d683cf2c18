package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"memlite/conformance/wire"
)

// Start runs the command and waits until it listens. When it does not, everything of it is gone, and the error says in one line
// why, with the last that it said.
func (s *Server) Start(ctx context.Context) error {
	began := time.Now()
	addr := s.Addr()
	if dials(addr) {
		return fmt.Errorf("start %q: something listens on %s already", s.cfg.Command, addr)
	}
	mark := s.output.Mark()
	l, err := s.launch()
	if err != nil {
		return fmt.Errorf("start %q: %w", s.cfg.Command, err)
	}
	why := s.await(ctx, l, addr, began)
	if why == "" {
		if s.first == 0 {
			s.first = time.Since(began)
		}
		return nil
	}
	s.mu.Lock()
	l.asked = true // that it has ended is told here, and not by Ended too
	s.mu.Unlock()
	err = s.Kill()
	if dials(addr) {
		why += ", and a process that it left behind still listens there"
	}
	said := "; it said nothing"
	if lines := s.output.Since(mark, 3); len(lines) > 0 {
		said = "; its last output: " + strings.Join(lines, " | ")
	}
	return errors.Join(fmt.Errorf("start %q: %s%s", s.cfg.Command, why, said), err)
}

// launch starts the command.
func (s *Server) launch() (*life, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	cmd := shell(s.line())
	cmd.Dir = s.cfg.Dir
	cmd.Env = append(append(os.Environ(), s.cfg.Env...), s.mark)
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		r.Close()
		return nil, err
	}
	l := &life{group: group{cmd.Process.Pid, s.mark}, ended: make(chan struct{}), drained: make(chan struct{}),
		gone: make(chan struct{}), out: r}
	s.guard.watch(l.group)
	s.mu.Lock()
	s.now = l
	s.mu.Unlock()
	go func() {
		defer close(l.drained)
		s.output.readFrom(r)
	}()
	go func() {
		defer close(l.ended)
		_ = cmd.Wait() // no pipes of its own to fail on; the state tells
		l.how = how(cmd.ProcessState)
	}()
	return l, nil
}

// line is the command with its port and its folder.
func (s *Server) line() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	number := ""
	if _, place, err := wire.ParseAddr(s.addr); err == nil {
		number = place[strings.LastIndexByte(place, ':')+1:]
	}
	return strings.NewReplacer(port, number, data, quoted(s.data)).Replace(s.cfg.Command)
}

// await returns "" once something listens, or why nothing will.
func (s *Server) await(ctx context.Context, l *life, addr string, began time.Time) string {
	within := s.Within()
	for tries := 0; ; tries++ {
		// The table does not show a port that a container's forwards; for that a connection is tried now and then.
		up, known := listens(addr)
		if !up && (!known || tries%50 == 49) {
			up = dials(addr)
		}
		if ended(l.ended) {
			if l.group.alive() {
				return fmt.Sprintf("it %s and left a process running in the background: have the server stay in the foreground", l.how)
			}
			return fmt.Sprintf("it %s before it listened on %s", l.how, addr)
		}
		switch {
		case up:
			return ""
		case ctx.Err() != nil:
			return fmt.Sprintf("it did not listen on %s by then", addr)
		case time.Since(began) > within:
			return fmt.Sprintf("it did not listen on %s within %v", addr, within.Round(time.Millisecond))
		}
		// Often at first, because a start may take a few milliseconds; seldom when it takes seconds.
		select {
		case <-time.After(max(2*time.Millisecond, min(time.Since(began)/10, 50*time.Millisecond))):
		case <-l.ended:
		case <-ctx.Done():
		}
	}
}

// how says in words how a process ended. A shell reports a child that a signal ended as 128 and its number.
func how(state *os.ProcessState) string {
	switch code := state.ExitCode(); {
	case code < 0:
		return "was ended by a signal (" + strings.TrimPrefix(state.String(), "signal: ") + ")"
	case code > 128:
		if name := signalName(code - 128); name != "" {
			return fmt.Sprintf("exited with status %d (%s)", code, name)
		}
		fallthrough
	default:
		return "exited with status " + strconv.Itoa(code)
	}
}

// quoted is path for the shell; it is quoted only where it has to be, because people may have put quotes around it.
func quoted(path string) string {
	if strings.Trim(path, pathBytes) == "" {
		return path
	}
	return quote(path)
}

const pathBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./"
