package store

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// A fuse blows at the first fault of the disk and stays so: the store is broken until the process ends.
//
// After a failed write or fsync nobody knows what of it is on the disk, and asking once more proves nothing: the
// kernel may have dropped the pages that it could not write, and then reports the next fsync as done. Pebble ends
// the process on such errors, or panics in goroutines that nobody can recover. So it is never told: whoever of its
// goroutines meets the fault is held for good, with the locks it has, and so is each that would write after it. Nothing
// calls Pebble after that. What is left in the folder is what was there at the fault, as after a power cut, and the
// next start recovers from that.
type fuse struct {
	once  sync.Once
	blown chan struct{} // closed when err is there
	err   error
	log   *slog.Logger
}

func newFuse(log *slog.Logger) *fuse { return &fuse{blown: make(chan struct{}), log: log} }

// blow breaks the store. Only the first error counts; what follows from it explains nothing.
func (f *fuse) blow(err error) {
	f.once.Do(func() {
		f.err = err
		close(f.blown)
	})
}

// hold ends nothing and never returns.
func (f *fuse) hold() { select {} }

// try makes one change to the folder. It returns only if all went well.
func (f *fuse) try(change func() error) {
	select {
	case <-f.blown:
		f.hold()
	default:
	}
	if err := change(); err != nil {
		f.blow(err)
		f.hold()
	}
}

// guard runs work, which uses the folder, and returns its error. If the fuse blows, that is the error, and work
// never ends; if it has blown, work does not begin.
func (f *fuse) guard(work func() error) error {
	select {
	case <-f.blown:
		return f.err
	default:
	}
	ended := make(chan error, 1)
	go func() { ended <- work() }()
	select {
	case err := <-ended:
		return err
	case <-f.blown:
		return f.err
	}
}

// listener hears of errors in Pebble's background work. Pebble would try again for as long as it takes, while its
// sets pile up in memory and, in the end, wait for ever.
func (f *fuse) listener() *pebble.EventListener {
	stop := func(err error) {
		f.blow(err)
		f.hold()
	}
	return &pebble.EventListener{
		BackgroundError: stop,
		DataCorruption:  func(info pebble.DataCorruptionInfo) { stop(info.Details) },
	}
}

// Infof, Errorf and Fatalf make fuse Pebble's Logger.
func (f *fuse) Infof(format string, args ...any) {
	// What Pebble does in the background is not for operators.
}

func (f *fuse) Errorf(format string, args ...any) {
	f.log.Warn("store", "pebble", fmt.Sprintf(format, args...))
}

// Fatalf must not return: Pebble relies on that.
func (f *fuse) Fatalf(format string, args ...any) {
	f.blow(fmt.Errorf(format, args...))
	f.hold()
}

// failStop is a file system whose changes either succeed or blow the fuse. Reads return their errors, and so does
// Remove: what is left over is removed at the next start.
type failStop struct {
	vfs.FS
	fuse *fuse
	// laxLog is whether the log is written without fsync. Its records are in the kernel before they are
	// acknowledged all the same. Tables and the manifest are synced always: it is done in the background, and a power
	// cut then costs the newest sets and not the older ones too.
	laxLog bool
}

func (s failStop) Unwrap() vfs.FS { return s.FS }

func (s failStop) open(name string, open func() (vfs.File, error)) (vfs.File, error) {
	var f vfs.File
	s.fuse.try(func() (err error) { f, err = open(); return })
	return failStopFile{f, s.fuse, s.laxLog && filepath.Ext(name) == ".log"}, nil
}

func (s failStop) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return s.open(name, func() (vfs.File, error) { return s.FS.Create(name, c) })
}

func (s failStop) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	return s.open(name, func() (vfs.File, error) { return s.FS.OpenReadWrite(name, c, o...) })
}

func (s failStop) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return s.open(name, func() (vfs.File, error) { return s.FS.ReuseForWrite(old, name, c) })
}

// OpenDir is for syncing what has become of the names in a folder.
func (s failStop) OpenDir(name string) (vfs.File, error) {
	return s.open(name, func() (vfs.File, error) { return s.FS.OpenDir(name) })
}

func (s failStop) Link(old, name string) error {
	s.fuse.try(func() error { return s.FS.Link(old, name) })
	return nil
}

func (s failStop) Rename(old, name string) error {
	s.fuse.try(func() error { return s.FS.Rename(old, name) })
	return nil
}

func (s failStop) MkdirAll(name string, mode os.FileMode) error {
	s.fuse.try(func() error { return s.FS.MkdirAll(name, mode) })
	return nil
}

// A failStopFile is open for writing, or a folder.
type failStopFile struct {
	vfs.File
	fuse *fuse
	lax  bool
}

func (f failStopFile) Write(p []byte) (n int, _ error) {
	f.fuse.try(func() (err error) { n, err = f.File.Write(p); return })
	return n, nil
}

func (f failStopFile) WriteAt(p []byte, off int64) (n int, _ error) {
	f.fuse.try(func() (err error) { n, err = f.File.WriteAt(p, off); return })
	return n, nil
}

func (f failStopFile) Preallocate(offset, length int64) error {
	_ = f.File.Preallocate(offset, length) // a hint; not every file system has it, and a full disk shows in Write
	return nil
}

func (f failStopFile) Sync() error {
	if !f.lax {
		f.fuse.try(f.File.Sync)
	}
	return nil
}

func (f failStopFile) SyncData() error {
	if !f.lax {
		f.fuse.try(f.File.SyncData)
	}
	return nil
}

func (f failStopFile) SyncTo(length int64) (full bool, _ error) {
	if !f.lax {
		f.fuse.try(func() (err error) { full, err = f.File.SyncTo(length); return })
	}
	return full, nil
}

func (f failStopFile) Close() error {
	f.fuse.try(f.File.Close)
	return nil
}
