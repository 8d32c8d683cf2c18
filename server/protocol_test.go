package server

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	ruleHeading = regexp.MustCompile(`^#### ([A-Z]{3})-([0-9]{2}) · (MUST|SHOULD|MAY) · [a-z0-9].*[^.]$`)
	sourceLine  = regexp.MustCompile(`^Source: (?:[RTAM]\b|decisions? [0-9]|it follows from )`)
	decision    = regexp.MustCompile(`(?m)^([0-9]+)\. \*\*`)
	mention     = regexp.MustCompile(`\b(?:SET|GET|END|FRM|RND|LIM|CON|DUR)-[0-9]+\b`)
)

// TestProtocolRules: every rule has its own well-formed ID, a level and a source, and none is missing within its family.
func TestProtocolRules(t *testing.T) {
	text, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	rules := map[string]bool{}
	inFamily := map[string]int{}
	for n, line := range lines {
		if !strings.HasPrefix(line, "####") {
			continue
		}
		m := ruleHeading.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("line %d is not the heading of a rule: %s", n+1, line)
			continue
		}
		id := m[1] + "-" + m[2]
		if rules[id] {
			t.Errorf("line %d: %s is there twice", n+1, id)
		}
		rules[id] = true
		inFamily[m[1]]++
		if !sourceLine.MatchString(lines[n+1]) {
			t.Errorf("line %d: %s has no source: %s", n+2, id, lines[n+1])
		}
	}
	// An ID is for ever: rules are added behind the last, and none leaves a gap. (That the suite has the same is its own test.)
	for family, want := range inFamily {
		for i := 1; i <= want; i++ {
			if id := family + "-" + string([]byte{'0' + byte(i/10), '0' + byte(i%10)}); !rules[id] {
				t.Errorf("%s is missing", id)
			}
		}
	}
	for _, id := range mention.FindAllString(string(text), -1) {
		if !rules[id] {
			t.Errorf("the text speaks of %s, which is no rule", id)
		}
	}
	if n := len(decision.FindAll(text, -1)); n != 12 {
		t.Errorf("%d decisions, want 12", n)
	}
}

// TestProtocolLinks: the links within the document lead somewhere.
func TestProtocolLinks(t *testing.T) {
	text, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	anchors := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllSubmatch(text, -1) {
		name := strings.ToLower(string(m[1]))
		name = regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(name, "")
		anchors[strings.ReplaceAll(name, " ", "-")] = true
	}
	links := regexp.MustCompile(`\]\(#([^)]*)\)`).FindAllSubmatch(text, -1)
	if len(links) == 0 {
		t.Error("no links found: the test looks for the wrong thing")
	}
	for _, m := range links {
		if !anchors[string(m[1])] {
			t.Errorf("no heading for the link #%s", m[1])
		}
	}
}
