package store

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// faults is a file system on which the change number at fails, and with lasting each that comes after it.
type faults struct {
	at      int64
	err     error
	lasting bool
	count   atomic.Int64
}

func (f *faults) on(fs vfs.FS) vfs.FS {
	return errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsRead && op.Kind != errorfs.OpOpenDir || op.Kind == errorfs.OpFilePreallocate {
			return nil
		}
		if n := f.count.Add(1); n == f.at || f.lasting && n > f.at {
			return f.err
		}
		return nil
	}))
}

// bounded runs what must not hang.
func bounded(t *testing.T, what string, run func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { run(); close(done) }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s hangs", what)
	}
}

// The disk fails at one change after another: while the store is made, while it is used, while it is closed. Each
// time the machine goes down as well, and what was acknowledged has to be there.
func TestEveryChangeToTheFolderFailsOnce(t *testing.T) {
	for _, kind := range []struct {
		err     error
		lasting bool
	}{{syscall.ENOSPC, true}, {syscall.EIO, false}} {
		used, broken := 0, 0
		for at := int64(1); ; at += 1 + at/40 {
			name := fmt.Sprintf("%v at change %d", kind.err, at)
			f := &faults{at: at, err: kind.err, lasting: kind.lasting}
			fs, j := vfs.NewCrashableMem(), newJournal(4)
			var d *Disk
			var err error
			bounded(t, name+": open", func() { d, err = tryDisk(DiskConfig{FS: f.on(fs), memTable: smallTables}) })
			if err != nil {
				wantOneLine(t, name, err)
			} else {
				used++
				bounded(t, name+": sets", func() { j.use(d, 2000, func(version uint64) bool { return version > 60 }, nil) })
				select {
				case <-d.fuse.blown:
					broken++
					checkBroken(t, name, d, j)
				default:
				}
				bounded(t, name+": close", func() { err = d.Close() })
				if err != nil {
					wantOneLine(t, name, err)
				} else if d.fuse.err != nil {
					t.Errorf("%s: a broken store closes without an error", name)
				}
			}
			for _, unsynced := range []int{0, 100} {
				after, err := tryDisk(DiskConfig{FS: fs.CrashClone(crash(unsynced, uint64(at)))})
				if err != nil {
					t.Fatalf("%s: after a restart (%d %% of what was not synced): %v", name, unsynced, err)
				}
				if err := j.check(after); err != nil {
					t.Fatalf("%s: after a restart (%d %% of what was not synced): %v", name, unsynced, err)
				}
				mustClose(t, after)
			}
			if f.count.Load() < at { // there are no more changes
				break
			}
		}
		if used < 10 || broken < 10 {
			t.Errorf("%v says nothing: %d stores were used, %d of them broke", kind.err, used, broken)
		}
	}
}

// checkBroken looks at a store whose disk has failed.
func checkBroken(t *testing.T, name string, d *Disk, j journal) {
	t.Helper()
	await(t, name+": everybody is told", d.ended)
	done, err := d.Set([]byte("more"), Item{Value: []byte("x")}, nil)
	if !done || err == nil {
		t.Fatalf("%s: a broken store takes sets: %v, %v", name, done, err)
	}
	wantOneLine(t, name, err)
	if _, ok := d.Get([]byte("more")); ok {
		t.Errorf("%s: a set that failed is visible", name)
	}
	for i, v := range j {
		item, _ := d.Get(journalKey(i))
		if version := v.acked.Load(); version > 0 {
			if got, err := journalVersion(item.Value); err != nil || got != version {
				t.Errorf("%s: key %d: got version %d (%v), want %d, the last that was acknowledged", name, i, got, err, version)
			}
		}
	}
}

func wantOneLine(t *testing.T, name string, err error) {
	t.Helper()
	if text := err.Error(); strings.Contains(text, "\n") || !strings.Contains(text, "folder store: ") {
		t.Errorf("%s: want one line that names the folder, got %q", name, text)
	}
}

// A fault in Pebble's background work must not pass unseen: tables that cannot be written or merged pile up.
func TestABackgroundFaultBreaksTheStore(t *testing.T) {
	for _, kind := range []errorfs.OpKind{errorfs.OpFileWrite, errorfs.OpFileReadAt} {
		var armed atomic.Bool
		fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
			if armed.Load() && op.Kind == kind && strings.HasSuffix(op.Path, ".sst") {
				return syscall.EIO
			}
			return nil
		}))
		d := openDisk(t, DiskConfig{FS: fs, memTable: smallTables})
		armed.Store(true)
		bounded(t, "sets", func() { newJournal(4).use(d, 2000, func(version uint64) bool { return version > 1000 }, nil) })
		await(t, "the store breaks", d.fuse.blown)
		bounded(t, "close", func() {
			if err := d.Close(); !errors.Is(err, syscall.EIO) {
				t.Errorf("close: %v, want %v", err, syscall.EIO)
			}
		})
	}
}
