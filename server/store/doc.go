// Package store holds the values of the server. It knows keys and items, no protocol and no network.
//
// Store is the interface. Memory lives and dies with the process; Disk survives it. Every implementation passes the one
// contract test of this package, which takes a constructor.
//
// Two sets of one key that overlap are the race that the project's seed report names as its limitation. The cure is
// its own: each set takes a timestamp when it is called, from one monotonic clock, and the highest timestamp stays,
// whichever set finishes last. In memory alone a lock would do; the timestamp makes the same rule hold where
// sets finish out of order, on a disk and after a restart.
//
// Nothing is kept of what was deleted or has expired. Changes of a key take effect in the order of their timestamps (Memory
// takes them under the key's lock, Disk in one queue that one goroutine applies), so no older set can come after a
// delete; comparing the timestamps once more is the belt to these braces. What has expired is absent for every reader at
// once, and is swept a few items at a time by those who set, so that it costs nothing where nothing expires.
//
// # How a Disk is made
//
// Both stores have all values in an index in memory (index.go). Disk has Pebble under it as a log, which is read from
// end to end when the store is opened (disk.go, record.go) and never else: a Get touches no disk.
//
//	Set ──> queue ──> write: Pebble, fsync ──> finish: index, then the waiters
//	        stamps    one goroutine            one goroutine
//
// Set stamps and queues under one lock, so the log has sets in the order of their timestamps. One goroutine
// commits what has queued up while the commit before was on its way to the disk, whichever loop and client it came
// from; a second makes the sets of a safe group visible and tells their waiters, while the next group is being written
// (commit.go). So a value that somebody has read cannot vanish. An update of a present key allocates nothing.
//
// SyncNever leaves out the fsync of the log and nothing else: the record is in the kernel when the set is
// acknowledged. Pebble's own NoSync keeps records in the process, where a kill takes them along.
//
// The first write or fsync that fails breaks the store until the server is started again, a full disk included: sets
// are refused, gets go on (failstop.go says why Pebble must not see the error). A full disk could be waited out,
// but the log then has half a record in its middle, and whether that counts is for recovery to decide, not for a
// server that has told its clients. Sets that were under way are answered with an error and are not visible; on the disk they may
// be found after the restart, younger than everything acknowledged.
//
// A folder is locked against other servers and has a file, MEMLITE, that says that it is ours and whether its database
// must be there (folder.go). A torn tail of the log is what a crash leaves: it is left out. Damage before that, in tables or
// to missing files is an error that says so. One thing Pebble does not tell apart: a manifest is read up to its first
// damaged record.
//
// # What it may import
//
// The standard library and github.com/cockroachdb/pebble/v2; nothing of this module.
//
// # Rejected
//
//   - sync.Map: its keys are interfaces, so every Get would allocate one; a Get here allocates nothing.
//   - Copying values in: the caller has just made the slice for this value and gives it away.
//   - One lock for all keys: it is the first thing that several event loops would queue for.
//   - A log of our own instead of Pebble: it would need compaction, checksums and recovery, tested as long as
//     Pebble's have been.
//   - Reading values from Pebble: a cache miss would block an event loop.
//   - A commit per loop: one fsync for all costs the same as one for each.
//   - Ending the process on a disk fault, as Pebble does: what is in memory can still be read.
//   - Fewer fsyncs by waiting for more sets: a group is as large as the time of one fsync makes it.
package store
