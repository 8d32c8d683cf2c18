package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// roff is a page as it grows.
type roff struct{ strings.Builder }

func (p *roff) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func (p *roff) section(name string) { p.printf(".SH %s\n", name) }

// text is running text, in lines of a length that an editor shows.
func (p *roff) text(s string) {
	for line := range strings.SplitSeq(wrap(escaped(s), 78, ""), "\n") {
		p.printf("%s\n", guarded(line))
	}
}

// item is a term, marked up already, with its meaning beside or below it.
func (p *roff) item(term, meaning string) {
	p.printf(".TP\n%s\n", term)
	p.text(meaning)
}

// literal is lines that stay as they are.
func (p *roff) literal(lines []string) {
	p.printf(".EX\n")
	for _, line := range lines {
		p.printf("%s\n", plainText(strings.TrimPrefix(line, "  ")))
	}
	p.printf(".EE\n")
}

// prose is a help text: paragraphs, between them lines that are indented. Those with a gap of two spaces are a list, a
// term and its meaning; deeper ones go on with the meaning; others are literal.
func (p *roff) prose(long string) {
	lines := strings.Split(strings.TrimSpace(long), "\n")
	for i := 0; i < len(lines); {
		from := i
		switch {
		case lines[i] == "":
			i++
		case !indented(lines[i]):
			for i < len(lines) && lines[i] != "" && !indented(lines[i]) {
				i++
			}
			if from > 0 {
				p.printf(".PP\n")
			}
			p.text(strings.Join(lines[from:i], " "))
		default:
			term, meaning, list := strings.Cut(strings.TrimPrefix(lines[i], "  "), "  ")
			for i++; i < len(lines) && indented(lines[i]) && (!list || strings.HasPrefix(lines[i], "    ")); i++ {
				meaning += " " + strings.TrimSpace(lines[i])
			}
			if list {
				p.item(bolded(term), meaning)
				continue
			}
			p.printf(".PP\n")
			p.literal(lines[from:i])
		}
	}
}

func indented(line string) bool { return strings.HasPrefix(line, "  ") }

// commands lists the commands below c, if any.
func (p *roff) commands(c *cobra.Command) {
	if !c.HasAvailableSubCommands() {
		return
	}
	p.section("COMMANDS")
	for _, sub := range c.Commands() {
		if hasPage(sub) {
			p.item(bolded(sub.Name()), sub.Short)
		}
	}
}

// options lists the flags in the order of --help, but for --help.
func (p *roff) options(c *cobra.Command) {
	names := pageFlags(c)
	if len(names) == 0 {
		return
	}
	p.section("OPTIONS")
	for _, name := range names {
		f := c.Flags().Lookup(name)
		value, usage := pflag.UnquoteUsage(f)
		if !slices.Contains(noDefaults, f.DefValue) {
			usage += " (default " + f.DefValue + ")"
		}
		p.item(strings.TrimSpace(bolded("--"+name)+" "+slanted(value)), usage)
	}
}

// pageFlags are the flags of a command without --help, which cobra adds when a command runs.
func pageFlags(c *cobra.Command) []string {
	return slices.DeleteFunc(flagNames(c), func(name string) bool { return name == "help" })
}

// noDefaults are values of flags that --help does not show either: they say that nothing is set.
var noDefaults = []string{"", "0", "false", "[]"}

// plainText is text as roff prints it, character by character, on a line of its own.
func plainText(text string) string { return guarded(escaped(text)) }

// guarded keeps a line from being taken for a request, which a point begins. (So does a quote, but that is escaped.)
func guarded(line string) string {
	if strings.HasPrefix(line, ".") {
		return `\&` + line
	}
	return line
}

// escaped writes out what roff would take for something else: a backslash begins an escape, and quotes, - ^ ~ would become
// their typographic kin, which no shell understands. What is not ASCII is named by its number, so that a page reads the
// same in every locale.
func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= 0x7f:
			fmt.Fprintf(&b, `\[u%04X]`, r)
		case named[r] != "":
			b.WriteString(named[r])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

var named = map[rune]string{'\\': `\e`, '-': `\-`, '\'': `\(aq`, '"': `\(dq`, '`': `\(ga`, '^': `\(ha`, '~': `\(ti`}

func bolded(text string) string  { return font("B", text) }
func slanted(text string) string { return font("I", text) }

func font(name, text string) string {
	if text == "" {
		return ""
	}
	return `\f` + name + plainText(text) + `\fR`
}
