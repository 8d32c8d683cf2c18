package store

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Sync is how safe a set of a Disk is when it is acknowledged and becomes visible.
type Sync string

const (
	// SyncAlways: on the disk (fsync). It survives a power cut.
	SyncAlways Sync = "always"
	// SyncNever: in the kernel (write). It survives the end of the process, by kill -9 too, and not that of the machine:
	// after a power cut the newest sets may be missing, or the folder may have to be put back from a copy.
	SyncNever Sync = "never"
)

// DiskConfig says how a Disk is opened. Dir is needed, the other zero values are usable.
type DiskConfig struct {
	// Dir is the folder of the store: one that a Disk has made, an empty one, or one that is not there yet.
	Dir string
	// Sync is SyncAlways, which "" means too, or SyncNever.
	Sync Sync
	// Logger is told of trouble; nil means slog.Default().
	Logger *slog.Logger
	// MaxMemory is how many bytes keys, values and an estimate of what is kept beside them may take; 0 means no limit.
	// What is in the folder is read all the same.
	MaxMemory int64
	// OnCommit, if not nil, is called after each commit with the number of its sets and deletes and the time that it took. It is
	// called by one goroutine that all sets wait for.
	OnCommit func(sets int, took time.Duration)
	// FS is the file system; nil means the system's. It is for tests.
	FS vfs.FS

	now      func() int64 // source of the clock, for tests
	memTable uint64       // size of Pebble's memtable in bytes, for tests: a small one is full soon
}

// Validate returns everything that is wrong with c, joined, or nil.
func (c DiskConfig) Validate() error {
	var problems []error
	if c.Dir == "" {
		problems = append(problems, errors.New("no folder for the disk store"))
	}
	if c.Sync != "" && c.Sync != SyncAlways && c.Sync != SyncNever {
		problems = append(problems, fmt.Errorf("sync %q: there is %s and %s", c.Sync, SyncAlways, SyncNever))
	}
	return errors.Join(append(problems, validateLimit(c.MaxMemory))...)
}

// Disk is a Store whose sets survive the process, and with SyncAlways the machine. Reads never touch the disk.
//
// The first write or fsync that fails breaks it until it is opened anew: sets are refused, reads go on. See fuse.
type Disk struct {
	*index
	config DiskConfig
	folder *folder
	fuse   *fuse
	db     *pebble.DB
	clock  *clock
	closed atomic.Bool

	queue
	written chan *group   // groups that are safe, in order
	ended   chan struct{} // closed when every set has been told
}

// OpenDisk opens or creates the store in c.Dir and reads it into memory. Its error is one line that says what is
// wrong and what to do.
func OpenDisk(c DiskConfig) (*Disk, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Sync == "" {
		c.Sync = SyncAlways
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.FS == nil {
		c.FS = vfs.Default
	}
	if c.now == nil {
		c.now = wallTime()
	}
	if c.memTable == 0 {
		c.memTable = memTable
	}
	d := &Disk{
		index: newIndex(c.MaxMemory, c.now), config: c, fuse: newFuse(c.Logger), clock: newClock(c.now),
		queue: newQueue(), written: make(chan *group, 1), ended: make(chan struct{}),
	}
	if err := d.fuse.guard(d.open); err != nil {
		return nil, explain(c.Dir, err)
	}
	go d.write()
	go d.finish()
	return d, nil
}

// open locks the folder and reads what is in it.
func (d *Disk) open() (err error) {
	if d.folder, err = lockFolder(d.config.FS, d.config.Dir); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.folder.lock.Close())
		}
	}()
	if d.db, err = pebble.Open(d.config.Dir, d.options()); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.db.Close())
		}
	}()
	if err := d.load(); err != nil {
		return err
	}
	if !d.folder.whole {
		return d.folder.mark(markerWhole)
	}
	return nil
}

