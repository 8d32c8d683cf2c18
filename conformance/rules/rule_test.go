package rules

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var exampleLine = regexp.MustCompile(`^(- .+|[A-Z]?[<>] (FIN|RST|".*"(\*\d+)?))$`)

func TestTable(t *testing.T) {
	families := map[string]string{"SET": "set", "GET": "get", "END": "end", "FRM": "framing", "RND": "random", "LIM": "limits", "CON": "concurrency", "DUR": "durability"}
	seen := map[string]bool{}
	last := ""
	for _, r := range All() {
		if !regexp.MustCompile(`^[A-Z]{3}-\d\d$`).MatchString(r.ID) || seen[r.ID] {
			t.Errorf("ID %q", r.ID)
		}
		seen[r.ID] = true
		if families[r.ID[:3]] != r.Family || r.Family == last[:min(len(last), 3)] {
			t.Errorf("%s is in family %s", r.ID, r.Family)
		}
		if r.Title == "" || strings.HasSuffix(r.Title, ".") || len(r.Title) > 100 {
			t.Errorf("%s: title %q", r.ID, r.Title)
		}
		if len(r.Text) < 60 || !strings.HasSuffix(r.Text, ".") && !strings.HasSuffix(r.Text, ")") || strings.Contains(r.Text, "\n") {
			t.Errorf("%s: text %q", r.ID, r.Text)
		}
		if len(r.Pitfall) < 60 || len(r.Pitfall) > 600 || !strings.HasSuffix(r.Pitfall, ".") && !strings.HasSuffix(r.Pitfall, ")") {
			t.Errorf("%s: pitfall of %d bytes: %q", r.ID, len(r.Pitfall), r.Pitfall)
		}
		if r.Example == "" {
			t.Errorf("%s has no example", r.ID)
		}
		for line := range strings.SplitSeq(r.Example, "\n") {
			if len(line) > 100 || !exampleLine.MatchString(line) {
				t.Errorf("%s: a line of its example is %q", r.ID, line)
			}
		}
		if r.Source == "" || r.Check == nil || r.Level < Must || r.Level > May {
			t.Errorf("%s: source %q, level %v", r.ID, r.Source, r.Level)
		}
		// What the report alone says binds; what only a careful server does, neither report nor assignment asks for.
		if r.Source == "R" && r.Level != Must || regexp.MustCompile(`^[RA]\b`).MatchString(r.Source) && r.Level == May {
			t.Errorf("%s is a %v, and its source is %q", r.ID, r.Level, r.Source)
		}
		if !r.In(Lite) {
			t.Errorf("%s is not a rule of lite", r.ID)
		}
		for _, l := range []string{r.ID, r.Family, r.Level.String()} {
			if !slices.Contains(r.Labels, l) {
				t.Errorf("%s: labels %q without %s", r.ID, r.Labels, l)
			}
		}
	}
	if len(seen) < 45 {
		t.Errorf("%d rules", len(seen))
	}
	for label, want := range map[string]string{oneClient: "SET-01 SET-04 SET-05 SET-09 GET-03", nClient: "CON-01 CON-02 CON-03"} {
		var got []string
		for _, r := range All() {
			if slices.Contains(r.Labels, label) {
				got = append(got, r.ID)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %s", label, got)
		}
	}
	for id := range memcachedDeviations() {
		if !seen[id] {
			t.Errorf("a deviation names %s, which is no rule", id)
		}
	}
}

func TestParseLevel(t *testing.T) {
	for _, l := range []Level{Must, Should, May} {
		if got, err := ParseLevel(l.String()); got != l || err != nil {
			t.Errorf("%v: %v %v", l, got, err)
		}
	}
	for _, bad := range []string{"", "most", "level"} {
		if got, err := ParseLevel(bad); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}

func TestProfiles(t *testing.T) {
	for _, c := range []struct {
		profile string
		line    string
		means   []Outcome
	}{
		{"report", "STORED\r\n", []Outcome{Stored}},
		{"report", "STORED\n", nil},
		{"report", "STORED \r\n", nil},
		{"report", "stored\r\n", nil},
		{"report", "ERROR\r\n", []Outcome{Mismatch, BadCommand, BadKey, TooLarge, Busy}},
		{"report", "ERROR 1\r\n", []Outcome{Busy}},
		{"report", "NOT_STORED\r\n", nil},
		{"report", "NOT-FOUND\r\n", []Outcome{Missing}},
		{"report", "END\r\n", nil},
		{"transcript", "NOT_STORED\r\n", []Outcome{Mismatch}},
		{"transcript", "ERROR\r\n", []Outcome{BadCommand, BadKey, TooLarge, Busy}},
		{"course", "NOT-STORED\r\n", []Outcome{Mismatch, BadCommand, BadKey, TooLarge}},
		{"course", "END\r\n", []Outcome{Missing}},
		{"course", "NOT-FOUND\r\n", []Outcome{Missing}},
		{"memcached", "END\r\n", []Outcome{Missing}},
		{"memcached", "NOT-FOUND\r\n", nil},
		{"memcached", "CLIENT_ERROR bad data chunk\r\n", []Outcome{Mismatch, BadCommand, BadKey, TooLarge}},
		{"memcached", "SERVER_ERROR object too large for cache\r\n", []Outcome{Mismatch, BadCommand, BadKey, TooLarge, Busy}},
		{"memcached", "", nil},
		{"memcached", "\r\n", nil},
	} {
		p, err := ProfileByName(c.profile)
		if err != nil {
			t.Fatal(err)
		}
		for o := Stored; o <= Busy; o++ {
			if got := p.means(c.line, o); got != slices.Contains(c.means, o) {
				t.Errorf("%s: %q means %s: %v", c.profile, c.line, o, got)
			}
		}
	}
	for _, p := range Profiles() {
		for o := Stored; o <= Busy; o++ {
			if len(p.Replies[o]) == 0 || p.want(o) == "" {
				t.Errorf("%s has no reply for %s", p.Name, o)
			}
		}
		if p.Summary == "" || p.Leave == "" || p.MaxValue == 0 || p.Clients == 0 {
			t.Errorf("%s: %+v", p.Name, p)
		}
	}
	if _, err := ProfileByName("lenient"); err == nil || !strings.Contains(err.Error(), "report, transcript, course, memcached") {
		t.Errorf("%v", err)
	}
}
