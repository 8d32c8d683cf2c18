package reports

import (
	"slices"
	"strings"
	"testing"
)

func TestGrade(t *testing.T) {
	suite := func(rules ...string) *Suite {
		s := &Suite{}
		for _, r := range rules {
			level, status, _ := strings.Cut(r, " ")
			s.Rules = append(s.Rules, &Rule{Level: level, Status: Status(status)})
		}
		return s
	}
	cut, filtered := suite("must passed"), suite("must passed")
	cut.CutShort, filtered.Filter = true, "SET-01"
	for _, c := range []struct {
		suite *Suite
		tone  tone
		want  string
	}{
		{suite("must passed", "should passed", "may not run"), good, "keeps every must and should"},
		{suite("must passed", "should failed", "should passed", "may passed"), flawed, "keeps every must; fails 1 of 2 should"},
		{suite("must failed", "must passed", "should failed"), bad, "fails 1 of 2 must and 1 of 1 should"},
		{suite("must failed", "should inconclusive"), bad, "fails 1 of 1 must; undecided on 1 of 1 should"},
		{suite("must inconclusive", "should passed"), unsure, "undecided on 1 of 1 must"},
		{suite("must not run"), unsure, "not known: no rule was run"},
		{suite(), unsure, "not known: no rule was run"},
		{cut, unsure, "keeps every must; cut short"},
		{filtered, good, "keeps every must (of the rules that SET-01 matches)"},
		{&Suite{Failure: "refused"}, unsure, "could not be run: refused"},
	} {
		if v := grade(c.suite); v.Tone != c.tone || v.Text != c.want {
			t.Errorf("%s %q, want %s %q", v.Tone, v.Text, c.tone, c.want)
		}
	}
}

func TestScoresAreInTheJSON(t *testing.T) {
	s := fixtureSuite()
	s.Verdict, s.Score = "a lie", []LevelScore{{Level: "must", Passed: 99}}
	text := string(jsonOf(t, &Report{Suites: []*Suite{s}}))
	for _, want := range []string{`"verdict": "fails 2 of 7 must and 1 of 2 should; undecided on 1 of 2 should (of the rules that 1-client && !slow matches)"`,
		`"level": "should",` + "\n   \"asked\": 2"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, text[len(text)-1200:])
		}
	}
	if strings.Contains(text, "a lie") || strings.Contains(text, "99,") {
		t.Error("what was read is written, not what the rules say")
	}
}

func TestSuiteNames(t *testing.T) {
	later := fixtureTime.AddDate(0, 0, 1)
	for want, suites := range map[string][]*Suite{
		"x; y":                 {{Target: "x"}, {Target: "y"}},
		"mine, a; mine, b; x":  {{Title: "mine", Target: "a"}, {Title: "mine", Target: "b"}, {Target: "x"}},
		"x, report; x, course": {{Target: "x", Profile: "report"}, {Target: "x", Profile: "course"}},
		"x, 2026-03-14 14:09:26 UTC; x, 2026-03-15 14:09:26 UTC": {{Target: "x", Started: fixtureTime}, {Target: "x", Started: later}},
		"x (1); y; x (3)": {{Target: "x"}, {Target: "y"}, {Target: "x"}},
		"n/a":             {{}},
	} {
		if got := strings.Join(suiteNames(suites), "; "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestMatrixBringsRulesTogether(t *testing.T) {
	m := newMatrix(fixtureMatrix().Suites)
	var got []string
	for _, f := range m.Families {
		got = append(got, f.Name)
		for _, row := range f.Rows {
			line := row.Rule.ID
			for i, r := range row.Cells {
				line += " " + cellWords(m.Suites[i], r)
			}
			got = append(got, line)
		}
	}
	for _, want := range []string{"SET-04 failed passed no such rule not run", "CLS-01 no such rule no such rule passed not run", "GET-07 failed passed failed not run"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if worst := m.mostFailed(2); len(worst) != 2 || worst[0].Rule.ID != "GET-07" || worst[0].Score.Failed != 2 || worst[1].Rule.ID != "SET-04" {
		t.Errorf("the worst: %+v", worst)
	}
}

// TestMarkedByteOfASplitReply: the reply came in three pieces, and another client's bytes are not its.
func TestMarkedByteOfASplitReply(t *testing.T) {
	receive := func(client int, text string) Event {
		return Event{Client: client, Kind: "receive", Bytes: []byte(text), Length: len(text)}
	}
	r := &Rule{Client: 2, Want: `"VALUE k 3\r\nabc\r\nEND\r\n"`, Got: `"VALUE k 3\r\nabX\r\nEND\r\n"`, Transcript: []Event{
		receive(2, "STORED\r\n"), receive(2, "VALUE k "), receive(1, "VALUE k 3\r\nabX\r\nEND\r\n"), receive(2, "3\r\nab"), receive(2, "X\r\nEND\r\n"), receive(1, "END\r\n"),
	}}
	if event, at := r.diverging(); event != 4 || at != 0 {
		t.Errorf("event %d, byte %d", event, at)
	}
	r.Got = `"VALUE k 3\r\nab", then nothing for 2s`
	r.Transcript = r.Transcript[:4]
	if event, at := r.diverging(); event != 3 || at != 5 {
		t.Errorf("ended early: event %d, byte %d", event, at)
	}
	r.Got = `"lost"`
	if event, _ := r.diverging(); event != -1 {
		t.Errorf("what did not come is marked in event %d", event)
	}
}

func TestExcerptIsOfTheClientThatFailed(t *testing.T) {
	r := &Rule{Client: 3}
	add := func(client int, kind string) { r.Transcript = append(r.Transcript, Event{Client: client, Kind: kind}) }
	for i := range 40 {
		add(i, "open")
	}
	add(3, "send")
	for i := range 100 {
		add(5+i%7, "receive")
	}
	add(3, "receive")
	for i := range 40 {
		add(i, "close")
	}
	list := r.Excerpt(12)
	var own, events int
	for _, e := range list {
		if e.Kind != "note" {
			events++
		}
		if e.Client == 3 {
			own++
		}
		if e.Kind == "open" || e.Kind == "close" {
			t.Errorf("it shows %+v", e)
		}
	}
	if own != 2 || events != 12 || list[len(list)-1].Client != 3 {
		t.Errorf("%d of 2 events of the client in %d: %+v", own, events, list)
	}
	if list[1].Note != "90 events left out here" {
		t.Errorf("no word on what is left out: %+v", list)
	}
	r.Client = 0
	if list := r.Excerpt(5); list[len(list)-1].Kind != "receive" {
		t.Errorf("without a client: %+v", list)
	}
	if n := len(r.Excerpt(1000)); n != len(r.Transcript) {
		t.Errorf("%d of %d", n, len(r.Transcript))
	}
}

func TestTerminalIsAsWideAsItIs(t *testing.T) {
	for _, r := range []*Report{{Suites: []*Suite{fixtureSuite()}}, fixtureMatrix(), fixtureCourse(60, 12)} {
		for _, width := range []int{40, 60, 80, 132} {
			var b strings.Builder
			if err := (Terminal{Width: width}).Summary(&b, r); err != nil {
				t.Fatal(err)
			}
			if len(r.Suites) == 1 {
				Terminal{Width: width}.NotPassed(&b, r.Suites[0])
			}
			for line := range strings.Lines(b.String()) {
				if n := len([]rune(strings.TrimRight(line, "\n"))); n > width && !strings.HasPrefix(line, "  ! ") {
					t.Errorf("%d wide: %d: %s", width, n, line)
				}
			}
		}
	}
}
