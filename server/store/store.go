package store

import "errors"

// An Item is what a key has.
type Item struct {
	// Value is shared between all who read it: nobody changes it.
	Value []byte
	// Flags are the client's own; the store keeps them.
	Flags uint32
	// Expires is the Unix time in nanoseconds from which the item is absent; 0 means never.
	Expires int64
	// Stamp is the timestamp of the set that stored the item. Set gives it and ignores what the caller has put there.
	Stamp int64
}

// A Store keeps the newest item of every key. Its methods may be called from any goroutine.
//
// Every Set and every Delete takes a timestamp from one monotonic clock; of two that change one key the one with the
// higher timestamp stays, whatever order they finish in.
type Store interface {
	// Get returns the item of key, unless it has expired.
	Get(key []byte) (item Item, ok bool)
	// Set stores item under key. The store keeps the value (the caller must not touch it again) and copies key.
	// If the set is already as safe as the store promises, Set returns done == true. Otherwise it returns
	// done == false and calls w.Done exactly once, from any goroutine, when the set is safe and visible or has
	// failed. err is only for done == true; ErrOutOfMemory is one that it may be.
	Set(key []byte, item Item, w Waiter) (done bool, err error)
	// Delete removes the item of key. It is done as Set is; its error is ErrNotFound if there was nothing to remove
	// when it took effect.
	Delete(key []byte, w Waiter) (done bool, err error)
	// Now returns the Unix time in nanoseconds that Item.Expires is compared with.
	Now() int64
	// Len returns the number of keys, and Size how many bytes of memory they and their items are counted as. Both
	// include items that have expired and are not swept yet.
	Len() int
	Size() int64
	// Close flushes and releases what the store holds. No call may follow it.
	Close() error
}

// A Waiter is told when a Set or a Delete that could not be finished at once is finished.
type Waiter interface {
	Done(err error)
}

var (
	// ErrNotFound is the end of a Delete that had nothing to remove.
	ErrNotFound = errors.New("no such key")
	// ErrOutOfMemory is the end of a Set that would have passed the store's limit.
	ErrOutOfMemory = errors.New("the store's limit of memory is reached")
)
