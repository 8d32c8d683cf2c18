package reports

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"
)

func tenMinutes() *Run {
	r := fixtureRun(64, 300, time.Millisecond, 0.5, true)
	base := r.Intervals
	r.Intervals = nil
	for i := range 600 {
		v := *base[i%len(base)]
		v.Start = time.Duration(i) * time.Second
		v.Stage, v.Recorded = "run", i >= 10
		r.Intervals = append(r.Intervals, &v)
	}
	return r
}

// TestPageOfTenMinutes: its size does not grow with the run's length.
func TestPageOfTenMinutes(t *testing.T) {
	var b bytes.Buffer
	if err := HTML(&b, &Report{Runs: []*Run{tenMinutes()}}); err != nil {
		t.Fatal(err)
	}
	if n := b.Len(); n > 300_000 {
		t.Errorf("%d bytes", n)
	}
}

// TestPageFetchesNothing: no address, no script, no style from elsewhere is in it.
func TestPageFetchesNothing(t *testing.T) {
	var b bytes.Buffer
	r := load(t)
	r.Suites[0].Rules[2].Attachments = nil // TestAttachmentInChromium
	if err := HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{`(?i)<script`, `(?i)<link`, `(?i)<img`, `(?i)<iframe`, `(?i)\ssrc=`, `(?i)\son[a-z]+=`, `(?i)@import`, `(?i)url\(`, `href="[^#]`} {
		if found := regexp.MustCompile(pattern).FindString(b.String()); found != "" {
			t.Errorf("%q is in it", found)
		}
	}
}

func TestPageOfTwoSuites(t *testing.T) {
	a, b := fixtureSuite(), fixtureSuite()
	b.Target = "10.0.0.2:11211"
	var out bytes.Buffer
	if err := HTML(&out, &Report{Suites: []*Suite{a, b}}); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(out.String(), -1) {
		if seen[m[1]] {
			t.Errorf("id %s is there twice", m[1])
		}
		seen[m[1]] = true
	}
	for _, m := range regexp.MustCompile(` href="#([^"]*)"`).FindAllStringSubmatch(out.String(), -1) {
		if !seen[m[1]] {
			t.Errorf("a link leads to %s, which is not there", m[1])
		}
	}
	if !strings.Contains(out.String(), `<h3 id="protocol-2-h" class="implementation">10.0.0.2:11211 `) {
		t.Error("the second suite has no heading")
	}
}

// TestAttachmentsAreBounded: what a page can not hold, and what is neither a page nor text, is named only; nothing of it
// is markup of the page around it.
func TestAttachmentsAreBounded(t *testing.T) {
	big := bytes.Repeat([]byte("x"), mostAttached/2-100)
	list := []Attachment{{hostile, "text/html", []byte(`"></iframe><b id=out>` + hostile)}, {"empty", "text/html", nil}, {"core", "image/png", []byte{1}}}
	var a attachments
	got := a.add(append([]Attachment{{"big", "text/html", big}, {"big", "text/html", big}, list[1], list[2], {"big", "text/html", big}}, list[0]))
	if got[1].Frame == "" || got[4].Frame != "" || !strings.Contains(got[4].Note, "too large") || got[2].Note != "It is empty." || !strings.Contains(got[3].Note, "image/png") || got[5].Frame == "" {
		t.Error("not what fits, or not said what does not")
	}
	if len(a.hashes) != 2 {
		t.Errorf("%d scripts may run, want the one in the page and the one that opens it", len(a.hashes))
	}
	s := fixtureSuite()
	s.Rules[2].Attachments = list
	var out bytes.Buffer
	if err := HTML(&out, &Report{Suites: []*Suite{s}}); err != nil {
		t.Fatal(err)
	}
	for _, markup := range []string{"<script", "<b id"} {
		if strings.Contains(out.String(), markup) {
			t.Errorf("%s of an attachment is markup of the page", markup)
		}
	}
	if n := strings.Count(out.String(), "'sha256-") + strings.Count(out.String(), "&#39;sha256-"); n != 2 {
		t.Errorf("%d scripts may run, want the attachment's and the one that opens it", n)
	}
}

// Rules that nobody asked are told together, by why, and each still has its place.
func TestRulesNotRunAreTogether(t *testing.T) {
	s := fixtureSuite()
	for i, r := range s.Rules {
		r.Family = "set"
		if i > 2 {
			*r = Rule{ID: r.ID, Family: "set", Level: r.Level, Title: r.Title, Status: NotRun, Reason: "left out by the label filter"}
		}
	}
	s.Rules[9].Reason = "above the level <asked> for"
	var out bytes.Buffer
	if err := HTML(&out, &Report{Suites: []*Suite{s}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<summary>6 not run: left out by the label filter</summary>", "<summary>1 not run: above the level &lt;asked&gt; for</summary>", `id="GET-02"`, `id="FRM-01"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s", want)
		}
	}
	if n := strings.Count(out.String(), "left out by the label filter"); n != 1 {
		t.Errorf("the reason is told %d times", n)
	}
}

func TestHeadlineOfRule(t *testing.T) {
	for _, c := range []struct{ reason, want, head, more string }{
		{`after a get: want "A\r\n", got "B\r\n"`, `"A\r\n"`, "Wrong answer after a get", ""},
		{`after a get: want "A" or "B", got "C"; by hand: printf 'x; y'`, `"A" or "B"`, "Wrong answer after a get", "By hand: printf 'x; y'."},
		{`after ": want "A", got "`, `"A"`, `after ": want "A", got "`, ""},
		{`after a get: want "A", got "C" and more`, `"A"`, `after a get: want "A", got "C" and more`, ""},
		{`no reply within 1 s`, "", "no reply within 1 s", ""},
		{`a: want , got "x"`, "", `a: want , got "x"`, ""},
	} {
		head, more := (&Rule{Reason: c.reason, Want: c.want}).headline()
		if head != c.head || more != c.more {
			t.Errorf("%s: %q, %q; want %q, %q", c.reason, head, more, c.head, c.more)
		}
	}
}
