// Package conformance is the suite: it asks a memcached-lite endpoint whether it keeps the protocol and says what it
// found. Run does it from any program; Open, Register and Suite are its parts, for a Ginkgo suite of one's own
// (conformance_suite_test.go makes `ginkgo ./conformance -- --addr=…` and `go test ./conformance -args --addr=…` of
// them). The three give the same verdicts because they are one code path: the rules of package rules, registered with
// Ginkgo.
//
// What a reachable endpoint does is a finding in the Suite. An error means that nothing can be said: the endpoint
// cannot be connected to, the configuration is wrong, the filter matches nothing, fewer rules ran than should have.
//
// Config.Profile is how the endpoint speaks: one of rules.Profiles, a file (profile.example.yaml has every field explained), or auto, which
// package detect finds out. What was found, and what a file declares otherwise, stands in Suite.Observed: what a profile allows is no failure any more, so
// it has to be said.
//
// It may import conformance/detect, conformance/rules, conformance/wire and reports; never the server or the load generator.
//
// Ginkgo in a plain binary, what had to be known: its suite is global, so that Run takes a lock and resets it around
// every run and must not be called from inside another Ginkgo suite. It writes its report to a package variable, which
// Run points elsewhere. A wrong label filter makes it end the process, so the filter is parsed here first; one that
// matches nothing is green to it, so what ran is counted here. It installs a handler for SIGINT and SIGTERM and never
// takes it away: from the first Run on, a program has to listen for these signals itself.
//
// Rejected: a runner of our own (it would have to grow Ginkgo's filters, reports and parallel processes again);
// rules as Ginkgo nodes only (then there is no table to list, to document or to run against a mutant).
package conformance
