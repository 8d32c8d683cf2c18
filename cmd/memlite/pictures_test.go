package main

import (
	"bytes"
	"flag"
	"image/png"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"memlite/conformance/mutant"
	"memlite/reports/pagetest"
)

var pictures = flag.Bool("pictures", false, "put the pictures of README.md in their places: make pictures")

// TestPictures makes the pictures that README.md shows from pages of real runs, as a browser paints them: a server with a
// common mistake, one under load, and two that are compared. Without -pictures the runs are short and the pictures thrown away.
func TestPictures(t *testing.T) {
	if testing.Short() {
		t.Skip("its runs and pages are those of other tests")
	}
	duration, folder := "300ms", func(string) string { return t.TempDir() }
	if *pictures {
		duration, folder = "10s", func(name string) string { return filepath.Join("../..", name) }
	}
	browser := pagetest.Start(t)
	page := func(width int64, statuses []int, args ...string) *pagetest.Page {
		t.Helper()
		file := filepath.Join(t.TempDir(), "page.html")
		if status, out, errs := runFor(append(args, "--report", "html="+file)...); !slices.Contains(statuses, status) {
			t.Fatalf("%s: status %d\n%s%s", args, status, out, errs)
		}
		p := browser.Open(t, file)
		p.Resize(width)
		return p
	}
	keep := func(where string, picture []byte) {
		t.Helper()
		if config, err := png.DecodeConfig(bytes.NewReader(picture)); err != nil || config.Width < 600 || config.Height < 300 || len(picture) > 200_000 {
			t.Errorf("%s: %+v, %d bytes: %v", where, config, len(picture), err)
		}
		if err := os.WriteFile(filepath.Join(folder(where), "picture.png"), picture, 0o666); err != nil {
			t.Error(err)
		}
	}

	bad := mutant.All()[slices.IndexFunc(mutant.All(), func(m mutant.Mutant) bool { return m.Name == "set-old-tail-remains" })]
	addr, stop, err := bad.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	p := page(900, []int{exitFinding}, "conform", addr, "--label-filter", "1-client || SET-03", "--level", "must")
	keep("conformance", p.Picture(".suite .tiles", ".rule.failed"))

	p = page(900, []int{exitHeld, exitInconclusive}, "load", serving(t, "classic"), "--profile", "memcached", "--keys", "10k", "--clients", "64", "--rate", "2k/s", "--preload", "--duration", duration)
	keep("loadgen", p.Picture("figure", "figure ~ figure"))

	// The same load on a server, and on one whose replies take a little longer.
	before := serving(t, "lite")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go holdBack(ln, before, time.Millisecond)
	rounds := "4"
	if *pictures {
		duration, rounds = "3s", "6"
	}
	p = page(900, []int{exitHeld, exitFinding, exitInconclusive}, "compare", "--run", before, ln.Addr().String(), "--names", "before,after", "--rounds", rounds,
		"--clients", "16", "--keys", "1k", "--preload", "--think", "20ms", "--duration", duration, "--warmup", "100ms", "--fail", "p99>+10%")
	keep("reports", p.Picture(".verdicts", ".differences tbody"))
}
