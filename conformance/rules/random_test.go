package rules_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"memlite/conformance/mutant"
	"memlite/conformance/rules"
	"memlite/reports"
)

// ask runs one rule on the endpoint.
func ask(t *testing.T, addr, id string) *reports.Rule {
	t.Helper()
	all := rules.All()
	target := rules.NewTarget(addr, rules.Profiles()[0], 1)
	if err := target.Measure(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	return target.Run(t.Context(), all[slices.IndexFunc(all, func(r rules.Rule) bool { return r.ID == id })])
}

func start(t *testing.T, name string) string {
	t.Helper()
	all := append(mutant.All(), mutant.Good())
	addr, stop, err := all[slices.IndexFunc(all, func(m mutant.Mutant) bool { return m.Name == name })].Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return addr
}

// What is told is the smallest sequence, in words and to be pasted, and the transcript is its own.
func TestRandomTellsTheSmallest(t *testing.T) {
	for _, c := range []struct {
		mutant, rule, kind string
		words              []string
		sends              int // in the transcript, with those of the sync probe
	}{
		{"unknown-silent", "RND-01", "silence", []string{": (1) unknown command; by hand: printf 'nonsense\\r\\n' | nc 127.0.0.1 "}, 2},
		{"same-value-refused", "RND-01", "answer", []string{"(1) set of ", "(2) set of ", "; by hand: printf 'set r01"}, 1},
		{"empty-value-stays", "RND-01", "answer", []string{"(3) get of ", "; by hand: printf 'set r01"}, 1},
		{"third-after-error-lost", "FRM-10", "answer", []string{"(4) get of ", "; by hand: printf '"}, 2},
		{"long-get-drops-replies", "RND-02", "answer", []string{"(2) get of a key "}, 1},
	} {
		t.Run(c.mutant, func(t *testing.T) {
			r := ask(t, start(t, c.mutant), c.rule)
			if r.Status != reports.Failed || r.Want == "" || r.Got == "" {
				t.Fatalf("%s kind %s, want %s, got %s: %s", r.Status, r.Kind, r.Want, r.Got, r.Reason)
			}
			for _, part := range c.words {
				if !strings.Contains(r.Reason, part) {
					t.Errorf("without %q: %s", part, r.Reason)
				}
			}
			sends := 0
			for _, e := range r.Transcript {
				if e.Kind == "send" {
					sends++
				}
			}
			if sends == 0 || sends > c.sends+2 {
				t.Errorf("%d sends in the transcript: %v", sends, r.Transcript)
			}
			if len(r.Attachments) != 1 || !bytes.Contains(r.Attachments[0].Content, []byte("| nc 127.0.0.1 ")) {
				t.Errorf("attachments %v", r.Attachments)
			}
		})
	}
}

// A reply that is wrong once and never again is a failure of the endpoint.
func TestRandomTellsWhatComesOnce(t *testing.T) {
	var spoilt atomic.Bool
	var replies atomic.Int64
	addr := proxy(t, start(t, "good"), func(p []byte) {
		if at := bytes.Index(p, []byte("NOT-FOUND\r\n")); at >= 0 && replies.Add(1) > 20 && spoilt.CompareAndSwap(false, true) {
			p[at+3] = '_'
		}
	})
	r := ask(t, addr, "RND-01")
	if r.Status != reports.Failed || !strings.Contains(r.Got, "NOT_FOUND") || !strings.Contains(r.Reason, "not every time") {
		t.Errorf("%s, got %s: %s", r.Status, r.Got, r.Reason)
	}
}

// A run that is cut short has found nothing, which is not the same as that there is nothing.
func TestRandomIsCutShort(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	addr := proxy(t, start(t, "good"), func(p []byte) {
		if bytes.Contains(p, []byte("VALUE")) {
			cancel()
		}
	})
	all := rules.All()
	r := rules.NewTarget(addr, rules.Profiles()[0], 1).Run(ctx, all[slices.IndexFunc(all, func(r rules.Rule) bool { return r.ID == "RND-01" })])
	if r.Status != reports.Inconclusive {
		t.Errorf("%s: %s", r.Status, r.Reason)
	}
}

// proxy hands on what clients and the server say; change may alter what the server does.
func proxy(t *testing.T, addr string, change func([]byte)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", addr)
			if err != nil {
				client.Close()
				continue
			}
			go func() {
				_, _ = io.Copy(server, client)
				server.(*net.TCPConn).CloseWrite()
			}()
			go func() {
				defer client.Close()
				defer server.Close()
				for p := make([]byte, 64<<10); ; {
					n, err := server.Read(p)
					if err != nil {
						return
					}
					change(p[:n])
					if _, err := client.Write(p[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return ln.Addr().String()
}
