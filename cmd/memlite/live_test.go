package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/google/go-cmp/cmp"

	"memlite/loadgen"
	"memlite/reports"
)

// aModel is the model of an open loop, with a clock that stands still.
func aModel(s style, seconds ...second) *model {
	now := time.Unix(1e9, 0)
	m := newModel(loadgen.Plan{Target: ":5001", Clients: 50, Rate: 2000, Warmup: 2 * time.Second, Duration: 18 * time.Second},
		&feed{}, func() time.Time { return now }, s)
	m.keys = true
	for _, v := range seconds {
		m.feed.put(v)
	}
	m.Update(tick{})
	return m
}

// seconds are some of a run: two to warm up, one without any answer, one with errors.
func someSeconds() (all []second) {
	for i := range 8 {
		v := second{stage: "run", recorded: true, start: time.Duration(i) * time.Second, length: time.Second, answered: 2000 - 10*int64(i), connections: 50}
		v.latency = &reports.Percentiles{P50: 90_000 + int64(i)*10_000, P99: 400_000 * int64(i+1), Max: 1_300_000_000 / int64(i+1)}
		switch i {
		case 0, 1:
			v.stage, v.recorded = "warm-up", false
		case 4:
			v.answered, v.latency, v.dropped = 0, nil, 12
		case 6:
			v.answered, v.errors, v.kinds, v.connections = 1500, 7, map[string]int64{"timeout": 3, "refused": 4}, 49
		}
		all = append(all, v)
	}
	return all
}

func TestView(t *testing.T) {
	for _, c := range []struct {
		name          string
		blocks        bool
		width, height int
		want          string
	}{
		{"wide", true, 81, 24, `
run 8s of 20s ███████████████████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 12s left
              now last 8s                                                highest
rate       1930/s ████ █▆█                                                2000/s
p50        0.16ms ▅▅▆▆ ▇██                                                0.16ms
p99         3.2ms ▁▂▃▄ ▆▇█                                                 3.2ms
max         162ms █▄▃▂ ▂▂▁                                                1300ms
50 of 50 connections · errors 7 (refused 4, timeout 3) · dropped 12
q stop and report · Ctrl-C the same, twice quits at once · Ctrl-Z suspend`},
		{"narrow, without block characters", false, 40, 24, `
run 8s of 20s ######.......... 12s left
              now last 8s
rate       1930/s @@@@ @*@
p50        0.16ms ++** %@@
p99         3.2ms .:-= *%@
max         162ms @=-: ::.
50 of 50 connections, errors 7 (refused
q stop and report, ^C ^C quit`},
		{"short", true, 81, 4, `
run 8s of 20s ███████████████████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 12s left
rate       1930/s ████ █▆█                                                2000/s
p99         3.2ms ▁▂▃▄ ▆▇█                                                 3.2ms
50 of 50 connections · errors 7 (refused 4, timeout 3) · dropped 12`},
		{"a line", true, 41, 1, "\nrun 8s of 20s ███████░░░░░░░░░░ 12s left"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := aModel(makeStyle(false, c.blocks), someSeconds()...)
			m.Update(tea.WindowSizeMsg{Width: c.width, Height: c.height})
			if diff := cmp.Diff(strings.TrimPrefix(c.want, "\n"), trimmed(m.View())); diff != "" {
				t.Errorf("(-want +got)\n%s\n%s", diff, m.View())
			}
		})
	}
}

// What the figures lack comes before them.
func TestViewWithoutALostAgent(t *testing.T) {
	all := someSeconds()
	all[len(all)-1].missing = 0.25
	m := aModel(makeStyle(false, true), all...)
	m.Update(tea.WindowSizeMsg{Width: 100, Height: 24})
	if got := m.View(); !strings.Contains(got, "\n25 % of the load missing · 50 of 50 connections · errors 7") {
		t.Error(got)
	}
}

