package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"memlite/server/netloop"
	"memlite/server/store"
)

// A Server serves one listener, once: New, Serve, Shutdown.
type Server struct {
	cfg     Config
	dialect dialect
	places  places
	full    repeated     // sets refused for want of memory
	open    atomic.Int64 // connections, in whatever state

	mu       sync.Mutex
	group    *netloop.Group // nil before Serve
	handlers []*handler
	stopped  bool
	done     chan struct{} // closed when Shutdown has ended
}

// New returns a server. The error is that of Config.Validate.
func New(cfg Config) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	if cfg.Store == nil {
		cfg.Store = store.NewMemory()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	s := &Server{cfg: cfg, done: make(chan struct{})}
	s.dialect = dialects[slices.Index(dialectNames(), cfg.Dialect)]
	s.places.limit, s.places.log = int64(cfg.MaxClients), cfg.Logger
	return s, nil
}

// Serve serves the clients that connect to ln, which must be TCP or Unix, and which it closes. It blocks until a
// Shutdown has ended, then returns nil; any other error means that it could not begin.
func (s *Server) Serve(ln net.Listener) error {
	if err := s.begin(ln); err != nil {
		return err
	}
	<-s.done
	return nil
}

func (s *Server) begin(ln net.Listener) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.group != nil {
		return errors.Join(errors.New("serve: this server serves already"), ln.Close())
	}
	if s.stopped {
		ln.Close()
		return nil
	}
	group, err := netloop.New(netloop.Config{Loops: s.cfg.Loops, Portable: s.cfg.Portable, Logger: s.cfg.Logger})
	if err != nil {
		return errors.Join(fmt.Errorf("start the event loops: %w", err), ln.Close())
	}
	addr := ln.Addr()
	err = group.Serve(ln, func(l *netloop.Loop) netloop.Handler {
		h := newHandler(s, l)
		s.handlers = append(s.handlers, h)
		return h
	})
	if err != nil {
		return errors.Join(fmt.Errorf("serve %s: %w", addr, err), group.Close())
	}
	s.group = group
	s.cfg.Logger.Info("listening", "addr", addr.String(), "dialect", s.cfg.Dialect, "store", storeName(s.cfg.Store),
		"max_clients", s.cfg.MaxClients, "loops", group.Len())
	return nil
}

// storeName says what keeps the values.
func storeName(s store.Store) string {
	if named, ok := s.(fmt.Stringer); ok {
		return named.String()
	}
	return fmt.Sprintf("%T", s)
}

// Shutdown stops accepting, answers the requests that have been received, and closes every connection. When ctx ends
// before that is done, the connections that are left are reset and the error is ctx's. A second call waits for the first.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	group, again := s.group, s.stopped
	s.stopped = true
	s.mu.Unlock()
	if again {
		select {
		case <-s.done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer close(s.done)
	if group == nil {
		return nil
	}
	s.cfg.Logger.Info("shutting down", "clients", s.places.taken.Load())
	group.StopAccepting()
	for _, h := range s.handlers {
		h.loop.Post(h.sweep)
	}
	err := s.emptied(ctx)
	if left := s.open.Load(); left > 0 {
		s.cfg.Logger.Warn("shutdown: out of time", "connections_reset", left)
	}
	group.Close()
	return err
}

// emptied waits until no connection is open. It looks again and again, since a connection that the kernel had
// accepted before can still come in.
func (s *Server) emptied(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for s.open.Load() > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}
