package rules_test

import (
	"bytes"
	"testing"

	"memlite/reports"
)

// A rule that fails because of a history brings the history along.
func TestHistoryIsAttached(t *testing.T) {
	r := ask(t, start(t, "reads-cached-per-connection"), "CON-03")
	if r.Status != reports.Failed || len(r.Attachments) != 1 {
		t.Fatalf("%s with %d attachments: %s", r.Status, len(r.Attachments), r.Reason)
	}
	if a := r.Attachments[0]; a.Name != "history.html" || a.MediaType != "text/html" || !bytes.Contains(a.Content, []byte("get: ")) {
		t.Errorf("%s, %s: %.200s", a.Name, a.MediaType, a.Content)
	}
}
