package reports

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func jsonOf(t testing.TB, r *Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := JSON(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestJSONIsLossless(t *testing.T) {
	all := fixture()
	for name, r := range map[string]*Report{
		"report": all,
		"run":    {Runs: all.Runs[2:]},
		"suite":  {Suites: all.Suites},
		"bare":   {Runs: []*Run{{Arrival: "closed"}}},
		"now":    {Runs: []*Run{{Arrival: "closed", Started: time.Now(), Environment: ThisEnvironment("1")}}},
	} {
		first := jsonOf(t, r)
		path := filepath.Join(t.TempDir(), "r.json")
		if err := os.WriteFile(path, first, 0o666); err != nil {
			t.Fatal(err)
		}
		read, err := Read(path)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if second := jsonOf(t, read); !bytes.Equal(first, second) {
			t.Errorf("%s: read and written again it is not the same", name)
		}
		for _, format := range []Format{HTML, JUnit, Markdown, Prometheus, Summary} {
			var a, b bytes.Buffer
			if err := format(&a, r); err != nil {
				t.Fatal(err)
			}
			if err := format(&b, read); err != nil {
				t.Fatal(err)
			}
			if a.String() != b.String() {
				t.Errorf("%s: a format writes something else after reading", name)
			}
		}
	}
}

func TestReadingDoesNotOpenHistograms(t *testing.T) {
	r := load(t)
	if r.Runs[0].Intervals[0].Operations[0].Response.counts != nil {
		t.Error("a histogram that was read is open: 170 KB each, 400 MB in a ten-minute run")
	}
}

func TestJSONNamesItsSchema(t *testing.T) {
	all := fixture()
	for want, r := range map[string]*Report{
		RunSchema:    {Runs: []*Run{{Arrival: "closed"}}}, // whoever made it need not set it
		SuiteSchema:  {Suites: all.Suites},
		ReportSchema: all,
	} {
		var head struct{ Schema string }
		if err := json.Unmarshal(jsonOf(t, r), &head); err != nil || head.Schema != want {
			t.Errorf("schema %q, want %q (%v)", head.Schema, want, err)
		}
	}
	if err := JSON(io.Discard, &Report{}); err == nil {
		t.Error("an empty report was written")
	}
}

func TestReadSaysWhatIsWrongAndWhere(t *testing.T) {
	run := string(jsonOf(t, &Report{Runs: fixture().Runs[:1]}))
	suite := string(jsonOf(t, &Report{Suites: fixture().Suites}))
	both := string(jsonOf(t, fixture()))
	edit := func(in, old, new string) string {
		if !strings.Contains(in, old) {
			t.Fatalf("%q is not in the fixture", old)
		}
		return strings.Replace(in, old, new, 1)
	}
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", "the file is empty"},
		{"blank", " \n\n", "the file is empty"},
		{"cut off", run[:len(run)/2], "cut off: the JSON ends in the middle, at line"},
		{"two", run + run, "not JSON at line"},
		{"not JSON", "<!doctype html>", "not JSON at line 1, column 1: invalid character '<'"},
		{"text inside", edit(run, `"clients": 1,`, `"clients": one,`), `not JSON at line`},
		{"binary", "\x00\x1b[31m", `not JSON at line 1, column 1`},
		{"list", "[]", "not a report of memlite: it is no JSON object"},
		{"null", "null", `not a report of memlite: it has no "schema"`},
		{"foreign", `{"testsuites": []}`, `not a report of memlite: it has no "schema"`},
		{"foreign schema", `{"schema": "https://example.com/\u001b[31mx/1"}`, `not a report of memlite: its schema is "https://example.com/`},
		{"newer", edit(run, "memlite.run/1", "memlite.run/2"), "its schema is memlite.run/2, this memlite reads memlite.run/1: read it with a newer memlite"},
		{"schema of another type", `{"schema": 1}`, "not a report of memlite: its schema is 1"},
		{"type", edit(run, `"clients": 1,`, `"clients": "1",`), `: clients holds the string "1", where a whole number is expected`},
		{"fraction", edit(run, `"clients": 1,`, `"clients": 1.5,`), "where a whole number is expected"},
		{"unknown field", edit(run, `"clients": 1,`, `"klients": 1,`), `: unknown field "klients" in the report: misspelt, or of a newer memlite`},
		{"arrival", edit(run, `"closed"`, `"open"`), `arrival is "open", where closed, constant, poisson, mixed or trace is expected`},
		{"negative", edit(run, `"clients": 1,`, `"clients": -1,`), "in the whole: clients is negative (-1)"},
		{"negative inside", edit(run, `"misses": 36,`, `"misses": -36,`), "in intervals["},
		{"huge", edit(run, `"preloaded": 1000`, `"preloaded": 9223372036854775807`), "in requests: preloaded is larger than can be"},
		{"overflow", edit(run, `"preloaded": 1000`, `"preloaded": 9223372036854775808`), "where a whole number is expected"},
		{"histogram", edit(run, `"hdr": "HISTFA`, `"hdr": "HISTFB`), "in intervals[0].operations[0].response: histogram: "},
		{"histogram of nothing", edit(run, `"hdr": "HISTFA`, `"hdr": "", "x": "`), `unknown field "x"`},
		{"no interval", edit(run, `"intervals": [`, `"intervals": [ null, `), "intervals[0] is null, where an object is expected"},
		{"no total", edit(run, `"totals": [`, `"totals": [ null, `), "totals[0] is null, where an object is expected"},
		{"percentiles", edit(run, `"p50_ns": `, `"p50_ns": 9`), "percentiles do not rise"},
		{"status", edit(suite, `"status": "passed"`, `"status": "skipped"`), `in rules[0]: status is "skipped"`},
		{"level", edit(suite, `"level": "must"`, `"level": "shall"`), `in rules[0]: level is "shall"`},
		{"no rule", edit(suite, `"rules": [`, `"rules": [ null, `), "rules[0] is null, where an object is expected"},
		{"no run", edit(both, `"runs": [`, `"runs": [ null, `), "runs[0] is null, where an object is expected"},
		{"run of another schema", edit(both, "memlite.run/1", "memlite.run/9"), `in runs[0]: schema is "memlite.run/9"`},
		{"nothing in it", `{"schema": "memlite.report/1", "runs": [], "suites": null}`, "there is no run and no suite in it"},
		{"time", edit(run, `"started": "`, `"started": "yesterday `), "yesterday"},
		{"deep", strings.Repeat("[", 100_000), "not JSON at line 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "r.json")
			if err := os.WriteFile(path, []byte(c.in), 0o666); err != nil {
				t.Fatal(err)
			}
			r, err := Read(path)
			if err == nil {
				t.Fatalf("no error, read %+v", r)
			}
			text := err.Error()
			if !strings.HasPrefix(text, path+": ") || !strings.Contains(text, c.want) {
				t.Errorf("error %q, want the path and %q", text, c.want)
			}
			if visible(text) != text || len(text) > 400 {
				t.Errorf("error is not one plain line: %q", text)
			}
		})
	}
}