// options are Pebble's. It is a log here, and a source that is read once from end to end: no cache, no filters, no
// compression, since nobody looks single keys up.
func (d *Disk) options() *pebble.Options {
	o := &pebble.Options{
		FS:                 failStop{d.config.FS, d.fuse, d.config.Sync == SyncNever},
		Lock:               d.folder.lock,
		Logger:             d.fuse,
		EventListener:      d.fuse.listener(),
		ErrorIfNotExists:   d.folder.whole,
		FormatMajorVersion: pebble.FormatNewest,
		CacheSize:          1 << 20,
		// What is set again before its memtable is full is never written a second time.
		MemTableSize:                d.config.memTable,
		MemTableStopWritesThreshold: 4,
		L0CompactionThreshold:       4,
		L0StopWritesThreshold:       64,
		DisableTableStats:           true,
	}
	o.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionNone })
	return o
}

// load reads every item into the index and sets the clock above the highest timestamp. What has expired goes.
func (d *Disk) load() error {
	it, err := d.db.NewIter(nil)
	if err != nil {
		return err
	}
	var highest int64
	for ok := it.First(); ok; ok = it.Next() {
		record, err := it.ValueAndErr()
		if err != nil {
			return errors.Join(err, it.Close())
		}
		item, err := parseRecord(record)
		if err != nil {
			return errors.Join(fmt.Errorf("key %q: %w", it.Key(), err), it.Close())
		}
		highest = max(highest, item.Stamp)
		if d.expired(&item) {
			if err := d.db.Delete(it.Key(), pebble.NoSync); err != nil {
				return errors.Join(err, it.Close())
			}
			continue
		}
		item.Value = bytes.Clone(item.Value)
		d.put(it.Key(), item, 0)
	}
	d.clock.last.Store(highest)
	return it.Close()
}

// String says where the values are.
func (d *Disk) String() string { return fmt.Sprintf("folder %s, sync %s", d.config.Dir, d.config.Sync) }

// maxSet is the size in bytes of the largest set: Pebble's records have 32 bits for theirs.
const maxSet = 1 << 30

var (
	errClosed   = errors.New("the store is closed")
	errTooLarge = errors.New("larger than a disk store can take")
)

// Set hands item to the commit that all who set at this time share, and is never done when it returns without an
// error. w is told when the commit is as safe as the store promises.
func (d *Disk) Set(key []byte, item Item, w Waiter) (done bool, err error) {
	if len(key)+len(item.Value) > maxSet {
		return true, errTooLarge
	}
	reserved, ok := d.reserve(key, &item)
	if !ok {
		return true, ErrOutOfMemory
	}
	if err := d.queue.add(d.clock, key, change{item: item, reserved: reserved, waiter: w}); err != nil {
		d.used.Add(-reserved)
		return true, err
	}
	return false, nil
}

// Delete hands a delete to the commit, as Set does. A key that nobody can see has nothing to delete, and nothing is
// written: a set of it that is on its way counts as later.
func (d *Disk) Delete(key []byte, w Waiter) (done bool, err error) {
	if _, ok := d.Get(key); !ok {
		return true, ErrNotFound
	}
	if err := d.queue.add(d.clock, key, change{delete: true, waiter: w}); err != nil {
		return true, err
	}
	return false, nil
}

// Close waits until every set has been told, then closes the folder; a second call does nothing. A store that is broken leaves it locked until the
// process ends, because nobody knows what the disk still does; the error says what broke it.
func (d *Disk) Close() error {
	if d.closed.Swap(true) {
		return nil
	}
	d.queue.refuse(errClosed)
	<-d.ended
	err := d.fuse.guard(func() error {
		if d.config.Sync == SyncNever {
			// A stop in order is as safe as with SyncAlways: tables are synced.
			if err := d.db.Flush(); err != nil {
				return err
			}
		}
		return errors.Join(d.db.Close(), d.folder.lock.Close())
	})
	if err != nil {
		return explain(d.config.Dir, err)
	}
	return nil
}
