// Package linearizability lets clients loose on a store and tells whether all that they saw has one order that respects
// the clock. It is for tests only: of the stores themselves, and of a server over TCP. It knows neither, a [Client] is
// three functions; it imports the checker and the standard library.
//
// The order is found by porcupine. What decides whether it is found in time is how many operations on one key are under
// way at once, not how many there are. 32 sets of one key that all overlap (the system stops who holds the lock of
// a key, and all who can come for it do; or all wait for one commit) may have 2^32 orders to go through. Hence:
//
//   - Keys are judged one by one, since linearizability is local.
//   - At most eight clients use a key at a time. Clients go through phases; from each to the next they move on by
//     one key, so that after four of them all clients have used all keys.
//   - A key's history is cut where an operation overlaps no other: whatever came before, it fixes what is stored then. So
//     the parts can be judged apart, and hold if and only if the whole does. Each phase ends with such an operation on every
//     key.
//
// Rejected: a history of fewer operations or of a key per client, which would be decided as fast and say less; to take
// "not decided" for "linearizable".
package linearizability