func TestPositionIsAnEditors(t *testing.T) {
	for offset, want := range map[int64]string{1: "line 1, column 1", 2: "line 1, column 2", 4: "line 2, column 1", 99: "line 2, column 4"} {
		if got := position([]byte("ab\ncde"), offset); got != want {
			t.Errorf("byte %d is at %s, want %s", offset, got, want)
		}
	}
}

func TestReadOfNoFile(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "none.json"), t.TempDir()} {
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v", path, err)
		}
	}
}

// FuzzRead: whatever the file holds, it is refused in one line, or every format can write it, and JSON twice the same.
func FuzzRead(f *testing.F) {
	// Small seeds: the fuzzer gets through a thousand of them in the time of one long one.
	h := fill(time.Millisecond, 1, 3, 1)
	ops := []*Operation{{Name: "get", Count: 3, Response: h, Service: h, Percentiles: h.Percentiles()}}
	f.Add(jsonOf(f, &Report{Runs: []*Run{{Arrival: "poisson", Rate: 3, Intervals: []*Interval{{Length: time.Second, Recorded: true, Operations: ops}}, Totals: ops}}}))
	began := time.Duration(-5)
	f.Add(jsonOf(f, &Report{Runs: []*Run{{Arrival: "constant", Intervals: []*Interval{{Length: time.Second, Recorded: true, Missing: 0.5, Operations: ops}}, Totals: ops, Requests: Requests{Recorded: 3},
		Agents: []*Agent{{Name: "a", ID: "1", Share: 0.5, ClockOffset: -3, Started: &began, Totals: ops, Requests: Requests{Recorded: 3}}, {ID: "2", Share: 0.5, Loss: &Loss{5, "gone"}}}}}}))
	suite := fixtureSuite()
	suite.Rules = suite.Rules[2:4]
	f.Add(jsonOf(f, &Report{Suites: []*Suite{suite}}))
	f.Add(jsonOf(f, &Report{Runs: []*Run{{Arrival: "poisson", Intervals: []*Interval{{}}, Totals: []*Operation{{Count: 5}}}}}))
	f.Add(jsonOf(f, &Report{Suites: []*Suite{{Rules: []*Rule{{Status: Failed, Level: "may", Want: `"a" or "b"`, Got: `""`, Transcript: []Event{{Kind: "receive", Bytes: []byte("a")}}}}}}}))
	f.Add([]byte(`{"schema":"memlite.report/1","runs":[null]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parse(b)
		if err != nil {
			if text := visible(err.Error()); strings.Contains(text, "\n") {
				t.Fatalf("more than a line: %q", text)
			}
			return
		}
		first := jsonOf(t, r)
		again, err := parse(first)
		if err != nil {
			t.Fatalf("what was written is refused: %v", err)
		}
		if second := jsonOf(t, again); !bytes.Equal(first, second) {
			t.Fatalf("written twice, differently:\n%s\n%s", first, second)
		}
		for _, format := range []Format{HTML, JUnit, Markdown, Prometheus, Summary} {
			if err := format(io.Discard, r); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestReadBoundsTexts: what is longer than memlite writes is refused, with its place.
func TestReadBoundsTexts(t *testing.T) {
	for want, edit := range map[string]func(*Suite){
		"in the whole: failure has 65537 bytes, where at most 65536 are expected": func(s *Suite) { s.Failure = strings.Repeat("x", mostText+1) },
		"in the whole: observed has 1001 sentences":                               func(s *Suite) { s.Observed = make([]string, mostObserved+1) },
		"in the whole: observed[1] has 65537 bytes":                               func(s *Suite) { s.Observed = []string{"", strings.Repeat("x", mostText+1)} },
		"in rules[2]: example has 65537 bytes":                                    func(s *Suite) { s.Rules[2].Example = strings.Repeat("x", mostText+1) },
		"in rules[2]: pitfall has 65537 bytes":                                    func(s *Suite) { s.Rules[2].Pitfall = strings.Repeat("x", mostText+1) },
		"in rules[2]: there are 101 attachments, where at most 100 are expected":  func(s *Suite) { s.Rules[2].Attachments = make([]Attachment, mostAttachments+1) },
		`in rules[2].attachments[0]: media_type is "<b>", where one as text/html`: func(s *Suite) { s.Rules[2].Attachments = []Attachment{{MediaType: "<b>"}} },
		"in rules[2].attachments[0]: content has 8388609 bytes, where at most 8388608 a": func(s *Suite) {
			s.Rules[2].Attachments = []Attachment{{"h", "text/html", make([]byte, MaxAttachment+1)}}
		},
	} {
		s := fixtureSuite()
		edit(s)
		if _, err := parse(jsonOf(t, &Report{Suites: []*Suite{s}})); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// TestJSONIsPackageJSONs: intervals are written one by one, to the same byte.
func TestJSONIsPackageJSONs(t *testing.T) {
	runs := load(t).Runs
	none, null := *runs[0], *runs[0]
	none.Intervals, null.Intervals = []*Interval{}, nil
	none.Title = `"intervals": [] "intervals": null`
	for _, list := range [][]*Run{runs[:1], {&none}, {&null}, {&null, runs[0], &none, runs[0]}} {
		d := document{Schema: ReportSchema, Suites: []*Suite{}}
		for _, run := range list {
			c := *run
			c.Schema = RunSchema
			d.Runs = append(d.Runs, &c)
		}
		var v any = d
		if len(list) == 1 {
			v = d.Runs[0]
		}
		want, err := encodeJSON(v, "")
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := JSON(&got, &Report{Runs: list}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%d runs: %s", len(list), diff)
		}
	}
}
