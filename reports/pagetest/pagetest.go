// Package pagetest opens the pages of reports in a real Chromium, as their readers do: from the disk, with the network
// off, wide and narrow, light and dark, on paper, by keyboard. Audit is what every page must stand; a test adds what its own
// page must show. It is for tests only, and imports nothing of this module, so that every package's tests may use it.
//
// The checks are our own, in audit.js, a page long: of the public rule engines none is a Go module, and a copy of one would
// be larger than the pages. What Chromium knows itself is asked of it: what it painted behind a text, what a screen
// reader is told, where the focus is, what it prints.
package pagetest

import (
	"context"
	_ "embed"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Browser is one Chromium. Its pages share nothing.
type Browser struct{ ctx context.Context }

// Start starts a browser, which ends with the test. Where there is none the test is skipped, unless MEMLITE_REQUIRE names
// it.
func Start(t testing.TB) *Browser {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		if slices.Contains(strings.Split(os.Getenv("MEMLITE_REQUIRE"), ","), "chromium") {
			t.Fatal("there is no chromium, and MEMLITE_REQUIRE names it")
		}
		t.Skip("there is no chromium: install it to have the pages opened in a real browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // which root can not have
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return &Browser{ctx}
}

// Page is one page in a tab of its own.
type Page struct {
	t   testing.TB
	ctx context.Context
}

// Desktop and Phone are the widths, in CSS pixels, that pages are judged at; Phone is the narrowest in common use.
const (
	Desktop = 1200
	Phone   = 360
)

//go:embed audit.js
var auditScript string

// Open shows a file as a page of a desktop in light colours. The network is off, and the test fails if the page complains on
// the console, where a breach of its policy is written too, or asks for anything but itself.
func (b *Browser) Open(t testing.TB, path string) *Page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	p := &Page{t, ctx}
	p.Resize(Desktop)
	_, err := chromedp.Call(ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: true, DownloadThroughput: -1, UploadThroughput: -1}}})
	p.must(err)
	address := fileURL(path)
	var mu sync.Mutex
	var asked []string
	p.must(chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*network.EventRequestWillBeSent); ok && e.Request.URL != address {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, e.Request.URL)
		}
	}))
	messages := chromedp.Console(ctx)
	p.must(chromedp.Do(ctx, chromedp.Navigate(address)))
	// What the page has to say to the console comes before this does.
	Eval[bool](p, `console.log("the end"), true`)
	for m, err := range messages {
		p.must(err)
		if m.Text == "the end" {
			break
		}
		t.Errorf("the page wrote to the console: %s", m)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(asked) > 0 {
		t.Errorf("the page asked for %q", asked)
	}
	Eval[bool](p, auditScript+"; true")
	return p
}

func fileURL(path string) string {
	path, _ = filepath.Abs(path)
	if path = filepath.ToSlash(path); !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

func (p *Page) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// Eval is what the page says to a script, which the page's policy does not bind.
func Eval[T any](p *Page, script string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](script))
	if err != nil {
		p.t.Fatalf("%s: %v", script, err)
	}
	return v
}

// Text is what a reader of the page can read, with plain spaces: figures are kept together with their units by others.
func (p *Page) Text() string {
	p.t.Helper()
	return strings.ReplaceAll(Eval[string](p, `document.body.innerText`), "\u00a0", " ")
}

// Resize makes the window as wide as that.
func (p *Page) Resize(width int64) {
	p.t.Helper()
	p.must(chromedp.Do(p.ctx, chromedp.EmulateViewport(width, 900)))
}

// Scheme shows the page as somebody with this preference sees it: light or dark.
func (p *Page) Scheme(name string) { p.t.Helper(); p.media("", name) }

// Paper shows the page as it is printed, or no longer.
func (p *Page) Paper(on bool) {
	p.t.Helper()
	if on {
		p.media("print", "light")
	} else {
		p.media("", "light")
	}
}

func (p *Page) media(kind, scheme string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: kind, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	p.must(err)
}

// Reload shows the page as it comes: folded, at its top.
func (p *Page) Reload() {
	p.t.Helper()
	p.must(chromedp.Do(p.ctx, chromedp.Navigate(Eval[string](p, `location.href.replace(/#.*/, "")`))))
	Eval[bool](p, auditScript+"; true")
}

// ShownAfter is how long after its loading began the page was there as a whole, laid out and painted.
func (p *Page) ShownAfter() time.Duration {
	p.t.Helper()
	ms := Eval[float64](p, `Math.max(performance.getEntriesByType("navigation")[0].loadEventEnd, ...performance.getEntriesByType("paint").map(e => e.startTime))`)
	if ms <= 0 {
		p.t.Fatal("the page is not loaded")
	}
	return time.Duration(ms * float64(time.Millisecond))
}

// Press presses keys, those of chromedp's package kb.
func (p *Page) Press(keys string) {
	p.t.Helper()
	p.must(chromedp.Do(p.ctx, chromedp.KeyEvent(keys)))
}

// Unfold opens everything that is folded.
func (p *Page) Unfold() {
	p.t.Helper()
	Eval[bool](p, `document.querySelectorAll("details").forEach(d => d.open = true), true`)
}

// None fails the test for each of the things that a script, run in the page, lists.
func (p *Page) None(what, script string) {
	p.t.Helper()
	for _, found := range Eval[[]string](p, script) {
		p.t.Errorf("%s: %s", what, found)
	}
}
