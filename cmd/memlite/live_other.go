//go:build !unix

package main

import "os"

func inForeground(*os.File) bool { return true }

// interrupt stops the run: there is no signal to send to oneself.
func interrupt(stop func()) { stop() }

func suspend() {}

func (v *view) guard(*os.File) (forget func()) { return func() {} }
