package reports

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestMatrixInChromium(t *testing.T) {
	ctx := chromium(t)
	open(t, ctx, fixtureMatrix())

	t.Run("every cell opens its transcript", func(t *testing.T) {
		for cell, want := range map[string]string{
			`#matrix td.failed a[href="#1-SET-04"]`: "STORED",
			`#matrix td.passed a[href="#2-SET-01"]`: "get k",
		} {
			evaluate[bool](t, ctx, fmt.Sprintf("document.querySelector('%s').click(), true", cell))
			// Opened without a script: by the browser, because the link leads into what is folded.
			text := evaluate[string](t, ctx, `(e => e && e.checkVisibility({contentVisibilityAuto: true}) && e.querySelector(".excerpt").checkVisibility() ? e.innerText : "")(document.querySelector(":target"))`)
			if !strings.Contains(text, want) {
				t.Errorf("%s shows %q, want %q", cell, text, want)
			}
			top := evaluate[float64](t, ctx, `document.querySelector(":target").closest("details").querySelector("summary").getBoundingClientRect().top`)
			if top < 0 || top > 900 {
				t.Errorf("%s leads to a place where the rule's own line is at %v", cell, top)
			}
		}
		if n := evaluate[int](t, ctx, `[...document.querySelectorAll(".matrix tbody td:not(.sum):not([colspan])")].filter(c => !c.querySelector("a[href]") || !c.querySelector(".word").textContent).length`); n != 0 {
			t.Errorf("%d cells without a link or a word", n)
		}
	})

	t.Run("markup is text", func(t *testing.T) {
		if n := evaluate[int](t, ctx, `document.scripts.length + document.querySelectorAll("loop, img, object").length`); n != 0 {
			t.Errorf("%d elements that the page has not", n)
		}
		text := evaluate[string](t, ctx, `document.querySelector("#matrix").textContent + document.querySelector("#protocol-1").textContent`)
		for _, want := range []string{"group 07 " + hostile, "A miss is answered " + hostile, `\u202egnp.exe`} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not on the page", want)
			}
		}
	})

	t.Run("structure", func(t *testing.T) {
		for what, script := range map[string]string{
			"a heading that jumps":            `(h => h.filter((n, i) => i && n > h[i-1] + 1).length)([...document.querySelectorAll("h1,h2,h3,h4,h5,h6")].map(e => +e.tagName[1]))`,
			"a table without a caption":       `[...document.querySelectorAll("table:not(.pairs)")].filter(t => !t.caption).length`,
			"a region without a name":         `[...document.querySelectorAll("[role=region], main > section")].filter(s => !s.getAttribute("aria-label") && !document.getElementById(s.getAttribute("aria-labelledby"))).length`,
			"a link that leads nowhere":       `[...document.querySelectorAll("a")].filter(a => !document.getElementById(decodeURIComponent(a.hash.slice(1)))).length`,
			"an id that is there twice":       `(ids => ids.length - new Set(ids).size)([...document.querySelectorAll("[id]")].map(e => e.id))`,
			"a row with another cell count":   `(rows => rows.filter(r => [...r.cells].reduce((n, c) => n + c.colSpan, 0) != [...rows[0].cells].length).length)([...document.querySelectorAll(".matrix tr")])`,
			"an implementation without score": `[...document.querySelectorAll("#matrix .ranks tbody tr")].filter(r => r.cells.length != 9).length`,
		} {
			if n := evaluate[int](t, ctx, script); n != 0 {
				t.Errorf("%d times %s", n, what)
			}
		}
	})

	evaluate[bool](t, ctx, `document.querySelectorAll("details").forEach(d => d.open = true), true`)
	for _, width := range []int64{1200, 390} {
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 700)); err != nil {
			t.Fatal(err)
		}
		if got := evaluate[int64](t, ctx, `document.documentElement.scrollWidth`); got > width {
			t.Errorf("the page is %d wide in a window of %d", got, width)
		}
		for _, name := range []string{"light", "dark"} {
			scheme(t, ctx, name)
			if low := evaluate[[]string](t, ctx, contrastScript); len(low) > 0 {
				t.Errorf("%s, %d wide: hard to read: %q", name, width, low)
			}
		}
	}

	t.Run("on a phone", func(t *testing.T) { // as wide as the window is now
		if !evaluate[bool](t, ctx, `document.querySelector(".matrix-hint").checkVisibility()`) {
			t.Error("nothing says that there is more to the right")
		}
		// Pressed again until it moves: Chromium loses keys that come before its compositor has seen the page.
		for deadline := time.Now().Add(30 * time.Second); evaluate[float64](t, ctx, `document.querySelector(".matrix").scrollLeft`) == 0; time.Sleep(100 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the arrow keys do not move the matrix")
			}
			evaluate[bool](t, ctx, `document.querySelector(".matrix").focus(), true`)
			if err := chromedp.Do(ctx, chromedp.KeyEvent(kb.ArrowRight+kb.ArrowRight+kb.ArrowRight)); err != nil {
				t.Fatal(err)
			}
		}
		at := evaluate[[]float64](t, ctx, `(m => { m.scrollLeft = 150; m.scrollTop = 100; const box = m.getBoundingClientRect(), first = m.querySelector("tbody tr:nth-child(3) th").getBoundingClientRect(), head = m.querySelector("thead th.name").getBoundingClientRect();
			return [m.scrollLeft, first.left - box.left, m.scrollTop, head.top - box.top]; })(document.querySelector(".matrix"))`)
		if at[0] != 150 || math.Abs(at[1]) > 2 {
			t.Errorf("scrolled by %v, the first column is %v from the edge", at[0], at[1])
		}
		if at[2] == 0 || math.Abs(at[3]) > 2 {
			t.Errorf("scrolled down by %v, the head is %v from the edge", at[2], at[3])
		}
	})
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1600, 900)); err != nil {
		t.Fatal(err)
	}
	if evaluate[bool](t, ctx, `document.querySelector(".matrix-hint").checkVisibility()`) {
		t.Error("where all columns are in view, the page says that there is more")
	}
}

