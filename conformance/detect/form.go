package detect

import (
	"strconv"
	"strings"

	"memlite/conformance/rules"
)

// form is one way to write a set.
type form struct {
	set               string
	lineEnd, blockEnd string
	writes            rules.Writes

	stored answer // to a set
	value  string // that was set
	found  answer // to a get of it
	back   bool   // the value came back
}

// oneLine says that the value stands on the line.
func (f *form) oneLine() bool { return strings.Contains(f.set, "{value}") }

// request is a set in the pieces in which it is sent.
func (f *form) request(key string, size int, value string) []string {
	line := strings.NewReplacer("{key}", key, "{size}", strconv.Itoa(size), "{value}", value).Replace(f.set) + f.lineEnd
	switch {
	case f.oneLine():
		return []string{line}
	case f.writes == rules.TwoWrites:
		return []string{line, value + f.blockEnd}
	}
	return []string{line + value + f.blockEnd}
}

// forms are the ways to write a set that servers are known to take, the likeliest first.
func forms() (list []*form) {
	const lite, classic, sized, bare = "set {key} {size}", "set {key} 0 0 {size}", "set {key} {size} {value}", "set {key} {value}"
	add := func(end string, writes rules.Writes, sets ...string) {
		for _, set := range sets {
			list = append(list, &form{set: set, lineEnd: end, blockEnd: end, writes: writes})
		}
	}
	add("\r\n", rules.AnyWrites, lite, classic)
	add("\r\n", rules.TwoWrites, lite, classic)
	add("\r\n", rules.AnyWrites, sized, bare)
	for _, end := range []string{"\n", " \r\n"} {
		add(end, rules.AnyWrites, lite, classic)
		add(end, rules.TwoWrites, lite, classic)
		add(end, rules.AnyWrites, sized, bare)
	}
	list = append(list, &form{set: lite, lineEnd: "\r\n", writes: rules.AnyWrites}, &form{set: lite, lineEnd: "\r\n", writes: rules.TwoWrites},
		&form{set: classic, lineEnd: "\r\n", writes: rules.AnyWrites})
	return list
}

// setForm finds the first form with which a value comes back; failing that, the first that is answered as stored. It returns how many
// were tried.
func (d *prober) setForm() (tried int, best *form, err error) {
	silent := 0
	for _, f := range forms() {
		if silent >= 4 && !d.answered {
			break // each costs its wait, and so far nobody has said a word
		}
		tried++
		if err := d.fatal(d.try(f, 13)); err != nil {
			return tried, best, err
		}
		switch {
		case f.back:
			return tried, f, nil
		case f.stored.text == "":
			silent++
		case best == nil && stored(f.stored.first()) && !isRefusal(f.stored.text):
			best = f
		}
	}
	return tried, best, nil
}

// try sets a value of n bytes and gets it.
func (d *prober) try(f *form, n int) (err error) {
	t := d.talk()
	defer t.close()
	key, value := d.key(), d.value(n)
	f.value = value
	if f.stored, err = t.ask(f.request(key, n, value)...); err != nil {
		return err
	}
	if f.stored.text == "" {
		t.close() // the get would be its block
	}
	if f.found, err = t.ask("get " + key + f.lineEnd); err != nil {
		return err
	}
	f.back = holds(f.found, value)
	return nil
}

// holds reports whether an answer has value on a line of its own.
func holds(a answer, value string) bool {
	for _, line := range a.lines() {
		if strings.TrimRight(line, " ") == value {
			return true
		}
	}
	return false
}

func stored(line string) bool { return strings.HasPrefix(line, "STORED") }