// trimmed is text without the blanks that end lines.
func trimmed(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// Whatever the terminal's size, the view stays within it: one line too many, or one that wraps, and the next frame is drawn
// over something else.
func TestViewFits(t *testing.T) {
	for _, blocks := range []bool{true, false} {
		for _, all := range [][]second{nil, someSeconds()[:1], someSeconds()} {
			m := aModel(makeStyle(true, blocks), all...)
			for width := 2; width < 110; width += 3 {
				for height := 1; height <= viewLines+1; height++ {
					m.Update(tea.WindowSizeMsg{Width: width, Height: height})
					lines := strings.Split(m.View(), "\n")
					if len(lines) > min(height, viewLines) {
						t.Fatalf("%d x %d: %d lines", width, height, len(lines))
					}
					for _, line := range lines {
						if w := lipgloss.Width(line); w >= width {
							t.Fatalf("%d x %d: %d wide: %q", width, height, w, line)
						}
						if !blocks && strings.ContainsFunc(line, func(c rune) bool { return c > 0x7e }) {
							t.Fatalf("%q has characters that the locale has not", line)
						}
					}
				}
			}
		}
	}
}

// Errors and drops are red, in the accounts and over time, and only they.
func TestViewIsRedForErrors(t *testing.T) {
	const red, plain = "\x1b[1;31m", "\x1b[0m"
	all := someSeconds()
	calm := aModel(makeStyle(true, true), all[0], all[1], all[2])
	if strings.Contains(calm.View(), "31m") {
		t.Errorf("red without an error: %q", calm.View())
	}
	view := aModel(makeStyle(true, true), all...).View()
	for _, want := range []string{red + " " + plain, red + "▆" + plain, red + "errors 7 (refused 4, timeout 3)" + plain, red + "dropped 12" + plain} {
		if !strings.Contains(view, want) {
			t.Errorf("no %q in %q", want, view)
		}
	}
	if strings.Contains(aModel(makeStyle(false, true), all...).View(), "\x1b") {
		t.Error("coloured where colours are refused")
	}
	if few := aModel(makeStyle(true, true), all[:7]...).View(); !strings.Contains(few, red+"49 of 50 connections"+plain) {
		t.Errorf("a lost connection is not red: %q", few)
	}
}

// The bar and the clock go on between two seconds, but not past the end, and not without a sign of the run.
func TestHeadline(t *testing.T) {
	m := aModel(makeStyle(false, false))
	if got := m.headline(60); got != "connecting 50 clients to :5001" {
		t.Errorf("at first: %q", got)
	}
	begun := m.now()
	after := func(d time.Duration) { m.now = func() time.Time { return begun.Add(d) } }
	m.add(second{stage: "preload", length: time.Second, answered: 50_000})
	m.plan.Keys = 100_000
	if got := m.headline(26); got != "preload 1s #######....... " {
		t.Errorf("preload: %q", got)
	}
	m.add(second{stage: "warm-up", length: time.Second, answered: 100})
	if len(m.seconds) != 1 {
		t.Error("the run's graphs begin with the preload")
	}
	for _, c := range []struct {
		after time.Duration
		want  string
	}{
		{0, "warm-up 1s of 20s 19s left"}, {1100 * time.Millisecond, "run 2s of 20s 18s left"}, {time.Minute, "run 3s of 20s 17s left"},
	} {
		if after(c.after); m.headline(26) != c.want {
			t.Errorf("%s later: %q, want %q", c.after, m.headline(26), c.want)
		}
	}
	m.add(second{stage: "run", recorded: true, start: 19 * time.Second, length: time.Second, answered: 100})
	if after(2 * time.Minute); m.headline(20) != "run 20s of 20s last replies" {
		t.Errorf("at the end: %q", m.headline(20))
	}
	m.plan.Duration, m.plan.Requests = 0, 1000
	if got := m.headline(40); got != "run 22s ##...................... 9s left" {
		t.Errorf("so many requests: %q", got)
	}
}

func TestViewKeys(t *testing.T) {
	press := func(k tea.KeyMsg) (*model, tea.Cmd) {
		m := aModel(makeStyle(false, false), someSeconds()...)
		_, cmd := m.Update(k)
		return m, cmd
	}
	if m, cmd := press(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("q")}); !m.stopped || m.interrupted || m.View() != "" || cmd == nil {
		t.Error("q does not stop")
	}
	if m, cmd := press(tea.KeyMsg{Type: tea.KeyCtrlC}); m.stopped || !m.interrupted || m.View() != "" || cmd == nil {
		t.Error("Ctrl-C does not interrupt")
	}
	if m, cmd := press(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("x")}); m.stopped || m.interrupted || m.View() == "" || cmd != nil {
		t.Error("any key does something")
	}
}

