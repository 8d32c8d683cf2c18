//go:build !unix

package main

// fileLimit is unknown where no such limit exists.
func fileLimit() (limit uint64, known bool) { return 0, false }
