package loadgen

// Outcome is what became of a request.
type Outcome uint8

// The outcomes. The first three are answers that the profile allows; the others are errors by kind.
const (
	Stored      Outcome = iota // a set was answered as stored
	Hit                        // a get found its key
	Miss                       // a get did not
	Refused                    // an error line to a well-formed request
	Garbage                    // bytes that are no reply to it; the connection is closed
	Wrong                      // a value for another key than the one asked for; the connection is closed if the reply says so itself
	Ended                      // the other side closed the connection
	Reset                      // the connection was reset
	Timeout                    // no reply within Plan.Timeout
	Unreachable                // never sent: its server, one of several, has no connection and takes none; closed loop only
	Torn                       // a value whose bytes and checksum do not agree; this and the next two with Plan.Verify only
	Stale                      // a value that had been overwritten for certain
	Lost                       // a miss of a key that had been set
	outcomes
)

// String returns the kind's name in reports.
func (o Outcome) String() string {
	return [...]string{"stored", "hit", "miss", "refused", "garbage", "wrong", "closed", "reset", "timeout", "unreachable", "torn", "stale", "lost"}[o]
}

// OK says whether the request was answered as the profile allows.
func (o Outcome) OK() bool { return o <= Miss }
