// Package loadgen drives a memcached-lite endpoint with load and measures what comes back.
//
// A Plan says what to do; an Executor does it and returns a reports.Run; Local is the Executor of one process. Each
// event loop of server/netloop has one worker, which owns a part of the clients, of the schedule (Segment), of the
// keys and of the measurements (Recorder), so nothing is shared and nothing is locked while requests run. Once a
// second the coordinating goroutine asks every loop for its Recorder and makes a Sample of them. A Tally makes the
// intervals that sinks see, and the report, of samples.
//
// Several processes can execute one plan together (package fleet): each is a Share. Which clients, keys and starts are a share's follows from
// its Segment alone, and the Tally gets the samples of all: what is measured is added up sample by sample, never averaged.
//
// Search and Scan execute one plan at several rates, through any Executor: for the highest rate that keeps the plan's SLOs, and for the
// whole curve.
//
// Closed and open loop. In a closed loop a client sends its next request when it has the reply to the last one, so a
// server that stalls is simply asked less often, and the stall shows in one sample per client. In an open loop every
// request has an intended start that depends on nothing but the schedule (Pacer). Response time counts from it, whether or
// not a client was free; service time counts from the sending. The queue of waiting starts is the schedule itself, read
// late: it costs no memory, and a start older than Plan.Queue is dropped and counted.
//
// Stages follow each other at times that are known beforehand, so every loop changes over by itself. A request belongs to the stage in
// which it was meant to start, however late it is sent or answered: starts that found no client go on into the next stage of an open loop.
//
// What is in flight on a connection is a ring of small records (kind, hash of the key, two times). Replies are parsed
// in place; the block of a large value is consumed as it arrives and never gathered. A reply is only credited to a
// request when it can be its answer: a VALUE must name the key that was asked for, and bytes that follow the answer
// to the last request in flight spoil it. A connection that cannot be trusted any more (garbage, a wrong
// key, a set that was refused, since servers differ in what they then do with its block) is closed and opened again.
//
// Several servers. A connection belongs to one of them, and what a key's hash says is that server's goes to it alone
// (continuum, server). TLS is served by netloop's portable engine, at the price of a goroutine per connection.
//
// A replay takes its requests from a trace. One goroutine reads the file, as far ahead as a few batches for each loop, and a loop whose
// batches are used up is told when there is more: its schedule never waits for a file.
//
// It may import reports and server/netloop, and beside them the standard library, and klauspost/compress for traces that
// zstd has compressed. It must not import server, conformance or their codecs: a bug in one parser must not hide behind the same bug in another.
//
// Rejected: a goroutine per client (35 % more processor time and 4.5 times the memory at 1024 clients, and Go's own
// timers round to about a millisecond); correcting latencies after the fact, as some tools do, instead of timing from the
// intended start; a channel of results (an allocation or a lock per request); a timer per request for its deadline
// (one sweep per loop finds them, at most a tenth of the deadline late).
package loadgen
