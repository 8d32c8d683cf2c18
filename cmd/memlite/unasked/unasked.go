// Package unasked keeps a library from talking to the terminal unasked. Importing bubbletea has lipgloss ask the terminal
// for its colours when the program starts (its init): every command would write escape sequences to standard output,
// swallow what was typed ahead, and wait up to five seconds on a terminal that does not answer. A dumb terminal is not
// asked, so TERM says dumb until all packages are initialized.
//
// That this package comes first is not luck: packages are initialized in the order of their import paths, as far as their
// imports allow, and this one needs only os. It imports nothing else.
package unasked

import "os"

const name = "TERM"

var term, known = os.LookupEnv(name)

func init() {
	if known {
		_ = os.Setenv(name, "dumb")
	}
}

// Restore puts TERM back. Whoever imports this package calls it in an init of their own.
func Restore() {
	if known {
		_ = os.Setenv(name, term)
	}
}
