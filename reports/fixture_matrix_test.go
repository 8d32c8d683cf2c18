package reports

import (
	"fmt"
	"strings"
	"time"
)

// history is an attached page with a script, as porcupine's is.
const history = "<!doctype html>\r\n<title>history</title><body><p id=out>not run</p><script>\nout.textContent = 'drawn ' + getComputedStyle(out).display; try { parent.document.title = 'reached'; } catch {}\nfetch('http://127.0.0.1:9/').catch(() => {})</script>"

// fixtureMatrix is four implementations: the one of fixtureSuite, one that keeps everything and has no title, one with
// another profile and fewer rules, and one that could not be run.
func fixtureMatrix() *Report {
	hostileOne := fixtureSuite()
	hostileOne.Title = "group 07 " + hostile
	hostileOne.Observed = []string{"It takes set k n.", "A miss is answered " + hostile + "."}
	fine := fixtureSuite()
	fine.Target, fine.Warnings, fine.Filter = "10.0.0.2:5001", nil, ""
	for _, r := range fine.Rules {
		if r.Status != NotRun {
			*r = Rule{ID: r.ID, Family: r.Family, Level: r.Level, Title: r.Title, Text: r.Text, Source: r.Source, Labels: r.Labels, Status: Passed, Elapsed: time.Millisecond}
			for i := range 20 {
				r.Transcript = append(r.Transcript, Event{At: time.Duration(i) * time.Millisecond, Client: 1, Kind: "send", Bytes: []byte("get k\r\n"), Length: 7})
			}
		}
	}
	other := fixtureSuite()
	other.Title, other.Profile, other.Rules, other.Warnings = "memcached", "memcached", other.Rules[3:6], nil
	other.Rules[0].Status = Passed
	other.Rules = append(other.Rules, &Rule{ID: "CLS-01", Family: "classic", Level: "must", Title: "flags come back", Status: Passed, Text: "Flags.", Source: "M"})
	dead := &Suite{Schema: SuiteSchema, Title: "dead", Target: "127.0.0.1:1", Profile: "report", Level: "should", Started: fixtureTime, Failure: "it did not listen within 10 s", Rules: []*Rule{}}
	return &Report{Suites: []*Suite{hostileOne, fine, other, dead}}
}

// fixtureCourse is many implementations with many rules and transcripts as long as they get.
func fixtureCourse(implementations, rules int) *Report {
	r := &Report{}
	for i := range implementations {
		s := &Suite{Title: fmt.Sprintf("group %02d", i+1), Target: fmt.Sprintf("127.0.0.1:%d", 20000+i), Profile: "report", Level: "may", Started: fixtureTime}
		for j := range rules {
			rule := &Rule{ID: fmt.Sprintf("%c%c%c-%02d", 'A'+j/10, 'A'+j/10, 'A'+j/10, j%10+1), Family: fmt.Sprintf("family %d", j/10), Level: levels[j%3],
				Title: strings.Repeat("what the rule says ", 4), Text: strings.Repeat("What the rule says, in full. ", 8), Source: "R", Status: Passed}
			events := 25
			if (i*7+j*3)%10 < 3 {
				events, rule.Status, rule.Want, rule.Got, rule.Reason = 160, Failed, `"STORED\r\n"`, `"ERROR\r\n"`, "after "+strings.Repeat("something long ", 10)
			}
			for k := range events {
				rule.Transcript = append(rule.Transcript, Event{At: time.Duration(k) * time.Millisecond, Client: k % 3, Kind: "receive", Bytes: []byte(strings.Repeat("value \x00", 40)), Length: 280})
			}
			s.Rules = append(s.Rules, rule)
		}
		r.Suites = append(r.Suites, s)
	}
	return r
}
