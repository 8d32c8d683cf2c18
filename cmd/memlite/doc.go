// Command memlite serves, checks and loads memcached-lite endpoints, and renders what it found.
//
// It only wires: what a server, a suite, a load run or a report is lives in the packages server, conformance,
// loadgen and reports. Here are the command line (one file per subcommand), the terminal, and a small client that
// people type at. It may import everything of this module; nothing imports it.
//
// Rejected: a configuration file (flags and MEMLITE_* variables say the same and show up in the command line that a
// report repeats); one-letter flags (a command line in a bug report should read without the manual); colours and
// moving lines anywhere but on a terminal; the other screen of a terminal for the live view (it would take the summary and
// what stood before away with it); sharing the client's few lines of protocol with the load generator or
// the suite (a bug there would then be invisible here).
package main
