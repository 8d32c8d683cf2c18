package reports

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Each server's part is in every format that has totals, what is read back is the same, and what cannot be is refused.
func TestServersAreShown(t *testing.T) {
	r := fixtureRun(4, 2000, 200*time.Microsecond, 0.3, true)
	r.Target, r.TLS = "10.0.0.1:1,10.0.0.2:2", true
	r.Servers = []*Server{
		{Address: "10.0.0.1:1", Clients: 2, Connections: Connections{Opened: 2}, Totals: r.Totals},
		{Address: "10.0.0.2:2", Clients: 2, Connections: Connections{Failed: 17, Lost: 2}, Dropped: 77},
	}
	var saved bytes.Buffer
	if err := JSON(&saved, &Report{Runs: []*Run{r}}); err != nil {
		t.Fatal(err)
	}
	back, err := readSaved(t, saved.String())
	if err != nil {
		t.Fatal(err)
	}
	for name, format := range map[string]Format{"text": Summary, "markdown": Markdown, "html": HTML, "junit": JUnit} {
		var b bytes.Buffer
		if err := format(&b, back); err != nil {
			t.Fatal(err)
		}
		want := []string{"10.0.0.1:1", "10.0.0.2:2", "over TLS"}
		if name != "text" {
			want = append(want, "77", "0 opened; 17 failed, 2 lost")
		}
		for _, w := range want {
			if !strings.Contains(b.String(), w) {
				t.Errorf("%s has no %q", name, w)
			}
		}
	}
	bad := strings.Replace(saved.String(), `"dropped": 77`, `"dropped": -77`, 1)
	if bad == saved.String() {
		bad = strings.Replace(bad, `"dropped":77`, `"dropped":-77`, 1)
	}
	if _, err := readSaved(t, bad); err == nil || !strings.Contains(err.Error(), "servers[1]") {
		t.Errorf("a negative count: %v", err)
	}
}

func readSaved(t *testing.T, text string) (*Report, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.json")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return Read(path)
}
