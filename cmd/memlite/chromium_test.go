package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"memlite/reports/pagetest"
)

// What a hostile endpoint and a hostile trace put into reports. Each does something to a page that takes it for markup.
const (
	hostileReply = "</code></pre><script>document.title='owned'</script>\x1b[2J\x00\xff"
	hostileValue = "<img src=x onerror=\"document.title='owned'\"></title></svg><b>bold</b>\xe2\x80\xaegnp.exe"
	hostileKey   = "<svg/onload=document.title='owned'>"
	hostileName  = "</title><script>document.title='owned'</script>"
)

// hostile answers every set with STORED and gets with markup, by turns as a value and as no reply at all.
func hostile(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for n := 0; ; n++ {
					line, err := in.ReadString('\n')
					if err != nil {
						return
					}
					reply := hostileReply + "\r\n"
					words := strings.Fields(line)
					switch {
					case len(words) == 3 && words[0] == "set":
						size, err := strconv.Atoi(words[2])
						if err != nil {
							break
						}
						if _, err := io.CopyN(io.Discard, in, int64(size)+2); err != nil {
							return
						}
						reply = "STORED\r\n"
					case len(words) == 2 && words[0] == "get" && n%3 != 0:
						reply = fmt.Sprintf("VALUE %s %d\r\n%s\r\nEND\r\n", words[1], len(hostileValue), hostileValue)
					case len(words) == 1 && words[0] == "end":
						return
					}
					if _, err := io.WriteString(conn, reply); err != nil {
						return
					}
				}
			}()
		}
	}()
	return ln.Addr().String()
}

// TestChromium: what the program writes about a hostile endpoint is text, seen in a real browser, on pages that stand
// the audit.
func TestChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("about pages, in which nothing runs side by side")
	}
	b := pagetest.Start(t)
	addr := hostile(t)
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	trace := file("trace.csv", strings.Repeat(fmt.Sprintf("0,%[1]s,%[2]d,100,1,set,0\n0,%[1]s,%[2]d,100,1,get,0\n", hostileKey, len(hostileKey)), 40))
	targets := file("targets.yaml", fmt.Sprintf("- {name: %q, addr: %q}\n- {name: second, addr: %q}\n", hostileName, addr, addr))
	rules := []string{"--label-filter", "GET-01 || GET-02 || SET-02 || FRM-01"}
	for _, c := range []struct {
		name   string
		args   []string
		status int
		want   []string // on the page, as text
	}{
		{"hostile suite", append([]string{"conform", addr}, rules...), exitFinding, []string{
			`</code></pre><script>document.title='owned'</script>\x1b[2J\x00\xff`, `<img src=x onerror="document.title='owned'">`, `\u202egnp.exe`}},
		{"hostile matrix", []string{"conform", "--targets", targets, "--label-filter", "GET-01"}, exitFinding, []string{
			hostileName, `<img src=x onerror="document.title='owned'">`}},
		{"hostile load", []string{"load", addr, "--replay", trace, "--speed", "max", "--clients", "1", "--verify"}, exitFinding, []string{
			hostileKey, `<script>document.title='owned'</script>`, `<b>bold</b>`, `\u202egnp.exe`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(folder, c.name+".html")
			var out, problems bytes.Buffer
			args := append(c.args, "--report", "html="+path)
			if status := run(t.Context(), args, strings.NewReader(""), &out, &problems); status != c.status {
				t.Fatalf("%q ended with %d, want %d: %s%s", args, status, c.status, &out, &problems)
			}
			p := b.Open(t, path)
			p.Audit()
			text := p.Text()
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("%s is not on the page", want)
				}
			}
			if title := pagetest.Eval[string](p, `document.title`); !strings.HasPrefix(title, "memlite report: ") {
				t.Errorf("the title is %q", title)
			}
			p.None("an element of theirs", `[...document.querySelectorAll("img, b, svg[onload]")].map(e => e.outerHTML)`)
		})
	}
}
