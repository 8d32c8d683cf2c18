package conformance

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"memlite/conformance/rules"
)

func TestRerun(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want string
	}{
		{Config{Addr: "127.0.0.1:5001", Seed: 7}, "memlite conform 127.0.0.1:5001 --profile report --level should --label-filter SET-04 --seed 7"},
		{Config{Addr: "[::1]:5001", Level: May}, "memlite conform '[::1]:5001' --profile report --level may --label-filter SET-04 --seed 0"},
		{Config{Addr: "unix:///run/my server's", Profile: "our profiles/a.yaml", Level: Must, Seed: -1},
			`memlite conform 'unix:///run/my server'\''s' --profile 'our profiles/a.yaml' --level must --label-filter SET-04 --seed -1`},
	} {
		s := &Session{cfg: c.cfg, profile: rules.Profiles()[0]}
		if got := s.rerun(Rule{ID: "SET-04"}); got != c.want {
			t.Errorf("%+v\n got %s\nwant %s", c.cfg, got, c.want)
		}
	}
}

// A shell reads back what was quoted.
func TestShellQuote(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil && runtime.GOOS == "windows" {
		t.Skip("Windows has no sh")
	} else if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"", "plain", "a b", "it's", "$HOME", "`id`", "a\nb", `\`, "~", "*", "#x", "a;b", "é", "unix:///tmp/x", "a=b", "!"} {
		out, err := exec.Command(shell, "-c", "printf '%s.' "+shellQuote(s)).Output()
		if got := strings.TrimSuffix(string(out), "."); err != nil || got != s {
			t.Errorf("%q is read as %q (%v)", s, got, err)
		}
	}
}
