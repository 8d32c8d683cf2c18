package reports

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"memlite/reports/pagetest"
)

// seeMatrix: every cell opens its transcript, without a script; on a phone the matrix moves under heads that stay.
func seeMatrix(t *testing.T, p *pagetest.Page, report *Report) {
	seeCells(t, p, report)
	p.Reload()
	for cell, want := range map[string]string{
		`#matrix td.failed a[href="#1-SET-04"]`: "STORED",
		`#matrix td.passed a[href="#2-SET-01"]`: "get k",
	} {
		pagetest.Eval[bool](p, fmt.Sprintf("document.querySelector('%s').click(), true", cell))
		// Opened by the browser, because the link leads into what is folded.
		text := pagetest.Eval[string](p, `(e => e && e.checkVisibility({contentVisibilityAuto: true}) && e.querySelector(".excerpt").checkVisibility() ? e.innerText : "")(document.querySelector(":target"))`)
		if !strings.Contains(text, want) {
			t.Errorf("%s shows %q, want %q", cell, text, want)
		}
		top := pagetest.Eval[float64](p, `document.querySelector(":target").closest("details").querySelector("summary").getBoundingClientRect().top`)
		if top < 0 || top > 900 {
			t.Errorf("%s leads to a place where the rule's own line is at %v", cell, top)
		}
	}
	p.None("a cell without a link or a word", `[...document.querySelectorAll(".matrix tbody td:not(.sum):not([colspan])")].filter(c => !c.querySelector("a[href]") || !c.querySelector(".word").textContent).map(c => c.outerHTML)`)
	p.None("an implementation without its scores", `[...document.querySelectorAll("#matrix .ranks tbody tr")].filter(r => r.cells.length != 9).map(r => r.innerText)`)
	text := pagetest.Eval[string](p, `document.querySelector("#matrix").textContent + document.querySelector("#protocol-1").textContent`)
	for _, want := range []string{"group 07 " + hostile, "A miss is answered " + hostile, `\u202egnp.exe`} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the page", want)
		}
	}

	p.Resize(pagetest.Phone)
	if !pagetest.Eval[bool](p, `document.querySelector(".matrix-hint").checkVisibility()`) {
		t.Error("nothing says that there is more to the right")
	}
	// Pressed again until it moves: Chromium loses keys that come before its compositor has seen the page.
	for deadline := time.Now().Add(30 * time.Second); pagetest.Eval[float64](p, `document.querySelector(".matrix").scrollLeft`) == 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the arrow keys do not move the matrix")
		}
		pagetest.Eval[bool](p, `document.querySelector(".matrix").focus(), true`)
		p.Press(kb.ArrowRight + kb.ArrowRight + kb.ArrowRight)
	}
	at := pagetest.Eval[[]float64](p, `(m => { m.style.maxHeight = "20rem"; m.scrollLeft = 150; m.scrollTop = 100; const box = m.getBoundingClientRect(), first = m.querySelector("tbody tr:nth-child(3) th").getBoundingClientRect(), head = m.querySelector("thead th.name").getBoundingClientRect();
		return [m.scrollLeft, first.left - box.left, m.scrollTop, head.top - box.top]; })(document.querySelector(".matrix"))`)
	if at[0] != 150 || math.Abs(at[1]) > 2 {
		t.Errorf("scrolled by %v, the first column is %v from the edge", at[0], at[1])
	}
	if at[2] == 0 || math.Abs(at[3]) > 2 {
		t.Errorf("scrolled down by %v, the head is %v from the edge", at[2], at[3])
	}
	p.Resize(1600)
	if pagetest.Eval[bool](p, `document.querySelector(".matrix-hint").checkVisibility()`) {
		t.Error("where all columns are in view, the page says that there is more")
	}
}

// seeCourse: a page of many implementations with many rules can be used. How long a full course takes is BenchmarkChromium's.
func seeCourse(t *testing.T, b *pagetest.Browser) {
	p := open(t, b, fixtureCourse(40, 80))
	if n := pagetest.Eval[int](p, `document.querySelectorAll(".matrix tbody td:not(.sum) a").length`); n != 40*80 {
		t.Errorf("%d cells", n)
	}
	text := pagetest.Eval[string](p, `document.querySelector("a[href='#40-HHH-10']").click(), document.querySelector(":target").innerText`)
	if !strings.Contains(text, `value \x00`) {
		t.Errorf("the last cell shows %q", text)
	}
	if note := pagetest.Eval[string](p, `document.querySelector("#matrix").innerText`); !strings.Contains(note, "The JSON has all that was kept") {
		t.Error("the page does not say that it leaves transcripts out")
	}
}

// seeAttachment: a page that is attached runs its script, in a frame that reaches nothing, and not before it is looked at:
// what draws by the size of its text would draw nothing while it is folded.
func seeAttachment(t *testing.T, b *pagetest.Browser) {
	suite := fixtureSuite()
	suite.Rules[2].Attachments = []Attachment{{"history", "text/html", []byte("<!doctype html>\r\n<body><p id=out>a history</p><script>\n" +
		"let reached = 0; try { parent.document.title = 'reached'; reached = 1; } catch {}\r\n" +
		"const drawn = out.getBoundingClientRect().width > 0; onmessage = e => e.source.postMessage([reached, self.origin, drawn], '*')</script>")}}
	p := open(t, b, &Report{Suites: []*Suite{suite}})
	time.Sleep(500 * time.Millisecond) // for a page that would draw itself too early
	pagetest.Eval[bool](p, `self.said = [], addEventListener("message", e => self.said.push(e.data)), (d => { d.open = true; d.scrollIntoView(); })(document.querySelector(".attached")), true`)
	for deadline := time.Now().Add(30 * time.Second); pagetest.Eval[int](p, `frames[0].postMessage("say", "*"), self.said.length`) == 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the script of the attached page did not run")
		}
	}
	if got := pagetest.Eval[string](p, `JSON.stringify(self.said[0])`); got != `[0,"null",true]` {
		t.Errorf("the attached page reports %s: want that it did not reach the page, has no origin, and has a width", got)
	}
	if title := pagetest.Eval[string](p, `document.title`); title == "reached" {
		t.Error("the attached page has changed the page around it")
	}
	// Only that script may run: not one that got into the page as markup, nor an attribute.
	pagetest.Eval[bool](p, `document.body.insertAdjacentHTML("beforeend", "<b onclick='self.hit = 1' id=b>"), document.querySelector("#b").click(), (s => { s.textContent = "self.hit = 2"; document.body.append(s); })(document.createElement("script")), true`)
	if pagetest.Eval[bool](p, `"hit" in self`) {
		t.Error("another script ran in the page")
	}
}
