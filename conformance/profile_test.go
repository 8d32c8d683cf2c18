package conformance_test

import (
	"bytes"
	"context"
	"flag"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"memlite/conformance"
	"memlite/conformance/detect"
	"memlite/conformance/mutant"
	"memlite/conformance/rules"
	"memlite/reports"
	"memlite/server"
)

// The example is the default with every field explained, as --print-profile writes it.
func TestProfileExample(t *testing.T) {
	const path = "profile.example.yaml"
	var want bytes.Buffer
	if err := conformance.WriteProfile(t.Context(), &want, conformance.Config{}); err != nil {
		t.Fatal(err)
	}
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%s is stale (go test ./conformance -run TestProfileExample -update): %v", path, err)
	}
	p, err := rules.ReadProfile(path)
	if err != nil || len(p.Differences()) > 0 {
		t.Errorf("%v: %s", err, p.Differences())
	}
}

// A stock server is what it is, and nothing like it.
func TestDetectionOfStockServers(t *testing.T) {
	classic, _ := start(t, server.Config{Dialect: "classic"})
	for name, addr := range map[string]string{"report": reference(t), "memcached": classic} {
		stock(t, addr, name)
	}
}

func TestDetectionOfMemcached(t *testing.T) { stock(t, memcached(t, 1024), "memcached") }

func stock(t *testing.T, addr, name string) {
	t.Helper()
	want, err := rules.ProfileByName(name)
	if err != nil {
		t.Fatal(err)
	}
	found, err := detect.Detect(t.Context(), addr, 0)
	if err != nil || !found.Understood || !reflect.DeepEqual(found.Profile, want) || len(found.Observed) != 1 ||
		!strings.Contains(found.Observed[0], "as the profile "+name+" says") {
		t.Errorf("%v %+v, want the profile %s", err, found, name)
	}
}

// An endpoint that is no such server is told so in time, whatever it does.
func TestDetectionOfSomethingElse(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	answering := func(text string) string {
		return endpoint(t, func(c net.Conn) {
			for b := make([]byte, 4096); ; {
				if _, err := c.Read(b); err != nil {
					return
				}
				_, _ = io.WriteString(c, text)
			}
		})
	}
	for want, addr := range map[string]string{
		"It speaks HTTP":    web.Listener.Addr().String(),
		"It says nothing":   endpoint(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }),
		"without a word":    endpoint(t, func(net.Conn) {}),
		"not lines of text": answering("\x00\x00\x00\x05ERROR"),
		"It speaks RESP":    answering("-ERR unknown command 'get'\r\n"),
		"takes none of the": answering("hello?\r\n"),
		"sends without an end": endpoint(t, func(c net.Conn) {
			for {
				if _, err := io.WriteString(c, strings.Repeat("x", 64<<10)); err != nil {
					return
				}
			}
		}),
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			found, err := detect.Detect(t.Context(), addr, 0)
			if err != nil || found.Understood || len(found.Observed) != 1 || !strings.Contains(found.Observed[0], want) ||
				!strings.Contains(found.Observed[0], "in the words of the profile report") || found.Profile.Name != "report" {
				t.Errorf("%v %v %q, want %q", err, found.Understood, found.Observed, want)
			}
			if took := time.Since(began); took > detect.Bound+5*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// The rules fail on such an endpoint as they always do.
func TestAutoOfSomethingElse(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	suite := run(t, conformance.Config{Addr: web.Listener.Addr().String(), Profile: conformance.Auto, LabelFilter: "SET-01"}, 40*time.Second)
	everyRule(t, suite, "answer", "closed")
	if len(suite.Observed) != 1 || suite.Profile != "report" || !strings.Contains(suite.Rules[0].Rerun, "--profile auto ") {
		t.Errorf("observed %q, profile %s, rerun %s", suite.Observed, suite.Profile, suite.Rules[0].Rerun)
	}
}

// A server that does not survive the detection is a finding, not an error.
func TestDetectionKills(t *testing.T) {
	addr, stop := startMutant(t, "end-stops-server")
	defer stop()
	suite := run(t, conformance.Config{Addr: addr, Profile: conformance.Auto, LabelFilter: "SET-01"}, 30*time.Second)
	everyRule(t, suite, "connect")
	if last := suite.Observed[len(suite.Observed)-1]; !strings.Contains(last, "Nobody can connect any more") {
		t.Errorf("observed %q", suite.Observed)
	}
}

// When the detection is ended from outside, the endpoint is not said to have closed.
func TestDetectionIsCutShort(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	addr := endpoint(t, func(c net.Conn) {
		cancel()
		_, _ = io.Copy(io.Discard, c)
	})
	found, err := detect.Detect(ctx, addr, 0)
	if err != nil || len(found.Observed) != 1 || !strings.HasPrefix(found.Observed[0], "The detection was cut short.") {
		t.Errorf("%v %q", err, found.Observed)
	}
}

func TestDetectionOfNobody(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	_, err = conformance.Run(context.Background(), conformance.Config{Addr: ln.Addr().String(), Profile: conformance.Auto})
	if err == nil || !strings.HasPrefix(err.Error(), "dial "+ln.Addr().String()+": ") {
		t.Errorf("%v", err)
	}
}

// What a file declares is said with the result; what cannot be asked then is not run, for a reason; the rest is.
func TestProfileFromFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "one-line.yaml")
	text := "summary: ours\nrequests:\n  set: set {key} {size} {value}\nknown:\n  GET-02: we know\nreplies:\n  missing: NONE\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	addr, stop := startMutant(t, "")
	defer stop()
	suite := run(t, conformance.Config{Addr: addr, Profile: path, LabelFilter: "SET-01 || SET-08 || GET-02"}, 30*time.Second)
	if suite.Profile != "one-line" || len(suite.Observed) != 1 || !strings.Contains(suite.Observed[0],
		"The profile one-line declares: as report, but the endpoint takes the one-line set `set k n v`; answers a miss with NONE.") {
		t.Errorf("profile %s, observed %q", suite.Profile, suite.Observed)
	}
	for _, r := range suite.Rules {
		switch r.ID {
		case "SET-01":
			if r.Status != reports.Passed {
				t.Errorf("SET-01 %s: %s", r.Status, r.Reason)
			}
		case "SET-08":
			if r.Status != reports.NotRun || r.Reason != "cannot be asked in the profile one-line: a set's value stands on its line, there is no block" {
				t.Errorf("SET-08 %s: %s", r.Status, r.Reason)
			}
		case "GET-02":
			if r.Status != reports.Failed || r.Known != "we know" || !strings.Contains(r.Rerun, " --profile "+path+" ") {
				t.Errorf("GET-02 %s, known %q, rerun %q", r.Status, r.Known, r.Rerun)
			}
		}
	}
}

