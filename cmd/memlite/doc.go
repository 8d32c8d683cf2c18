// Command memlite serves, checks and loads memcached-lite endpoints, and renders what it found.
//
// It only wires: what a server, a suite, a load run or a report is lives in the packages server, conformance,
// loadgen and reports. Here are the command line (one file per subcommand), the terminal, a small client that
// people type at, and the NATS server and agents of a fleet on one machine. It may import everything of this module; nothing imports it.
//
// Rejected: a configuration file (flags and MEMLITE_* variables say the same and show up in the command line that a
// report repeats); one-letter flags (a command line in a bug report should read without the manual); colours and
// moving lines anywhere but on a terminal; the other screen of a terminal for the live view (it would take the summary and
// what stood before away with it); sharing the client's few lines of protocol with the load generator or
// the suite (a bug there would then be invisible here); agents of a fleet on this machine in this process (what is tried
// with it would not be what runs on many: they would share a heap, its collector and a scheduler, and die together).
package main
