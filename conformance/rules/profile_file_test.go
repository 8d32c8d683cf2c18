package rules

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// What is written is read back as the same profile, built in or not.
func TestProfileFile(t *testing.T) {
	odd := Profiles()[0]
	odd.Name, odd.Base, odd.Summary = "odd: \"x\"", "report", "# not a remark"
	odd.Set, odd.Leave, odd.LineEnd, odd.BlockEnd, odd.Writes = "set {key} {size} {value}", "", " \r\n", "", TwoWrites
	odd.Characters, odd.Words, odd.Greeting = true, true, []string{"- Welcome…", ""}
	odd.Replies[Stored] = []string{"STORED\nEND"}
	odd.Replies[Missing] = []string{"null", "", "~", "no, \x01\u2028 key: 日本"}
	odd.Replies[Mismatch] = nil
	odd.Values, odd.ValueEnd, odd.ReplyEnd, odd.TrailingSpace = nil, []string{}, "", true
	odd.Mismatch, odd.OneAtATime, odd.OneRequest = Wait, true, true
	odd.MaxKey, odd.MaxValue, odd.TooLarge, odd.Clients, odd.Tolerance, odd.Patience = 100, 1000, 2000, 9, 8, 3e9
	odd.Known = map[string]string{"SET-01": "never does: that"}
	for _, p := range append(Profiles(), odd) {
		var b bytes.Buffer
		if err := WriteProfile(&b, p, []string{"found\nout"}); err != nil {
			t.Fatal(err)
		}
		got, err := ParseProfile(b.Bytes(), "other name")
		if err != nil {
			t.Fatalf("%s: %v\n%s", p.Name, err, b.String())
		}
		if p.Base == "" {
			p.Base = p.Name
		}
		for _, list := range []*Profile{&p, &got} { // nothing is nothing, nil or not
			for _, field := range []*[]string{&list.Greeting, &list.Values, &list.ValueEnd, &list.Replies[Mismatch]} {
				*field = slices.Clip(append([]string{}, *field...))
			}
			if list.Known == nil {
				list.Known = map[string]string{}
			}
		}
		if !reflect.DeepEqual(got, p) {
			t.Errorf("%s:\nwrote %+v\nread  %+v\n%s", p.Name, p, got, b.String())
		}
	}
}

func TestProfileProblems(t *testing.T) {
	for text, want := range map[string][]string{
		"":                               {"empty file"},
		"base: report\n---\nbase: x":     {"one profile"},
		"[a]":                            {"line 1: a profile is not a list of fields"},
		"a: b: c":                        {"not YAML: "},
		"\tx":                            {"not YAML: "},
		"base: curse":                    {`line 1: base: there is no profile "curse", did you mean course?`},
		"base: [report]":                 {"line 1: base is not one text"},
		"name:":                          {`line 1: name has no value (for an empty text write "")`},
		"name: a\nname: b":               {"line 2: name is given twice"},
		"requets:\n  set: x":             {`line 1: there is no field "requets" here, did you mean requests?`},
		"requests: x":                    {"line 1: requests is not a list of fields"},
		"requests:\n  leaf: x\n  set: y": {`line 2: there is no field "leaf" here, did you mean leave?`},
		"replies:\n  mising: END":        {`line 2: there is no field "mising" here, did you mean missing?`},
		"stored: OK":                     {`line 1: there is no field "stored" here`},
		"requests:\n  writes: three":     {`line 2: requests.writes: "three" is not one of any, one, two`},
		"limits:\n  key: 7\n  value: 1MiB": {`line 2: limits.key: "7" is not a whole number from 100 to 4000`,
			`line 3: limits.value: "1MiB" is not a whole number`},
		"limits:\n  patience: -1s":                       {`limits.patience: "-1s" is not a duration from 0s to 1m`},
		"limits:\n  value: 5000\n  too_large: 5000":      {"limits.too_large: 5000 must be more than limits.value"},
		"limits:\n  clients: 5\n  tolerance: 5":          {"limits.tolerance: 5 must be less"},
		"replies:\n  missing: STORED":                    {`replies.missing: "STORED" also means stored`},
		"replies:\n  stored: …\n":                        {"would count anything"},
		"replies:\n  stored: []\n":                       {"cannot be tested"},
		"replies:\n  stored: \"\"\n":                     {"does not say that anything was stored"},
		"replies:\n  stored: [STORED, \"STORED\\nEND\"]": {"cannot be told"},
		"replies:\n  missing: \"END\\r\\n\"":             {"lines are given without their ends"},
		"replies:\n  value: \"{size} {size}\"":           {"at most one {size}"},
		"requests:\n  set: set {key}":                    {"neither the size of a block that follows nor"},
		"requests:\n  set: set {size}":                   {"has no {key}"},
		"requests:\n  set: set {value} {key}":            {"nor, at its end, the {value}"},
		"requests:\n  get: \"{key}\"":                    {"does not begin with a command"},
		"known:\n  SET-1: x":                             {`line 2: known: there is no rule "SET-1", did you mean SET-`},
		"known: x":                                       {"known is not a list of fields"},
	} {
		_, err := ParseProfile([]byte(text), "x")
		if err == nil {
			t.Errorf("%q: no error", text)
			continue
		}
		problems := strings.Split(err.Error(), "\n")
		if len(problems) != len(want) {
			t.Errorf("%q: %d problems, want %d: %q", text, len(problems), len(want), problems)
			continue
		}
		for i, w := range want {
			if !strings.Contains(problems[i], w) {
				t.Errorf("%q: %q does not say %q", text, problems[i], w)
			}
		}
	}
}

