// Package mutant holds known-bad memcached-lite servers, each wrong in one way, and names for each the conformance rules that must
// fail on it. They are the test of the suite: a rule that fails on no mutant has not been shown to catch anything, and a mutant that
// no rule fails on is a fault that the suite lets through.
//
// Most faults were seen in real student and hobby servers (see "What servers in the wild do" in the protocol notes); the others are
// what languages and libraries invite: atoi, strings.Fields, NUL-terminated strings, text where bytes are meant, locks that are too
// narrow or too wide.
//
// [Good] is the server without a fault, so that a rule which fails on a mutant can be seen to fail because of the fault. It is written
// for this purpose alone: goroutine per connection, one mutex, no regard for speed. A mutant is Good with one function or one limit
// exchanged ([lite] lists what can be), never a second server.
//
// [Variants] are the other kind: consistent servers with a grammar or a spelling of their own, as many real ones are. Detection
// (--profile auto) must describe each, and the rules, asked in its words, must pass but for what the oddity breaks.
//
// Imports: the standard library only. Its tests import conformance, and nothing else of the module.
//
// Rejected:
//   - mutating the reference server: hooks in its parser would cost the speed it is there for, and a fault in code that suite
//     and mutants share would be invisible to both;
//   - a proxy that spoils the bytes of a good server: it cannot forget a lock, run a block, or lose a value;
//   - real data races for the concurrency faults: whether they show depends on the machine, and the race detector would stop the
//     run. The faulty ones here lock, but too little, and pause where the lock is missing.
package mutant
