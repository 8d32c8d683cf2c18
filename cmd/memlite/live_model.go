package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"memlite/loadgen"
	"memlite/reports"
)

const (
	viewLines  = 8    // that the view has where the terminal is high enough
	remembered = 1024 // seconds: more than any terminal is wide
)

// model is what the view shows. It belongs to the goroutine that draws.
type model struct {
	plan loadgen.Plan
	feed *feed
	now  func() time.Time
	style
	keys bool // there is a keyboard

	width, height int
	seconds       []second
	heard         time.Time // when the last of them came
	answered      int64     // in recorded seconds
	errors        int64
	kinds         map[string]int64
	dropped       int64

	stopped, interrupted, left bool
}

type (
	tick  struct{}
	leave struct{} // take the view away
)

func newModel(plan loadgen.Plan, f *feed, now func() time.Time, s style) *model {
	return &model{plan: plan, feed: f, now: now, style: s, kinds: map[string]int64{}}
}

func nextTick() tea.Cmd { return tea.Tick(drawEvery, func(time.Time) tea.Msg { return tick{} }) }

// Init implements tea.Model.
func (m *model) Init() tea.Cmd { return nextTick() }

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tick:
		for _, s := range m.feed.take() {
			m.add(s)
		}
		if notes := m.feed.takeNotes(); len(notes) > 0 {
			return m, tea.Batch(tea.Println(strings.Join(notes, "\n")), nextTick())
		}
		return m, nextTick()
	case leave:
		m.left = true
		return m, tea.Quit
	case tea.KeyMsg:
		switch msg.String() {
		case "q", "Q":
			m.stopped, m.left = true, true
			return m, tea.Quit
		case "ctrl+c":
			m.interrupted, m.left = true, true
			return m, tea.Quit
		case "ctrl+z":
			return m, func() tea.Msg { suspend(); return nil }
		}
	}
	return m, nil
}

func (m *model) add(s second) {
	if n := len(m.seconds); n > 0 && s.start < m.seconds[n-1].start+m.seconds[n-1].length {
		m.seconds = nil // the preload is over: the run has times of its own
	}
	if len(m.seconds) == remembered {
		m.seconds = slices.Delete(m.seconds, 0, remembered/4)
	}
	m.seconds = append(m.seconds, s)
	m.heard = m.now()
	if s.recorded {
		m.answered += s.answered
	}
	m.errors += s.errors
	m.dropped += s.dropped
	for kind, n := range s.kinds {
		m.kinds[kind] += n
	}
}

// line is a line of the view. Where the terminal is short, those of the highest rank go first.
type line struct {
	rank int
	text string
}

// View implements tea.Model. It is a blank when the view has been left: what stays on the screen is the summary.
func (m *model) View() string {
	if m.left {
		return ""
	}
	width, height := m.width, m.height
	if width <= 0 || height <= 0 {
		width, height = 80, 24 // a terminal that does not know its size
	}
	width-- // in the last column some terminals go to the next line
	lines := []line{{0, m.headline(width)}}
	lines = append(lines, m.graphs(width)...)
	lines = append(lines, line{3, m.accounts()}, line{6, m.faint(m.help(width))})
	for len(lines) > height {
		worst := 0
		for i := range lines {
			if lines[i].rank > lines[worst].rank {
				worst = i
			}
		}
		lines = slices.Delete(lines, worst, worst+1)
	}
	all := make([]string, len(lines))
	for i := range lines {
		all[i] = ansi.Truncate(lines[i].text, width, "")
	}
	return strings.Join(all, "\n")
}

// headline says which stage it is and how far the run has come: "run 12s of 1m0s ██████░░░░░░░░ 48s left".
func (m *model) headline(width int) string {
	if len(m.seconds) == 0 {
		return m.bold("connecting") + fmt.Sprintf(" %d clients to %s", m.plan.Clients, m.plan.Target)
	}
	last := m.seconds[len(m.seconds)-1]
	// Seconds come when they are over: the clock goes on from the last one, but not without end if the next is late.
	at := last.start + last.length + min(m.now().Sub(m.heard), 2*time.Second)
	stage := last.stage
	if stage == "warm-up" && m.plan.Warmup > 0 && len(m.plan.Stages) == 0 && at >= m.plan.Warmup {
		stage = "run"
	}
	head, done, left := fmt.Sprintf("%s %s", stage, clock(at)), -1.0, ""
	switch total := m.plan.Length(); {
	case stage == "preload":
		done = float64(m.total()) / float64(max(m.plan.Keys, 1))
	case m.plan.Requests > 0:
		done = float64(m.answered) / float64(m.plan.Requests)
		if rate := m.meanRate(); rate > 0 {
			left = clock(time.Duration(float64(max(0, m.plan.Requests-m.answered))/rate*1e9)) + " left"
		}
	case total > 0:
		at = min(at, total)
		head = fmt.Sprintf("%s %s of %s", stage, clock(at), clock(total))
		done, left = float64(at)/float64(total), clock(total-at)+" left"
		if at == total {
			left = "last replies"
		}
	}
	if done < 0 {
		return m.bold(head)
	}
	if room := width - lipgloss.Width(head) - lipgloss.Width(left) - 2; room >= 5 {
		return m.bold(head) + " " + m.bar(min(done, 1), room) + " " + left
	}
	return m.bold(head) + " " + left
}

