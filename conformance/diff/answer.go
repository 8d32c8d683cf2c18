package diff

import (
	"fmt"
	"strconv"
)

// How an answer ends.
type How int

// The ends of an answer.
const (
	Answered How = iota // and the endpoint is ready for the next request
	Waits               // only after more was sent: it had waited for more of the request
	Closed              // with the connection
	Silent              // not at all: nothing more comes, to whatever is sent
	Gone                // nobody takes connections any more
)

// Answer is what one endpoint answered to what was sent.
type Answer struct {
	Text string
	How  How
}

// String is the answer as people read it, long ones cut.
func (a Answer) String() string {
	const head = 200
	text := strconv.Quote(a.Text)
	switch n := len(a.Text); {
	case n == 0:
		text = ""
	case n > head:
		text = fmt.Sprintf("%s… (%d bytes)", strconv.Quote(a.Text[:head]), n)
	}
	then := map[How]string{
		Answered: "nothing, and goes on", Waits: "waits for more of the request", Closed: "closes the connection",
		Silent: "says nothing more", Gone: "takes no more connections",
	}[a.How]
	switch {
	case text == "":
		return then
	case a.How == Answered:
		return text
	}
	return text + ", then " + then
}
