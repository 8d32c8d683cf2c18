package conformance

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"memlite/reports"
)

const targets = `# one of each
- name: ours
  start: bin/server --port {port} --data {data}
  dir: ../ours
  env: {LOG: quiet, EMPTY: "", N: 5}
  profile: course
  timeout: 1m30s
- {name: 5001, addr: ":5001"}
- name: both
  addr: unix:///tmp/s
  start: >
    bin/server
    --socket /tmp/s
`

func TestReadTargets(t *testing.T) {
	got, err := ReadTargets("targets.yaml", []byte(targets), Config{})
	want := []Endpoint{
		{Name: "ours", Start: "bin/server --port {port} --data {data}", Dir: "../ours", Env: []string{"LOG=quiet", "EMPTY=", "N=5"}, Profile: "course", Timeout: 90 * time.Second},
		{Name: "5001", Addr: ":5001"},
		{Name: "both", Addr: "unix:///tmp/s", Start: "bin/server --socket /tmp/s"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v, want %+v", got, err, want)
	}
}

// A mistake is told in one line, with the file's name and the number of the line.
func TestWrongTargets(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "there are no targets",
		"# nothing\n":                "there are no targets",
		"[]":                         "line 1: 0 targets",
		"name: a\naddr: :1":          "line 1: want a list",
		"just a text":                "line 1: want a list",
		"\n- a text":                 "line 2: want a target",
		"- name: a\n  addr: [":       "line ",
		"- name: a\n\taddr: :1":      "line 2",
		"- name: a":                  "line 1: a: where is it?",
		"- addr: :1":                 "line 1: a target needs a name",
		"- name: ''\n  addr: :1":     "line 1: want a text for name",
		"- name: a\n  adr: :1":       `line 2: a target has no "adr": want name, addr, start,`,
		"- name: a\n  addr: {b: c}":  "line 2: want a text for addr",
		"- name: a\n  addr: nowhere": "line 1: a: address \"nowhere\"",
		"- name: a\n  addr: :1\n- name: a\n  addr: :2":          `line 3: a second target called "a"`,
		"- name: a\n  name: b\n  addr: :1":                      `line 2: "name" is there twice`,
		"- name: a\n  start: server":                            "line 1: a: start \"server\": the command says nowhere",
		"- name: a\n  addr: :1\n  dir: /":                       "line 1: a: dir and env are for start",
		"- name: a\n  start: x {port}\n  env: [A]":              "line 3: env: want names and values",
		"- name: a\n  start: x {port}\n  env: {1A: b}":          `line 3: env: "1A" is no name`,
		"- name: a\n  start: x {port}\n  env: {A: [b]}":         "line 3: want a text for A",
		"- name: a\n  addr: :1\n  profile: lenient":             `line 1: a: profile "lenient"`,
		"- name: a\n  addr: :1\n  timeout: 60":                  `line 3: timeout "60": want a duration such as 30s`,
		"- name: a\n  addr: :1\n  timeout: -1s":                 "line 3: timeout",
		"- name: a\n  addr: ~":                                  "line 2: want a text for addr",
		"- name: a\n  start: |\n    a {port}\n    b":            "line 2: want a text of one line for start",
		"- &a {name: a, addr: ':1'}\n- *a":                      "line 2: want a target",
		"- &a {name: a, addr: ':1'}\n- {<<: *a}":                `line 2: want a target`,
		"- {name: a, addr: ':1'}\n---\n- {name: b, addr: ':1'}": "line 2: a second document",
		strings.Repeat("#", 2<<20):                              "at most",
	} {
		_, err := ReadTargets("t.yaml", []byte(text), Config{})
		if want == "line 2: want a target" && strings.Contains(text, "<<") {
			want = `line 2: a target has no "<<"`
		}
		if err == nil || !strings.HasPrefix(err.Error(), "t.yaml: ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.80q: %v, want %q", text, err, want)
		}
	}
}

func FuzzReadTargets(f *testing.F) {
	f.Add(targets)
	f.Add("- &a [*a]")
	f.Add("- name: a\n  addr: :1\n...\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseTargets([]byte(text), Config{})
		if err != nil && (strings.Contains(err.Error(), "\n") || list != nil) {
			t.Errorf("%q: %q, %v", text, err, list)
		}
		if err == nil && len(list) == 0 {
			t.Errorf("%q: no targets and no error", text)
		}
		names := map[string]bool{}
		for _, e := range list {
			if names[e.Name] || e.check(Config{}) != nil {
				t.Errorf("%q has %+v", text, e)
			}
			names[e.Name] = true
		}
	})
}

// Those that cannot be asked are a part of the result, and so are those that were not reached.
func TestRunAllGoesOn(t *testing.T) {
	list := []Endpoint{
		{Name: "a", Addr: "127.0.0.1:1"},
		{Name: "b", Start: "exit 3; {port}"},
		{Name: "c", Start: "true {port}", Dir: "/no/such/folder"},
		{Name: "d", Addr: "127.0.0.1:1", Profile: "memcached"},
		{Name: "e", Addr: "127.0.0.1:1"},
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var asked []string
	report, err := RunAll(ctx, Config{LabelFilter: "SET-07", Version: "v1"}, list, func(i int, e Endpoint) {
		asked = append(asked, e.Name)
		if i == 3 {
			cancel()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(asked, "") != "abcd" || len(report.Suites) != len(list) {
		t.Fatalf("asked %q, %d suites", asked, len(report.Suites))
	}
	for i, want := range []string{"dial 127.0.0.1:1", "start", "start", "no rule is left to run", "not reached"} {
		s := report.Suites[i]
		if s.Title != list[i].Name || !strings.Contains(s.Failure, want) || s.CutShort != (i >= 3) || s.Schema != reports.SuiteSchema || s.Profile == "" || s.Environment.Version != "v1" {
			t.Errorf("%+v, want %q", s, want)
		}
	}
}

func TestRunAllOfNothing(t *testing.T) {
	list := []Endpoint{{Name: "a", Addr: "127.0.0.1:1"}, {Name: "b", Addr: "127.0.0.1:1"}}
	if _, err := RunAll(t.Context(), Config{LabelFilter: "SET-99"}, list, nil); err == nil || !strings.Contains(err.Error(), "no rule matches") {
		t.Errorf("%v", err)
	}
}
