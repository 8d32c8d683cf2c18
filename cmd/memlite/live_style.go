package main

import (
	"math"
	"os"
	"runtime"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// style is what the view draws with: colours, where they are not refused, and block characters, where the terminal has
// them.
type style struct {
	boldStyle, faintStyle, alarmStyle, graphStyle lipgloss.Style

	levels    []string // of a graph, from low to high
	full      string   // of the bar
	empty     string
	separator string
}

func newStyle(out *os.File) style {
	return makeStyle(terminal(out).Colour, utf8Terminal(os.Getenv, runtime.GOOS))
}

func makeStyle(colour, blocks bool) style {
	r := lipgloss.NewRenderer(nil)
	r.SetColorProfile(termenv.Ascii)
	if colour {
		r.SetColorProfile(termenv.ANSI) // the sixteen colours that are readable on whatever ground the terminal has
	}
	s := style{
		boldStyle:  r.NewStyle().Bold(true),
		faintStyle: r.NewStyle().Faint(true),
		alarmStyle: r.NewStyle().Bold(true).Foreground(lipgloss.ANSIColor(1)),
		graphStyle: r.NewStyle().Foreground(lipgloss.ANSIColor(6)),
		levels:     strings.Split(".:-=+*%@", ""), full: "#", empty: ".", separator: ", ",
	}
	if blocks {
		s.levels, s.full, s.empty, s.separator = strings.Split("▁▂▃▄▅▆▇█", ""), "█", "░", " · "
	}
	return s
}

// utf8Terminal says whether the locale's characters are UTF-8. Windows has no such variables, and its terminal is.
func utf8Terminal(env func(string) string, system string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(env(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return system == "windows"
}

func (s style) bold(text string) string  { return s.boldStyle.Render(text) }
func (s style) faint(text string) string { return s.faintStyle.Render(text) }
func (s style) alarm(text string) string { return s.alarmStyle.Render(text) }

// bar is a bar of so many characters, done from 0 to 1 of it full.
func (s style) bar(done float64, room int) string {
	n := int(math.Round(done * float64(room)))
	return s.graphStyle.Render(strings.Repeat(s.full, n)) + s.faint(strings.Repeat(s.empty, room-n))
}

// graph draws a figure of each second as a column, from 0 to highest; nothing for 0. A second with errors or drops is
// red, one that is not recorded faint.
func (s *style) graph(seconds []second, value func(second) float64, highest float64, room int) string {
	var b strings.Builder
	for len(seconds) > 0 {
		// Columns of one colour together: an escape sequence each would be most of what is written.
		paint, alike := s.colour(seconds[0]), 1
		for alike < len(seconds) && s.colour(seconds[alike]) == paint {
			alike++
		}
		columns := ""
		for _, v := range seconds[:alike] {
			columns += s.column(value(v), highest)
		}
		b.WriteString(paint.Render(columns))
		seconds, room = seconds[alike:], room-alike
	}
	return b.String() + strings.Repeat(" ", max(0, room))
}

func (s *style) colour(v second) *lipgloss.Style {
	switch {
	case v.errors+v.dropped > 0:
		return &s.alarmStyle
	case !v.recorded:
		return &s.faintStyle
	}
	return &s.graphStyle
}

// column is a value as a part of the highest.
func (s style) column(v, highest float64) string {
	if v <= 0 || highest <= 0 {
		return " "
	}
	n := len(s.levels)
	return s.levels[min(n-1, int(math.Ceil(v/highest*float64(n)))-1)]
}