// total is how many requests the seconds that are remembered had.
func (m *model) total() (n int64) {
	for _, s := range m.seconds {
		n += s.answered + s.errors
	}
	return n
}

// meanRate is that of the last seconds, steady enough to tell the time left by.
func (m *model) meanRate() float64 {
	var n int64
	var length time.Duration
	for _, s := range m.seconds[max(0, len(m.seconds)-10):] {
		if s.recorded {
			n, length = n+s.answered, length+s.length
		}
	}
	return second{answered: n, length: length}.rate()
}

// graphs are the four figures over time, under a line that says what the columns are.
func (m *model) graphs(width int) []line {
	const name, now, top = 6, 11, 11
	room, withTop := width-name-now-1, width >= 60
	if withTop {
		room -= top
	}
	room = max(room, 1)
	shown := m.seconds[max(0, len(m.seconds)-room):]
	var length time.Duration
	for _, s := range shown {
		length += s.length
	}
	head := fmt.Sprintf("%-*s%*s %-*s", name, "", now, "now", room, "last "+clock(length))
	if withTop {
		head += fmt.Sprintf("%*s", top, "highest")
	}
	lines := []line{{7, m.faint(head)}}
	for _, row := range []struct {
		rank  int
		name  string
		value func(second) float64 // 0 for none
		text  func(float64) string
	}{
		{1, "rate", second.rate, func(v float64) string { return fmt.Sprintf("%.0f/s", v) }},
		{4, "p50", latencyOf(func(p *reports.Percentiles) int64 { return p.P50 }), latencyText},
		{2, "p99", latencyOf(func(p *reports.Percentiles) int64 { return p.P99 }), latencyText},
		{5, "max", latencyOf(func(p *reports.Percentiles) int64 { return p.Max }), latencyText},
	} {
		highest, latest := 0.0, 0.0
		for _, s := range shown {
			latest = row.value(s)
			highest = max(highest, latest)
		}
		text := fmt.Sprintf("%-*s", name, row.name) + m.bold(fmt.Sprintf("%*s", now, row.text(latest))) + " " + m.graph(shown, row.value, highest, room)
		if withTop {
			text += m.faint(fmt.Sprintf("%*s", top, row.text(highest)))
		}
		lines = append(lines, line{row.rank, text})
	}
	return lines
}

func latencyOf(percentile func(*reports.Percentiles) int64) func(second) float64 {
	return func(s second) float64 {
		if s.latency == nil {
			return 0
		}
		return float64(percentile(s.latency))
	}
}

func latencyText(ns float64) string {
	if ns == 0 {
		return "n/a"
	}
	return milliseconds(int64(ns))
}

// accounts counts what went wrong, and the connections.
func (m *model) accounts() string {
	wrong := fmt.Sprintf("errors %d", m.errors)
	if m.errors > 0 {
		var kinds []string
		for kind, n := range m.kinds {
			kinds = append(kinds, fmt.Sprintf("%s %d", kind, n))
		}
		slices.Sort(kinds)
		wrong = m.alarm(wrong + " (" + strings.Join(kinds, ", ") + ")")
	}
	parts := []string{wrong}
	if m.plan.Rate > 0 || m.dropped > 0 {
		dropped := fmt.Sprintf("dropped %d", m.dropped)
		if m.dropped > 0 {
			dropped = m.alarm(dropped)
		}
		parts = append(parts, dropped)
	}
	if n := len(m.seconds); n > 0 && m.seconds[n-1].connections >= 0 {
		open := m.seconds[n-1].connections
		text := fmt.Sprintf("%d of %d connections", open, m.plan.Clients)
		if open < int64(m.plan.Clients) {
			text = m.alarm(text)
		}
		// First: where the line is too long, the kinds of errors are what goes.
		parts = slices.Insert(parts, 0, text)
	}
	if n := len(m.seconds); n > 0 && m.seconds[n-1].missing > 0 {
		parts = slices.Insert(parts, 0, m.alarm(m.seconds[n-1].lacks()))
	}
	return strings.Join(parts, m.separator)
}

func (m *model) help(width int) string {
	switch {
	case !m.keys:
		return "Ctrl-C stops and reports"
	case width < 60:
		return "q stop and report" + m.separator + "^C ^C quit"
	}
	return "q stop and report" + m.separator + "Ctrl-C the same, twice quits at once" + m.separator + "Ctrl-Z suspend"
}

// clock is a time to the second.
func clock(d time.Duration) string { return d.Round(time.Second).String() }
