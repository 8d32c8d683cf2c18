package reports

import (
	"context"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// chromium starts a real browser. Where there is none the test is skipped, unless MEMLITE_REQUIRE names it.
func chromium(t *testing.T) context.Context {
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
		t.Skip("there is no chromium: install it to have the page opened in a real browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // which root can not have
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

func evaluate[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return v
}

// scheme shows the page as somebody with this preference sees it.
func scheme(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
	if err != nil {
		t.Fatal(err)
	}
}

// noComplaint fails the test if the page has written to the console.
func noComplaint(t *testing.T, ctx context.Context, messages iter.Seq2[chromedp.ConsoleMessage, error]) {
	t.Helper()
	var console []string
	// What the page has to say to the console comes before this does.
	evaluate[bool](t, ctx, `console.log("the end"), true`)
	for m := range messages {
		if m.Text == "the end" {
			break
		}
		console = append(console, m.String())
	}
	if len(console) > 0 {
		t.Errorf("the page wrote to the console: %q", console)
	}
}

// open shows the report as a page from the disk, and fails the test if the page complains or fetches anything.
func open(t *testing.T, ctx context.Context, report *Report) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "index.html")
	if err := (Output{Format: "html", Path: path}).Write(report); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1200, 900)); err != nil {
		t.Fatal(err)
	}
	messages := chromedp.Console(ctx)
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+filepath.ToSlash(path))); err != nil {
		t.Fatal(err)
	}
	noComplaint(t, ctx, messages)
	// What its policy forbade would be on the console, what it got is here.
	if n := evaluate[int](t, ctx, `performance.getEntriesByType("resource").length`); n != 0 {
		t.Errorf("the page fetched %d things", n)
	}
}

func TestPageInChromium(t *testing.T) {
	report := load(t)
	report.Suites[0].Rules[2].Attachments = nil // a frame is an element that this page otherwise has not
	ctx := chromium(t)
	open(t, ctx, report)

	t.Run("figures", func(t *testing.T) {
		// Kept together with their units by spaces that do not break.
		text := strings.ReplaceAll(evaluate[string](t, ctx, `document.body.innerText`), "\u00a0", " ")
		for _, run := range report.Runs {
			total := run.Total()
			for _, want := range []string{run.name(), perSecond(rate(total.Count, run.Recorded())), total.percentile(p50), total.percentile(p99), total.percentile(pMax)} {
				if !strings.Contains(text, want) {
					t.Errorf("%s is not on the page", want)
				}
			}
		}
		for _, want := range []string{"5/7", "does not keep the protocol", "above the level asked for", "the checker ran out of time", hostile, `\u202egnp.exe`, "n/a"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s is not on the page", want)
			}
		}
	})

	t.Run("markup is text", func(t *testing.T) {
		if n := evaluate[int](t, ctx, `document.scripts.length + document.querySelectorAll("loop, img, iframe, object").length`); n != 0 {
			t.Errorf("%d elements that the page has not", n)
		}
		if n := evaluate[int](t, ctx, `document.querySelectorAll("#GET-01 mark").length`); n < 3 {
			t.Errorf("%d marks where the reply went wrong: want one in want, got and transcript", n)
		}
	})

	t.Run("structure", func(t *testing.T) {
		headings := evaluate[[]int](t, ctx, `[...document.querySelectorAll("h1,h2,h3,h4,h5,h6")].map(h => +h.tagName[1])`)
		if len(headings) < 10 || headings[0] != 1 || slices.Contains(headings[1:], 1) {
			t.Errorf("headings %v", headings)
		}
		for i := 1; i < len(headings); i++ {
			if headings[i] > headings[i-1]+1 {
				t.Errorf("heading %d jumps from h%d to h%d", i, headings[i-1], headings[i])
			}
		}
		for what, script := range map[string]string{
			"a table without a caption, or not of pairs": `[...document.querySelectorAll("table:not(.pairs)")].filter(t => !t.caption).length`,
			"an empty heading":                           `[...document.querySelectorAll("h1,h2,h3,h4")].filter(h => !h.textContent.trim()).length`,
			"a chart without a label":                    `[...document.querySelectorAll("svg")].filter(s => s.getAttribute("role") != "img" || !s.getAttribute("aria-label")).length`,
			"a region or section without a name":         `[...document.querySelectorAll("[role=region], main > section")].filter(s => !s.getAttribute("aria-label") && !document.getElementById(s.getAttribute("aria-labelledby"))).length`,
			"a failed rule that is folded":               `[...document.querySelectorAll(".rule.failed, .rule.inconclusive")].filter(d => !d.open).length`,
			"a passed rule that is open":                 `[...document.querySelectorAll(".rule.passed")].filter(d => d.open).length`,
			"a link that leads nowhere":                  `[...document.querySelectorAll("a")].filter(a => !document.getElementById(decodeURIComponent(a.hash.slice(1)))).length`,
			"an id that is there twice":                  `(ids => ids.length - new Set(ids).size)([...document.querySelectorAll("[id]")].map(e => e.id))`,
		} {
			if n := evaluate[int](t, ctx, script); n != 0 {
				t.Errorf("%d times %s", n, what)
			}
		}
		if n := evaluate[int](t, ctx, `document.querySelectorAll(".mark title").length`); n < 50 {
			t.Errorf("%d values to point at in the charts", n)
		}
	})

	evaluate[bool](t, ctx, `document.querySelectorAll("details").forEach(d => d.open = true), true`)
	for _, width := range []int64{1200, 390} {
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900)); err != nil {
			t.Fatal(err)
		}
		if got := evaluate[int64](t, ctx, `document.documentElement.scrollWidth`); got > width {
			t.Errorf("the page is %d wide in a window of %d", got, width)
		}
		if n := evaluate[int](t, ctx, `[...document.querySelectorAll("figure")].filter(f => [...f.querySelectorAll("svg")].filter(s => s.getBoundingClientRect().width > 0).length != 1).length`); n != 0 {
			t.Errorf("at a width of %d, %d figures do not show one chart", width, n)
		}
		for _, name := range []string{"light", "dark"} {
			scheme(t, ctx, name)
			if low := evaluate[[]string](t, ctx, contrastScript); len(low) > 0 {
				t.Errorf("%s, %d wide: hard to read: %q", name, width, low)
			}
		}
	}
	scheme(t, ctx, "light")
	light := evaluate[string](t, ctx, `getComputedStyle(document.body).backgroundColor`)
	scheme(t, ctx, "dark")
	if dark := evaluate[string](t, ctx, `getComputedStyle(document.body).backgroundColor`); dark == light {
		t.Errorf("light and dark have the same ground %s", dark)
	}
}

// contrastScript lists texts whose contrast with what is behind them is under 4.5, as WCAG 2 counts it.
var contrastScript = fmt.Sprintf(`(() => {
	const rgb = s => s.match(/[\d.]+/g).map(Number);
	const lum = c => { const f = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; return .2126 * f(c[0]) + .7152 * f(c[1]) + .0722 * f(c[2]); };
	const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
	const low = new Set(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; n = walk.nextNode();) {
		const e = n.parentElement;
		if (!n.data.trim() || e.tagName == "title" || !e.getClientRects().length) continue;
		const style = getComputedStyle(e), svg = e.closest("svg");
		const a = lum(rgb(svg ? style.fill : style.color)), b = lum(behind(svg ? svg.parentElement : e));
		const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
		if (ratio < %v) low.add(ratio.toFixed(2) + " " + n.data.trim().slice(0, 40));
	}
	return [...low];
})()`, 4.5)
