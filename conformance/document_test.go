package conformance_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"memlite/conformance"
)

var update = flag.Bool("update", false, "write RULES.md anew")

func TestRulesDocument(t *testing.T) {
	var want bytes.Buffer
	if err := conformance.WriteRules(&want); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("RULES.md", want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("RULES.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want.String() {
		t.Error("RULES.md is stale: go test ./conformance -run TestRulesDocument -update")
	}
}

// Whoever looks up a failed rule finds it in the protocol, with the same level, and the protocol states nothing that
// is not asked.
func TestProtocolDocument(t *testing.T) {
	text, err := os.ReadFile("../server/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	protocol := string(text)
	known := map[string]bool{}
	for _, r := range conformance.Rules() {
		known[r.ID] = true
		if heading := fmt.Sprintf("#### %s · %s · ", r.ID, strings.ToUpper(r.Level.String())); !strings.Contains(protocol, heading) {
			t.Errorf("server/PROTOCOL.md does not have %q for %s", heading, r.Title)
		}
	}
	for _, id := range regexp.MustCompile(`\b(SET|GET|END|FRM|LIM|CON|DUR)-\d\d\b`).FindAllString(protocol, -1) {
		if !known[id] {
			t.Errorf("server/PROTOCOL.md has %s, which no rule asks", id)
		}
	}
}
