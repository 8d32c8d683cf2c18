package process

// guard has nothing to work with here: a process that was killed leaves its server running.
type guard struct{}

func newGuard(string) (*guard, error) { return &guard{}, nil }
func (*guard) watch(group)            {}
func (*guard) close()                 {}
