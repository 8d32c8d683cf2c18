package rules

import (
	"strings"
	"time"
)

// Acquaint is a check of no rule: it asks once for each thing that profiles differ in, so that one which fits can be told.
func Acquaint(t *T) {
	c := t.Dial()
	key, value := t.Key(), t.Text(13)
	c.Set(key, value)
	c.Get(key, value)
	c.Miss(t.Key())
	for _, line := range []string{"nonsense", "get", "set"} {
		c.Send(t.Lines(line))
		c.Expect(BadCommand)
	}
	if t.Has(Pipelining) {
		c.InOnePacket(exchange{t.GetRequest(key), finds(key, value)}, exchange{t.GetRequest(t.Key()), answers(Missing)})
	}
	if t.Has(Block) && t.Has(Cuts) {
		head, block, _ := strings.Cut(t.SetRequest(key, value), t.Profile.LineEnd)
		for range 3 { // and slowly: a busy machine joins what was to arrive apart
			c.begin(head + t.Profile.LineEnd + block)
			c.apart([]string{head + t.Profile.LineEnd, block}, max(t.pause(), 20*time.Millisecond))
			c.Expect(Stored)
		}
	}
	if t.Has(Sized) {
		accents := "naïve-日本"
		c.Set(key, accents)
		c.Get(key, accents)
	}
	if t.Has(Sized) && t.Has(Refuses) {
		for _, by := range []int{-3, 4} {
			other := t.Dial()
			other.Mismatch(t.Key(), 10, t.Text(10+by))
			other.Close()
		}
	}
	c.InStep()
	c.Leave()
}