// Many failures for one cause are told as one.
func TestHint(t *testing.T) {
	if testing.Short() {
		t.Skip("no code that the other tests do not run: of no use to the race detector, which -short is for")
	}
	for name, want := range map[string]string{
		"miss-underscore": "but answers a miss with NOT_FOUND; with --profile auto the rules are asked in the endpoint's own words",
		"":                "but takes the one-line set",
	} {
		addr, stop := startMutant(t, name)
		suite := run(t, conformance.Config{Addr: addr, LabelFilter: "set || get"}, 60*time.Second)
		stop()
		if len(suite.Warnings) != 1 || !strings.Contains(suite.Warnings[0], want) {
			t.Errorf("%s: warnings %q, want %q", name, suite.Warnings, want)
		}
	}
	addr := reference(t)
	suite := run(t, conformance.Config{Addr: addr, Profile: "transcript", LabelFilter: "set || get"}, 30*time.Second)
	if len(suite.Warnings) != 1 || !strings.Contains(suite.Warnings[0], "; with --profile report the rules are asked in the endpoint's own words") {
		t.Errorf("the wrong profile: warnings %q", suite.Warnings)
	}
	addr, stop := startMutant(t, "keys-case-insensitive")
	defer stop()
	if suite := run(t, conformance.Config{Addr: addr, LabelFilter: "set || get"}, 30*time.Second); len(suite.Warnings) != 0 {
		t.Errorf("a fault of its own, and %q", suite.Warnings)
	}
}

// startMutant starts a known-bad or an odd server; "" is the one with a set of one line.
func startMutant(t *testing.T, name string) (addr string, stop func()) {
	t.Helper()
	list := mutant.All()
	for _, v := range mutant.Variants() {
		list = append(list, v.Mutant())
	}
	for _, m := range list {
		if m.Name == name || name == "" && m.Name == "set-line-with-size" {
			addr, stop, err := m.Start()
			if err != nil {
				t.Fatal(err)
			}
			return addr, stop
		}
	}
	t.Fatalf("there is no %s", name)
	return "", nil
}
