package netloop

func newEngine(l *Loop) (engine, error) {
	if l.group.cfg.Portable {
		return newPortable(l), nil
	}
	return newEpoll(l)
}
