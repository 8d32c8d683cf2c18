package main

import "golang.org/x/sys/windows"

// Winsock has its own numbers; syscall.ECONNREFUSED is never returned on Windows.
const (
	errConnRefused = windows.WSAECONNREFUSED
	errAddrInUse   = windows.WSAEADDRINUSE
)
