// Package wire is the suite's TCP client: it sends bytes exactly as given, reads lines and counted bytes, keeps a
// transcript of what went over the wire, and never waits without a deadline.
//
// It knows no command and no reply. Whoever reads decides what is right, so a fault of the server cannot hide behind
// a tolerant parser here. It may import reports (the transcript is made of reports.Event) and the standard library.
//
// Rejected: net/textproto and bufio.Scanner (both forgive line ends), bufio.Reader (its buffer size is the same as
// the largest message it can be asked for; a hostile endpoint must not choose how much is kept).
package wire
