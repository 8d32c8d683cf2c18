package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestSetForms(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Profile)
		set    string // of "日本" under k
		wrong  string // of abc announced as -1
		pieces []string
	}{
		"report":     {func(*Profile) {}, "set k 6\r\n日本\r\n", "set k -1\r\nabc\r\n", nil},
		"classic":    {func(p *Profile) { p.Set = "set {key} 0 0 {size}" }, "set k 0 0 6\r\n日本\r\n", "set k 0 0 -1\r\nabc\r\n", nil},
		"characters": {func(p *Profile) { p.Characters = true }, "set k 2\r\n日本\r\n", "set k -1\r\nabc\r\n", nil},
		"ends":       {func(p *Profile) { p.LineEnd, p.BlockEnd = " \r\n", "" }, "set k 6 \r\n日本", "set k -1 \r\nabc", nil},
		"one line": {func(p *Profile) { p.Set, p.Writes = "set {key} {size} {value}", TwoWrites },
			"set k 6 日本\r\n", "set k -1 abc\r\n", nil},
		"no size": {func(p *Profile) { p.Set = "set {key} {value}" }, "set k 日本\r\n", "set k abc\r\n", nil},
		"two writes": {func(p *Profile) { p.Writes = TwoWrites }, "set k 6\r\n日本\r\n", "set k -1\r\nabc\r\n",
			[]string{"set k 6\r\n", "日本\r\n"}},
	} {
		x := &T{Profile: Profiles()[0]}
		c.change(&x.Profile)
		set := x.SetRequest("k", "日本")
		if wrong := x.SetWith("k", -1, "abc"); set != c.set || wrong != c.wrong {
			t.Errorf("%s: %q, with a wrong size %q", name, set, wrong)
		}
		if c.pieces == nil {
			c.pieces = []string{set}
		}
		if got := x.Profile.pieces(set); !slices.Equal(got, c.pieces) {
			t.Errorf("%s: a set is sent as %q", name, got)
		}
		for _, other := range []string{"get k\r\n", "set k 3\r\n", "\r\n", "end", "setk 3\r\nabc\r\n"} {
			if got := x.Profile.pieces(other); len(got) != 1 || got[0] != other {
				t.Errorf("%s: %q is sent as %q", name, other, got)
			}
		}
	}
}

// Whatever a profile lacks, the rules that need it are not asked, for a reason; what detection has found is asked where it is stated.
func TestTraits(t *testing.T) {
	table := All()
	for trait, lacking := range map[Trait]func(*Profile){
		Block:      func(p *Profile) { p.Set = "set {key} {size} {value}" },
		Sized:      func(p *Profile) { p.Set = "set {key} {value}" },
		ByteSize:   func(p *Profile) { p.Characters = true },
		Refuses:    func(p *Profile) { p.Mismatch = Truncate },
		CRLF:       func(p *Profile) { p.LineEnd = "\n" },
		Cuts:       func(p *Profile) { p.Writes = OneWrite },
		Pipelining: func(p *Profile) { p.OneAtATime = true },
		Persistent: func(p *Profile) { p.OneRequest = true },
		Leaving:    func(p *Profile) { p.Leave = "" },
		Answering:  func(p *Profile) { p.Replies[Missing] = nil },
	} {
		p := Profiles()[0]
		if why := p.Lacks(trait); why != "" {
			t.Errorf("report: %s", why)
		}
		lacking(&p)
		why := p.Lacks(trait)
		if why == "" {
			t.Errorf("trait %d: nothing is lacking", trait)
		}
		needed := 0
		for _, r := range table {
			p.Detected = false
			declared := p.CannotAsk(r)
			p.Detected = true
			found := p.CannotAsk(r)
			if slices.Contains(r.Needs, trait) {
				needed++
				if declared == "" || found == "" {
					t.Errorf("%s needs what is lacking: %s", r.ID, why)
				}
			}
			if slices.Contains(r.States, trait) && (declared == "" || strings.Contains(found, why)) {
				t.Errorf("%s states what is lacking: declared %q, found %q", r.ID, declared, found)
			}
		}
		if needed == 0 && trait != Cuts {
			t.Errorf("no rule needs trait %d", trait)
		}
	}
	for _, p := range Profiles() {
		for _, r := range table {
			if why := p.CannotAsk(r); why != "" {
				t.Errorf("%s in %s: %s", r.ID, p.Name, why)
			}
		}
	}
	if got := fmt.Sprint(OneWrite, TwoWrites); got != "one write two writes" {
		t.Error(got)
	}
}
