package process

import (
	"context"
	"fmt"
	"os"
	"time"
)

// Ended tells that the server is no more although nobody had told it to end, and how it ended.
func (s *Server) Ended() (how string, byItself bool) {
	l := s.life()
	if l == nil {
		return "", false
	}
	if !ended(l.ended) {
		return "", false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return l.how, !l.asked
}

// Running reports whether it was started and has not ended, asked or not.
func (s *Server) Running() bool {
	l := s.life()
	return l != nil && !ended(l.ended)
}

// AwaitEnd waits until the process that was started has ended by itself, at most so long.
func (s *Server) AwaitEnd(most time.Duration) {
	if l := s.life(); l != nil {
		wait(l.ended, most)
	}
}

// Terminate sends SIGTERM to all of it.
func (s *Server) Terminate() error {
	l := s.ask()
	if l == nil {
		return nil
	}
	return l.group.terminate()
}

// Gone waits until nothing of it runs any more, at most so long.
func (s *Server) Gone(ctx context.Context, most time.Duration) bool {
	l := s.life()
	if l == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	// Until the process that was started has ended nobody else need be looked for, which takes a look at every process there is.
	select {
	case <-l.ended:
	case <-ctx.Done():
	}
	for l.group.alive() {
		if ctx.Err() != nil {
			return false
		}
		time.Sleep(2 * time.Millisecond)
	}
	return true
}

// Kill sends SIGKILL to all of it and returns when nothing of it runs any more. It may be called at any time.
func (s *Server) Kill() error {
	l := s.ask()
	if l == nil {
		return nil
	}
	if ended(l.gone) {
		return nil
	}
	began := time.Now()
	l.group.kill()
	wait(l.ended, killWithin)
	for ; l.group.alive(); time.Sleep(time.Millisecond) {
		if time.Since(began) > killWithin {
			return fmt.Errorf("start %q: process %d and what it started are still there %v after they were killed", s.cfg.Command, l.group.leader, killWithin)
		}
		l.group.kill()
	}
	// What somebody who cannot be found keeps open is not waited for.
	wait(l.drained, time.Second)
	l.out.Close()
	s.guard.watch(group{})
	l.once.Do(func() { close(l.gone) })
	return nil
}

// Close kills all of it and removes its folder. Closing twice does nothing.
func (s *Server) Close() error {
	err := s.Kill()
	if e := os.RemoveAll(s.folder); err == nil {
		err = e
	}
	s.guard.close()
	return err
}

func (s *Server) life() *life {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// ask is life, which from now on does not end by itself.
func (s *Server) ask() *life {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now != nil && !ended(s.now.ended) { // or it had ended by itself, and that stays so
		s.now.asked = true
	}
	return s.now
}

// ended reports whether c is closed.
func ended(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// wait waits for c, at most so long.
func wait(c <-chan struct{}, most time.Duration) {
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-c:
	case <-t.C:
	}
}
