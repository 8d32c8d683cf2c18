// Package server is the reference server of the memcached-lite protocol: what a conforming endpoint does, in every
// case that PROTOCOL.md numbers. The conformance suite and the load generator are tried on it, and it is the
// yardstick that other endpoints are compared with, so being exact comes before being fast; it is meant to be both.
//
// Three layers, each tested without the next:
//
//   - lite.go and classic.go are the dialects, parser.go what they share: bytes in, bytes out, no network, no clock but the
//     store's. That is why the fuzzer can cut a stream at every byte, and why the exchanges printed in PROTOCOL.md are
//     executed by a test.
//   - session.go and handler.go glue one parser to each connection of a netloop.Loop: backpressure, sets that a store
//     finishes later, the limit of clients.
//   - server.go is what a program sees: Config, Serve, Shutdown.
//
// It may import server/netloop and server/store, nothing else of this module: in particular no codec of the suite or the
// load generator, which must not share a bug with it.
//
// Rejected: a goroutine with a bufio.Reader per client (see netloop); reading a block by its announced size (in the
// lite dialect the block is a text line, which keeps every client in step whatever it announced, and lets a refused block
// pass without being held); refusing the client over the limit at once (the kernel may show a new client before the
// end of an old one, so a full server would turn people away while places are becoming free).
package server
