package conformance

import (
	"fmt"
	"io"
	"strings"
)

// WriteRules writes the table as the Markdown document RULES.md.
func WriteRules(w io.Writer) error {
	var b strings.Builder
	b.WriteString(`# The rules of the conformance suite

Generated from the rule table (` + "`go test ./conformance -run TestRulesDocument -update`" + `); do not edit. What the protocol is stands in
[server/PROTOCOL.md](../server/PROTOCOL.md), under the same IDs, which are stable for ever. A rule is the behaviour that its text states, for many
keys, values and sizes drawn from the run's seed, not the one example in it.

**Levels.** ` + levels() + `
Rules up to ` + "`--level`" + ` are run (default should); each that is run and fails, fails the run.

**Sources.** R: the report that the project is built from. T: the test transcript in it. A: the course assignment that the report answers. M: memcached's text
protocol. Decision *n*: what these leave open is decided in [PROTOCOL.md](../server/PROTOCOL.md#decisions).

**Labels**, for ` + "`--label-filter`" + ` (Ginkgo's syntax: ` + "`&& || ! ()`" + ` and ` + "`/regexp/`" + `): each rule's ID, family and level, and those named with it below.

**Alone**: the rule does not run beside others. **Needs --start**: the rule stops and starts the server, and can be asked only where the suite has started it.

**Examples** are in the dialect lite and the profile report, exact to the byte, and a test plays each against the reference server. ` + "`>`" + ` is what a client
sends in one write, ` + "`<`" + ` what comes back; strings are quoted as in Go or C, and ` + "`\"k\"*250`" + ` is a string 250 times. ` + "`FIN`" + `: that side ends its stream. ` + "`RST`" + `: the client
resets its connection. Several clients have letters. A line that begins with ` + "`-`" + ` is a remark.

**How servers get it wrong** is what was seen in 31 servers of students and hobbyists ("of 31 servers tried"), and what languages and libraries invite. The
same stands in ` + "`memlite conform --explain ID`" + `.
`)
	fmt.Fprintf(&b, "\n%s\n", overview())
	family := ""
	for _, r := range Rules() {
		if r.Family != family {
			family = r.Family
			fmt.Fprintf(&b, "\n## %s%s\n", strings.ToUpper(family[:1]), family[1:])
		}
		fmt.Fprintf(&b, "\n### %s %s\n\n%s\n\n%s\n", r.ID, escape(r.Title), strings.Join(facts(r), " · "), escape(r.Text))
		fmt.Fprintf(&b, "\n```text\n%s\n```\n\n**How servers get it wrong.** %s\n", r.Example, escape(r.Pitfall))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// overview counts the rules by family and level.
func overview() string {
	var b strings.Builder
	b.WriteString("| family | must | should | may |\n|---|---:|---:|---:|\n")
	count := map[string]map[Level]int{}
	var families []string
	for _, r := range Rules() {
		if count[r.Family] == nil {
			count[r.Family] = map[Level]int{}
			families = append(families, r.Family)
		}
		count[r.Family][r.Level]++
		if count["all"] == nil {
			count["all"] = map[Level]int{}
		}
		count["all"][r.Level]++
	}
	for _, f := range append(families, "all") {
		name := fmt.Sprintf("[%s](#%s)", f, f)
		if f == "all" {
			name = "all"
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", name, count[f][Must], count[f][Should], count[f][May])
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func levels() string {
	var sentences []string
	for _, l := range []Level{Must, Should, May} {
		sentences = append(sentences, l.String()+": "+l.Meaning()+".")
	}
	return strings.Join(sentences, " ")
}

func facts(r Rule) []string {
	list := []string{"**" + r.Level.String() + "**", "source: " + escape(r.Source), "dialects: " + strings.Join(r.Dialects, ", ")}
	for _, l := range r.OwnLabels() {
		list = append(list, "label: "+l)
	}
	if r.Alone {
		list = append(list, "alone")
	}
	if r.Restarts {
		list = append(list, "needs --start")
	}
	return list
}

// escape keeps Markdown from taking a text's signs for its own, and leaves those alone that it would not take: the
// document is read in editors too.
func escape(s string) string {
	const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
	at := func(i int) byte {
		if i < 0 || i >= len(s) {
			return ' '
		}
		return s[i]
	}
	var b strings.Builder
	for i := range len(s) {
		switch next := at(i + 1); {
		case s[i] == '*', s[i] == '`',
			s[i] == '\\' && strings.IndexByte(punctuation, next) >= 0,
			s[i] == '<' && (isWord(next) || strings.IndexByte("/!?", next) >= 0),
			s[i] == '_' && !(isWord(at(i-1)) && isWord(next)):
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// isWord reports whether c is a letter or a digit, or part of one beyond ASCII.
func isWord(c byte) bool {
	return c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