func TestReadProfile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "one-line.yaml")
	if err := os.WriteFile(path, []byte("requests:\n  set: put {key} {value}\nreplies:\n  missing: [null, \"\"]\n  bad_key: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := ReadProfile(path)
	if err != nil || p.Name != "one-line" || p.Base != "report" || p.Dialect != Lite || p.Set != "put {key} {value}" || p.Detected ||
		!slices.Equal(p.Replies[Missing], []string{"null", ""}) || !p.silent(BadKey) || p.Replies[Stored][0] != "STORED" {
		t.Errorf("%v %+v", err, p)
	}
	if err := os.WriteFile(path, []byte("x: 1\ny: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadProfile(path); err == nil || strings.Count(err.Error(), path+": line ") != 2 {
		t.Errorf("%v", err)
	}
	if _, err := ReadProfile(path + "x"); !os.IsNotExist(err) {
		t.Errorf("%v", err)
	}
	if err := os.WriteFile(path, bytes.Repeat([]byte("#\n"), largestFile), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadProfile(path); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("%v", err)
	}
}

// Whatever a file says is refused in lines of its own, or is a profile that is written and read again as itself.
func FuzzProfileFile(f *testing.F) {
	for _, p := range Profiles() {
		var b bytes.Buffer
		if err := WriteProfile(&b, p, nil); err != nil {
			f.Fatal(err)
		}
		f.Add(b.String())
	}
	f.Add("base: course\nreplies:\n  missing: [a, \"b\\nc\"]\n  greeting: &x [y]\n")
	f.Add("requests:\n  set: \"s\\x01 {key} {size} {value}\"\nknown:\n  SET-01: \"\\u2028\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseProfile([]byte(text), "fuzz")
		if err != nil {
			if err.Error() == "" {
				t.Error("a problem without words")
			}
			return
		}
		var first, second bytes.Buffer
		if err := WriteProfile(&first, p, nil); err != nil {
			t.Fatal(err)
		}
		again, err := ParseProfile(first.Bytes(), "fuzz")
		if err != nil {
			t.Fatalf("%v\n%s", err, first.String())
		}
		if err := WriteProfile(&second, again, nil); err != nil || first.String() != second.String() {
			t.Errorf("%v\n%s\n%s", err, first.String(), second.String())
		}
	})
}
