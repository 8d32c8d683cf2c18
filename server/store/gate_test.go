package store

import (
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A gate is a file system whose log can be stopped before it syncs.
type gate struct {
	vfs.FS
	mu      sync.Mutex
	closed  chan struct{} // nil when open
	arrived chan struct{}
}

func newGate(fs vfs.FS) *gate { return &gate{FS: fs, arrived: make(chan struct{}, 1)} }

func (g *gate) shut() {
	g.mu.Lock()
	g.closed = make(chan struct{})
	g.mu.Unlock()
}

func (g *gate) open() {
	g.mu.Lock()
	close(g.closed)
	g.closed = nil
	g.mu.Unlock()
}

func (g *gate) pass() {
	g.mu.Lock()
	closed := g.closed
	g.mu.Unlock()
	if closed == nil {
		return
	}
	select {
	case g.arrived <- struct{}{}:
	default:
	}
	<-closed
}

func (g *gate) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := g.FS.Create(name, c)
	if err == nil && strings.HasSuffix(name, ".log") {
		f = gatedFile{f, g}
	}
	return f, err
}

type gatedFile struct {
	vfs.File
	gate *gate
}

func (f gatedFile) Sync() error     { f.gate.pass(); return f.File.Sync() }
func (f gatedFile) SyncData() error { f.gate.pass(); return f.File.SyncData() }
