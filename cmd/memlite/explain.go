package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"memlite/conformance"
)

// legend stands below what --explain prints: the terms that every rule uses, a paragraph each.
var legend = []string{
	`Sources: R is the report that the project is built from, T the test transcript in it, A the course assignment that the report answers, M memcached's text protocol; for decisions, and for the whole protocol, see server/PROTOCOL.md.`,
	`Examples: > is one send of a client, < what comes back (dialect lite, profile report); several clients have letters. "k"*250 is a string 250 times, FIN ends that side's stream, RST resets the connection, and - begins a remark.`,
	`"Of 31 servers tried": they were students' and hobbyists'.`,
}

// explainRules prints what is known of the rules that ids name, in their order: text, example, the usual mistake.
func explainRules(w io.Writer, ids []string) error {
	chosen, err := rulesNamed(ids)
	if err != nil {
		return err
	}
	width := min(widthOf(w), 100) // longer lines are hard to read
	for _, r := range chosen {
		explainRule(w, r, width)
	}
	for _, term := range legend {
		fmt.Fprintln(w, wrap(term, width, ""))
	}
	return nil
}

func explainRule(w io.Writer, r conformance.Rule, width int) {
	fmt.Fprintln(w, bold(w, wrap(r.ID+" "+r.Title, width, "")))
	for _, fact := range []struct{ name, text string }{
		{"level", r.Level.String() + ": " + r.Level.Meaning()},
		{"source", r.Source},
		{"dialects", strings.Join(r.Dialects, ", ")},
		{"labels", strings.Join(append([]string{r.Family}, r.OwnLabels()...), ", ")},
		{"runs", runs(r)},
	} {
		if fact.text != "" {
			fmt.Fprintf(w, "  %-8s  %s\n", fact.name, strings.TrimLeft(wrap(fact.text, width, strings.Repeat(" ", 12)), " "))
		}
	}
	for _, part := range []struct{ heading, text string }{
		{"", wrap(r.Text, width, "  ")},
		{"Example", "  " + strings.ReplaceAll(r.Example, "\n", "\n  ")},
		{"How servers usually get it wrong", wrap(r.Pitfall, width, "  ")},
		{"To run it alone", "  " + runAlone(r)},
	} {
		fmt.Fprintln(w)
		if part.heading != "" {
			fmt.Fprintln(w, bold(w, part.heading))
		}
		fmt.Fprintln(w, part.text)
	}
	fmt.Fprint(w, "\n\n")
}

// runs says in which company a rule runs, and whether the suite has to have started the server; "" if in any, and not.
func runs(r conformance.Rule) string {
	var how []string
	if r.Alone {
		how = append(how, "alone")
	}
	if r.Restarts {
		how = append(how, "--start")
	}
	return strings.Join(how, ",")
}

// runAlone is the command that asks an endpoint this rule only.
func runAlone(r conformance.Rule) string {
	command := "memlite conform ADDR --label-filter " + r.ID
	if r.Restarts {
		command = "memlite conform --start 'COMMAND with {port} and {data}' --label-filter " + r.ID
	}
	if r.Level > conformance.Should {
		command += " --level " + r.Level.String()
	}
	return command
}

// rulesNamed finds rules by their IDs, in any case; "all" is all of them.
func rulesNamed(ids []string) (chosen []conformance.Rule, err error) {
	table := conformance.Rules()
	for _, id := range ids {
		id = strings.TrimSpace(id)
		if strings.EqualFold(id, "all") {
			return table, nil
		}
		i := slices.IndexFunc(table, func(r conformance.Rule) bool { return strings.EqualFold(r.ID, id) })
		if i < 0 {
			return nil, usagef("there is no rule %q%s", id, nearRules(strings.ToUpper(id)))
		}
		chosen = append(chosen, table[i])
	}
	return chosen, nil
}

// nearRules asks whether one of the IDs nearest to id was meant, or says where to find them.
func nearRules(id string) string {
	var ids []string
	for _, r := range conformance.Rules() {
		ids = append(ids, r.ID)
	}
	near := nearestOf(id, ids)
	if len(near) == 0 {
		return "; memlite conform --list --level may lists them"
	}
	const most = 3
	return ", did you mean " + strings.Join(near[:min(len(near), most)], " or ") + "?"
}

// listRules prints those rules of the table that config selects, a line each.
func listRules(w io.Writer, config conformance.Config) error {
	chosen, err := conformance.Select(config)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tLEVEL\tFAMILY\tLABELS\tRUNS\tRULE")
	for _, r := range chosen {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Level, r.Family, strings.Join(r.OwnLabels(), ","), runs(r), r.Title)
	}
	return t.Flush()
}

// wrap breaks text at spaces into lines of at most width characters, each begun with indent. A word that is longer
// stays whole.
func wrap(text string, width int, indent string) string {
	var b strings.Builder
	column := 0
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case column == 0:
			b.WriteString(indent)
			column = len(indent)
		case column+1+n > width:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}
