package store

// A Store keeps the newest value of every key. Its methods may be called from any goroutine.
//
// Every Set takes a timestamp from one monotonic clock when it is called; of two Sets of one key the one with the
// higher timestamp stays, whatever order they finish in.
type Store interface {
	// Get returns the value of key. The value is shared: it is never changed by the store and must not be
	// changed by the caller.
	Get(key []byte) (value []byte, ok bool)
	// Set stores value under key. The store keeps value (the caller must not touch it again) and copies key.
	// If the set is already as safe as the store promises, Set returns done == true. Otherwise it returns
	// done == false and calls w.Done exactly once, from any goroutine, when the set is safe and visible or has
	// failed. err is only for done == true.
	Set(key, value []byte, w Waiter) (done bool, err error)
	// Len returns the number of keys.
	Len() int
	// Close flushes and releases what the store holds. No call may follow it.
	Close() error
}

// A Waiter is told when a Set that could not be finished at once is finished.
type Waiter interface {
	Done(err error)
}