// A long run does not grow the view.
func TestViewForgets(t *testing.T) {
	m := aModel(makeStyle(false, true))
	for i := range 3 * remembered {
		m.add(second{stage: "run", recorded: true, start: time.Duration(i) * time.Second, length: time.Second, answered: 1})
	}
	if len(m.seconds) > remembered || m.answered != 3*remembered {
		t.Errorf("%d seconds, %d answers", len(m.seconds), m.answered)
	}
}

func TestUTF8Terminal(t *testing.T) {
	for _, c := range []struct {
		all, ctype, lang, system string
		want                     bool
	}{
		{"", "", "en_US.UTF-8", "linux", true}, {"C", "", "en_US.UTF-8", "linux", false}, {"", "de_DE.utf8", "C", "linux", true},
		{"", "", "", "linux", false}, {"", "", "", "windows", true}, {"", "", "de_DE.ISO-8859-1", "darwin", false},
	} {
		env := func(name string) string {
			return map[string]string{"LC_ALL": c.all, "LC_CTYPE": c.ctype, "LANG": c.lang}[name]
		}
		if got := utf8Terminal(env, c.system); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
}

// What is shown of an interval is the sum of its operations.
func TestDigest(t *testing.T) {
	operation := func(ms int, errors int64) *reports.Operation {
		o := &reports.Operation{Count: 10, Errors: errors, Outcomes: map[string]int64{"closed": errors}, Response: reports.NewHistogram()}
		for range 10 {
			o.Response.Record(time.Duration(ms) * time.Millisecond)
		}
		return o
	}
	i := &reports.Interval{Stage: "run", Recorded: true, Start: time.Second, Length: 500 * time.Millisecond, Dropped: 3,
		Operations: []*reports.Operation{operation(1, 1), operation(3, 2)}}
	s := digest(i)
	if s.rate() != 40 || s.errors != 3 || s.kinds["closed"] != 3 || s.dropped != 3 || s.connections != -1 ||
		s.latency.P50/1e5 != 10 || s.latency.Max/1e5 != 30 {
		t.Errorf("%+v %+v", s, s.latency)
	}
	i.Live = &reports.Live{Connections: 4}
	if s := digest(i); s.connections != 4 {
		t.Errorf("%d connections", s.connections)
	}
	if s := digest(&reports.Interval{}); s.latency != nil || s.rate() != 0 {
		t.Errorf("of nothing: %+v", s)
	}
	i.Missing = 1. / 3
	if l := (&liveRun{plan: loadgen.Plan{Duration: time.Second}}); l.line(digest(i)) != "run 1s of 1s: 40/s, p50 1ms, p99 3ms, 0 errors, 3 dropped, 33.3 % of the load missing" {
		t.Errorf("%q", l.line(digest(i)))
	}
	if l := (&liveRun{plan: loadgen.Plan{Duration: time.Second}}); l.line(s) != "run 1s of 1s: 40/s, p50 1ms, p99 3ms, 0 errors, 3 dropped" {
		t.Errorf("%q", l.line(s))
	}
}

func TestMilliseconds(t *testing.T) {
	for ns, want := range map[int64]string{40_900: "0.0409ms", 5_120_000: "5.12ms", 999_400_000: "999ms", 999_600_000: "1000ms", 1_234_567_890: "1235ms", 60_000_000_000: "60000ms"} {
		if got := milliseconds(ns); got != want {
			t.Errorf("%d: %s, want %s", ns, got, want)
		}
	}
}

// A line that is to stay is printed by the view as long as there is one, and not lost at its end.
func TestViewTakesNotes(t *testing.T) {
	m := aModel(style{})
	v := &view{feed: m.feed}
	if !v.note("one") || !v.note("two") {
		t.Error("a note is not taken")
	}
	_, cmd := m.Update(tick{})
	printed := false
	for _, do := range cmd().(tea.BatchMsg) {
		printed = printed || strings.Contains(fmt.Sprintf("%+v", do()), "one\ntwo")
	}
	if !printed {
		t.Error("the notes are not printed")
	}
	if !v.note("three") {
		t.Error("a note is not taken")
	}
	if left := m.feed.end(); len(left) != 1 || left[0] != "three" || v.note("four") || (*view)(nil).note("five") {
		t.Errorf("left: %q", left)
	}
}
