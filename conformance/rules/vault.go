package rules

import (
	"fmt"
	"slices"

	"memlite/conformance/wire"
	"memlite/reports"
)

// vault is what a check has stored and has been told is stored: what must be there whatever becomes of the server.
type vault struct {
	t      *T
	keys   []string          // in the order of their first set
	values map[string]string // the last acknowledged
	older  map[string][]string
	absent []string // keys that must not be there
}

func (t *T) newVault() *vault {
	return &vault{t: t, values: map[string]string{}, older: map[string][]string{}}
}

// set stores value under key.
func (v *vault) set(c *Client, key, value string) {
	c.Set(key, value)
	v.put(key, value)
}

func (v *vault) put(key, value string) {
	if old, ok := v.values[key]; ok {
		v.older[key] = append(v.older[key], old)
	} else {
		v.keys = append(v.keys, key)
		v.absent = slices.DeleteFunc(v.absent, func(k string) bool { return k == key })
	}
	v.values[key] = value
}

// offer is set for what some server may refuse or spoil before anything has happened to it: whether it may is asked by other rules. Only what
// comes back right is put into the vault; offer reports whether it did.
func (v *vault) offer(key, value string) bool {
	c := v.t.Dial()
	defer v.t.forget(c)
	if f := v.t.attempt(func() { c.Set(key, value); c.Get(key, value) }); f != nil {
		if f.status == reports.Inconclusive {
			panic(f)
		}
		return false
	}
	v.put(key, value)
	return true
}

// forget drops a key of which nothing is known any more.
func (v *vault) forget(key string) {
	delete(v.values, key)
	v.keys = slices.DeleteFunc(v.keys, func(k string) bool { return k == key })
}

// need ends the check, inconclusively, where less than half of what was offered came back right at once.
func (v *vault) need(offered int, what string) {
	if len(v.keys) < max(1, offered/2) {
		v.t.Inconclusive("only %d of %d %s came back right before the server was stopped: other rules are about that", len(v.keys), offered, what)
	}
}

// check asks for everything that is in the vault; after says what has become of the server since. All keys are asked for, because how many
// are wrong tells a lost buffer from a lost file; only the first that is wrong goes into the transcript, or it would hold nothing else.
func (v *vault) check(after string) {
	t := v.t
	log := t.log
	t.log = wire.NewTranscript()
	defer func() { t.log = log }()
	c := t.Dial()
	wrong, example := 0, ""
	for _, key := range append(slices.Clone(v.keys), v.absent...) {
		f := t.attempt(func() { v.ask(c, key, after) })
		if f == nil {
			continue
		}
		if wrong++; wrong == 1 {
			example = key
		}
		if f.status != reports.Failed || f.kind != answer && f.kind != state {
			break // asking for the others would take as long
		}
		t.forget(c)
		c = t.Dial()
	}
	t.forget(c)
	t.log = log
	c = t.Dial()
	if wrong > 0 {
		f := t.attempt(func() { v.ask(c, example, after) })
		if f == nil {
			t.Wrong(state, "the same answer again", "another", "after %s: %s was answered wrong, and right when asked again", after, quote([]byte(example)))
		}
		if f.kind == state {
			f.reason = fmt.Sprintf("%d of %d keys are wrong after %s; the first: %s", wrong, len(v.keys)+len(v.absent), after, f.reason)
		}
		panic(f)
	}
	t.log.Note(0, fmt.Sprintf("all %d keys are right after %s", len(v.keys)+len(v.absent), after))
	c.InStep()
	t.forget(c)
}

func (v *vault) ask(c *Client, key, after string) {
	want, present := v.values[key]
	c.step = after
	got, found := c.Fetch(key)
	name := quote([]byte(key))
	switch {
	case !present && !found:
	case !present:
		v.t.Wrong(state, "a miss", quote([]byte(got)), "%s has a value, although its set was refused or the key deleted", name)
	case found && got == want:
	case !found:
		v.t.Wrong(state, quote([]byte(want)), "a miss", "%s has no value any more", name)
	case slices.Contains(v.older[key], got):
		v.t.Wrong(state, quote([]byte(want)), quote([]byte(got)), "%s has an older value again", name)
	default:
		at := firstDifference(got, want)
		v.t.Wrong(state, quote([]byte(want)), quote([]byte(got)), "%s has another value, of %d bytes and not %d, which differs from byte %d on", name, len(got), len(want), at)
	}
}

// recheck drops what is not right any more before anything has happened to the server: a key that another has taken the place of.
func (v *vault) recheck() {
	for _, key := range slices.Clone(v.keys) {
		c := v.t.Dial()
		if f := v.t.attempt(func() { c.Get(key, v.values[key]) }); f != nil {
			if f.status == reports.Inconclusive {
				panic(f)
			}
			v.forget(key)
		}
		v.t.forget(c)
	}
}

// refuse sends sets whose blocks are too short or too long for keys that have a value and for some that have none. What they leave
// behind at once is for other rules: only a key that is as before is asked for after the restart.
func (v *vault) refuse(keys ...string) {
	if !v.t.Has(Refuses) {
		return
	}
	for i, key := range keys {
		c := v.t.Dial()
		old, present := v.values[key]
		f := v.t.attempt(func() {
			if i%2 == 0 {
				c.Mismatch(key, 9, "refused")
			} else {
				c.Mismatch(key, 5, "refused")
			}
			if present {
				c.Get(key, old)
			} else {
				c.Miss(key)
			}
		})
		v.t.forget(c)
		switch {
		case f != nil && f.status == reports.Inconclusive:
			panic(f)
		case f != nil:
			v.forget(key)
		case !present:
			v.absent = append(v.absent, key)
		}
	}
}

// remove deletes a key, which only classic can.
func (v *vault) remove(c *Client, key string) {
	c.Send("delete " + key + "\r\n")
	if line := c.line(`"DELETED\r\n"`); line != "DELETED\r\n" {
		c.wrong(`"DELETED\r\n"`, line)
	}
	v.forget(key)
	v.absent = append(v.absent, key)
}
