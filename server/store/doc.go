// Package store holds the values of the server. It knows keys and items, no protocol and no network.
//
// Store is the interface, Memory the implementation that lives and dies with the process. Every implementation
// passes the one contract test of this package, which takes a constructor.
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
// It may import the standard library, nothing of this module.
//
// Rejected: sync.Map (its keys are interfaces, so every Get would allocate one; a Get here allocates nothing);
// copying values in (the caller has just made the slice for this value and gives it away); one lock for all keys (it
// is the first thing that several event loops would queue for).
package store
