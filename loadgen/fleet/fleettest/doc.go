// Package fleettest is a fleet of real parts, for tests and benchmarks: nats-server processes (the module's own binary, which go.mod names as a
// tool), memlite processes, and a network of namespaces joined by veth in which a link can be taken down. Its own tests are the proofs that a
// fleet measures what one machine would, and that it notices each fault; they are left out with -short.
//
// It drives memlite as people do, by its command line, and imports nothing of this module but reports, to read what was written.
//
// Rejected: containers, which are not everywhere, and a simulated network, which has none of the kernel's own delays and retransmissions.
package fleettest