// TestCourseInChromium: a hundred implementations with eighty rules are a page that can be used.
func TestCourseInChromium(t *testing.T) {
	report := fixtureCourse(100, 80)
	ctx := chromium(t)
	began := time.Now()
	open(t, ctx, report)
	t.Logf("written and shown after %v", time.Since(began).Round(time.Millisecond))
	if n := evaluate[int](t, ctx, `document.querySelectorAll(".matrix tbody td:not(.sum) a").length`); n != 8000 {
		t.Errorf("%d cells", n)
	}
	text := evaluate[string](t, ctx, `document.querySelector("a[href='#100-HHH-10']").click(), document.querySelector(":target").innerText`)
	if !strings.Contains(text, `value \x00`) {
		t.Errorf("the last cell shows %q", text)
	}
	if note := evaluate[string](t, ctx, `document.querySelector("#matrix").innerText`); !strings.Contains(note, "The JSON has all that was kept") {
		t.Error("the page does not say that it leaves transcripts out")
	}
}

// TestAttachmentInChromium: a page that is attached runs its script, in a frame that reaches nothing, and not before it is
// looked at: what draws by the size of its text would draw nothing while it is folded.
func TestAttachmentInChromium(t *testing.T) {
	suite := fixtureSuite()
	suite.Rules[2].Attachments = []Attachment{{"history", "text/html", []byte("<!doctype html>\r\n<body><p id=out>a history</p><script>\n" +
		"let reached = 0; try { parent.document.title = 'reached'; reached = 1; } catch {}\r\n" +
		"const drawn = out.getBoundingClientRect().width > 0; onmessage = e => e.source.postMessage([reached, self.origin, drawn], '*')</script>")}}
	ctx := chromium(t)
	open(t, ctx, &Report{Suites: []*Suite{suite}})
	time.Sleep(500 * time.Millisecond) // for a page that would draw itself too early
	evaluate[bool](t, ctx, `self.said = [], addEventListener("message", e => self.said.push(e.data)), (d => { d.open = true; d.scrollIntoView(); })(document.querySelector(".attached")), true`)
	for deadline := time.Now().Add(30 * time.Second); evaluate[int](t, ctx, `frames[0].postMessage("say", "*"), self.said.length`) == 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the script of the attached page did not run")
		}
	}
	if got := evaluate[string](t, ctx, `JSON.stringify(self.said[0])`); got != `[0,"null",true]` {
		t.Errorf("the attached page reports %s: want that it did not reach the page, has no origin, and has a width", got)
	}
	if title := evaluate[string](t, ctx, `document.title`); title == "reached" {
		t.Error("the attached page has changed the page around it")
	}
	// Only that script may run: not one that got into the page as markup, nor an attribute.
	evaluate[bool](t, ctx, `document.body.insertAdjacentHTML("beforeend", "<b onclick='self.hit = 1' id=b>"), document.querySelector("#b").click(), (s => { s.textContent = "self.hit = 2"; document.body.append(s); })(document.createElement("script")), true`)
	if evaluate[bool](t, ctx, `"hit" in self`) {
		t.Error("another script ran in the page")
	}
}
