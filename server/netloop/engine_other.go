//go:build !linux

package netloop

func newEngine(l *Loop) (engine, error) { return newPortable(l), nil }
