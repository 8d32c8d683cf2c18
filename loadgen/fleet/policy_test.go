package fleet

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"memlite/loadgen"
	"memlite/reports"
)

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		list    string
		allowed string
		refused string
	}{
		{"", "127.0.0.1 127.9.9.9 ::1 ::ffff:127.0.0.1 unix:///run/x", "10.0.0.1 128.0.0.1 ::2 0.0.0.0"},
		{"10.1.0.0/16", "10.1.2.3 ::ffff:10.1.0.0", "10.2.0.1 127.0.0.1 ::1 unix:///x"},
		{"10.1.2.3/16", "10.1.9.9", "10.2.0.1"},
		{"10.0.0.7 fe80::/10", "10.0.0.7 fe80::1 fe80::1%eth0", "10.0.0.8 ::1"},
		{"unix:///run/a", "unix:///run/a", "unix:///run/b 127.0.0.1"},
		{"unix", "unix:///run/a", "127.0.0.1"},
		{"0.0.0.0/0", "1.2.3.4", "::1"},
	} {
		a, err := ParseAllowed(strings.Fields(c.list))
		if err != nil {
			t.Fatal(err)
		}
		check := func(one string) error {
			if path, ok := strings.CutPrefix(one, "unix://"); ok {
				return a.Check(netip.Addr{}, path)
			}
			return a.Check(netip.MustParseAddr(one), "")
		}
		for one := range strings.FieldsSeq(c.allowed) {
			if err := check(one); err != nil {
				t.Errorf("allow %q: %s: %v", c.list, one, err)
			}
		}
		for one := range strings.FieldsSeq(c.refused) {
			if check(one) == nil {
				t.Errorf("allow %q: %s is let through", c.list, one)
			}
		}
		if again, err := ParseAllowed(strings.Split(a.String(), ", ")); err != nil || again.String() != a.String() {
			t.Errorf("%s reads as %s, %v", a, again, err)
		}
	}
	for _, wrong := range []string{"10.0.0.0/33", "cache1", "unix://", "unix://x", "fe80::1%eth0", ""} {
		if _, err := ParseAllowed([]string{wrong}); err == nil {
			t.Errorf("allow %q is taken", wrong)
		}
	}
}

// A target outside of what an agent allows gets not one connection.
func TestRefusedTarget(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	url := startNATS(t, nil).ClientURL()
	started(t, url, func(o *AgentOptions) { o.Allow = []string{"10.0.0.0/8"} }, "a")
	f, _ := dial(t, url, Options{Agents: 1})
	for _, target := range []string{ln.Addr().String(), strings.Replace(ln.Addr().String(), "127.0.0.1", "localhost", 1), "unix:///nowhere"} {
		_, err = f.Execute(t.Context(), loadgen.Plan{Target: target, Duration: 100 * time.Millisecond})
		if err == nil || !strings.Contains(err.Error(), "agent a: ") || !strings.Contains(err.Error(), "--allow 10.0.0.0/8") {
			t.Errorf("%s: %v", target, err)
		}
	}
	_ = ln.(*net.TCPListener).SetDeadline(time.Now().Add(100 * time.Millisecond))
	if c, err := ln.Accept(); err == nil {
		t.Errorf("%s connected", c.RemoteAddr())
	}
}

func TestFilesOfPlans(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	for _, f := range []string{filepath.Join(dir, "trace.csv"), filepath.Join(outside, "secret")} {
		if err := os.WriteFile(f, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	inside := filepath.Join(dir, "trace.csv")
	for _, c := range []struct{ folder, name, want, problem string }{
		{dir, "trace.csv", inside, ""},
		{dir, inside, inside, ""},
		{dir, "sub/../trace.csv", inside, ""},
		{"/", inside, inside, ""},
		{"", "trace.csv", "", "--files DIR"},
		{dir, filepath.Join(outside, "secret"), "", "--files " + dir},
		{dir, "../" + filepath.Base(outside) + "/secret", "", "--files " + dir},
		{dir, "link", "", "--files " + dir},
		{dir, "sub", "", "no file"},
		{dir, "none", "", "no such file"},
	} {
		p := loadgen.Plan{TLS: &loadgen.TLS{CA: c.name}}
		before := p.TLS
		err := locate(&p, c.folder)
		switch {
		case c.problem == "" && (err != nil || p.TLS.CA != c.want):
			t.Errorf("%s in %s: %s, %v", c.name, c.folder, p.TLS.CA, err)
		case c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)):
			t.Errorf("%s in %s: %v", c.name, c.folder, err)
		case before.CA != c.name:
			t.Errorf("%s in %s: the caller's plan was changed", c.name, c.folder)
		}
	}
	if p := (loadgen.Plan{Replay: "link", Clients: 3}); locate(&p, dir) == nil {
		t.Error("a trace outside of the folder is opened")
	}
	if p := (loadgen.Plan{TLS: &loadgen.TLS{ServerName: "x"}}); locate(&p, "") != nil {
		t.Error("a plan that names no files is refused")
	}
}

// Agents of this machine open the files that this process would open: a plan may name them from its folder.
func TestFilesOfThisMachine(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("trace.csv", []byte("0,k1,2,10,1,get,0\n0,k2,2,10,1,set,0\n1,k1,2,10,1,get,0\n1,k3,2,10,1,get,0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	addr, url := serveReference(t), startNATS(t, nil).ClientURL()
	started(t, url, func(o *AgentOptions) { o.Files = "/" }, "a", "b")
	f, _ := dial(t, url, Options{Agents: 2, SameMachine: true})
	run, err := f.Execute(t.Context(), loadgen.Plan{Target: addr, Replay: "trace.csv", Speed: "10x", Clients: 2})
	if err != nil || run.Requests.Recorded != 4 {
		t.Errorf("%v: %+v", err, run)
	}
	f, _ = dial(t, url, Options{Agents: 2})
	if _, err := f.Execute(t.Context(), loadgen.Plan{Target: addr, Replay: "trace.csv"}); err == nil || !strings.Contains(err.Error(), "--files /") {
		t.Errorf("a name from another machine's folder: %v", err)
	}
}

// What an agent saves is its own part, and the parts are the whole.
func TestSavedReports(t *testing.T) {
	t.Parallel()
	addr, url, dir := serveReference(t), startNATS(t, nil).ClientURL(), t.TempDir()
	started(t, url, func(o *AgentOptions) { o.Save = dir }, "a", "b")
	f, _ := dial(t, url, Options{})
	run, err := f.Execute(t.Context(), loadgen.Plan{Target: addr, Clients: 5, Rate: 2000, Duration: 1200 * time.Millisecond, Sets: 0.3, Drain: 10 * time.Second})
	if err != nil || len(run.Agents) != 2 {
		t.Fatalf("%v %+v", err, run)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) != 2 {
		t.Fatalf("saved: %s", files)
	}
	response := reports.NewHistogram()
	for _, path := range files {
		saved, err := reports.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range saved.Runs[0].Totals {
			response.Add(op.Response)
		}
	}
	whole := reports.NewHistogram()
	for _, op := range run.Totals {
		whole.Add(op.Response)
	}
	a, _ := response.MarshalJSON()
	b, _ := whole.MarshalJSON()
	if whole.TotalCount() != 2400 || string(a) != string(b) {
		t.Errorf("the agents' samples are not those of the run: %s, %s", a, b)
	}
}
