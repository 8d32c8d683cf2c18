// Package rules is the table of what a memcached-lite server must, should and may do: one entry per stated behaviour,
// its text above its check, one file per family or a few.
//
// A check is given a T: clients to talk through, fresh keys, values and sizes drawn from the run's seed, and ways to
// say what was expected. It talks in the endpoint's words: how a request is written and which replies count as which Outcome
// is the profile's (T.SetRequest, T.SetWith, T.GetRequest, T.Lines, Client.Expect, Client.ExpectValue). What cannot be said in
// those words is a Trait that the rule Needs; what the rule is itself about is one that it States. A check ends at the first thing that is wrong, with a sync probe when nothing was: a set and a get of
// a fresh key on the same connection, because a server that answers right and is then out of step is the commonest
// real bug.
//
// A check never sleeps to see that something does not happen; it asks for something that could not be answered right
// if it had. What it waits for has a deadline that comes from the endpoint's measured round trip.
//
// The random rules, the rules about cuts and memlite diff share one generator: a Sequence says in a few numbers which requests
// are made, sends turns it into bytes and into what a model of the protocol expects, and a search draws sequences with rapid
// and makes one that fails smaller. Rapid is made for tests: its settings are flags, its way out is the end of a goroutine, and
// what it shrinks is the bits that were drawn. search.go is all that knows of it.
//
// The package knows Gomega's matchers but not Ginkgo: package conformance registers the table there. It may import
// conformance/wire and reports; never the server or the load generator.
//
// Rejected: one Go test per rule (the text, the level and the list would live elsewhere and drift); example files of
// bytes to send and expect (they replay the one string that kills the bug at hand; a rule here states behaviour for
// many keys, values and sizes); a tolerant reply parser (it hides the fault it is tolerant of: a profile allows what it names
// and nothing else); a rule that passes because it could not be asked.
package rules
