// Package detect finds out how an endpoint speaks before it is tested: which form of set it takes and in how many writes, where its
// lines end, its words for stored, missing and refused, how it is left. The result is a rules.Profile and what was found, in sentences.
//
// It generalises spelling and framing only, never behaviour. A miss may be called NOT_FOUND, null or nothing at all; it may not be called
// STORED, ERROR or the empty value, because then it would not be told from something else, and such an answer stays a finding of the
// rules. What is not spelling (a block of the wrong size that is stored, requests that share a packet and are not all answered, one
// request a connection) is described, is still asked by the rule that states it, and does not fail all the others for the same cause:
// see rules.Profile.CannotAsk.
//
// An endpoint that a built-in profile fits is not looked at any further, so that a stock server is never called odd because one probe was
// late. Probes are lines of ordinary length, on a connection each, one at a time: a fragile server should not be killed before it is
// tested, and one that serves a client at a time should not stand still. All waits end, whatever the other side does.
//
// It imports conformance/rules and conformance/wire.
//
// Rejected: probing what a rule asks anyway (limits, long keys, many clients), which costs time and tells nothing that the rule would
// not; guessing from one reply (a server that answers END may be of either dialect); probes side by side.
package detect
