package pagetest

import (
	"bytes"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Audit fails the test for everything about the page that some reader would stumble over. It leaves the page as it is on a
// desktop, in light colours, with everything unfolded.
func (p *Page) Audit() {
	p.t.Helper()
	p.Named()
	p.None("structure", `audit.structure()`)
	p.shoot("")
	p.paper()
	p.Unfold()
	for _, width := range []int64{Phone, Desktop} {
		p.Resize(width)
		p.None(fmt.Sprintf("%d wide", width), `audit.fit()`)
		p.None(fmt.Sprintf("%d wide", width), `audit.charts()`)
		for _, scheme := range []string{"dark", "light"} {
			p.Scheme(scheme)
			p.None(fmt.Sprintf("%s, %d wide", scheme, width), `audit.contrast()`)
		}
	}
}

// saysItself are the roles that a screen reader announces with their name.
var saysItself = map[string]bool{"link": true, "image": true, "img": true, "region": true, "navigation": true, "heading": true, "table": true,
	"button": true, "DisclosureTriangle": true, "Iframe": true, "columnheader": true, "rowheader": true}

// Named fails the test for what a screen reader would announce without saying what it is.
func (p *Page) Named() {
	p.t.Helper()
	tree, err := chromedp.Call(p.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	p.must(err)
	counts := map[string]int{}
	for _, n := range tree.Nodes {
		if n.Ignored || n.Role == nil {
			continue
		}
		role := string(bytes.Trim(n.Role.Value, `"`))
		if !saysItself[role] {
			continue
		}
		counts[role]++
		if n.Name == nil || len(bytes.Trim(n.Name.Value, `" `)) == 0 {
			p.t.Errorf("a screen reader has no name for a %s", role)
		}
	}
	if counts["heading"] == 0 {
		p.t.Error("a screen reader finds no heading")
	}
}

// paper prints the page, folded as it is, and looks at it as it is printed.
func (p *Page) paper() {
	p.t.Helper()
	p.Paper(true)
	p.Resize(718) // A4 between margins of a centimetre
	p.None("on paper", `audit.paper()`)
	p.None("on paper", `audit.contrast()`)
	p.None("on paper", `audit.charts()`)
	p.Paper(false)
	p.Resize(Desktop)
	printed, err := chromedp.Run(p.ctx, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4)))
	p.must(err)
	if !bytes.HasPrefix(printed, []byte("%PDF-")) || len(printed) < 5000 {
		p.t.Errorf("printed as %d bytes", len(printed))
	}
	p.save("print.pdf", printed)
}

type focus struct {
	At     int
	Name   string
	Ring   bool
	InView bool
}

// Walk goes through the page with the tab key: everything that can be acted upon must be reached, in the order in which it
// stands, be in view, and be seen to have the focus.
func (p *Page) Walk() {
	p.t.Helper()
	want := Eval[[]string](p, `audit.reachable()`)
	p.settle()
	for i, name := range want {
		p.Press(kb.Tab)
		got := Eval[focus](p, `audit.focused()`)
		switch {
		case got.At != i:
			p.t.Errorf("tab %d leads to %s, want %s", i+1, got.Name, name)
			return
		case !got.Ring:
			p.t.Errorf("nobody sees that the focus is on %s", name)
		case !got.InView:
			p.t.Errorf("the focus is on %s, which is out of view", name)
		}
	}
}

// settle waits until the page takes keys: Chromium loses those that come before its compositor has seen the page.
func (p *Page) settle() {
	p.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		p.Press(kb.Tab)
		if Eval[bool](p, `document.activeElement !== document.body && (document.activeElement.blur(), scrollTo(0, 0), getSelection().removeAllRanges(), true)`) {
			break
		}
		if time.Now().After(deadline) {
			p.t.Fatal("the tab key leads nowhere")
		}
	}
	// Where the focus was is where the next tab starts, so it starts over at the top.
	Eval[bool](p, `(e => { e.tabIndex = -1; e.focus(); e.removeAttribute("tabindex"); })(document.body), true`)
}

// Hover points at values of every chart that is shown, and returns what they say. Every one must say something.
func (p *Page) Hover() []string {
	p.t.Helper()
	type spot struct{ X, Y float64 }
	var said []string
	for i := range Eval[int](p, `audit.values()`) {
		at := Eval[spot](p, fmt.Sprintf(`audit.value(%d)`, i))
		p.must(chromedp.Do(p.ctx, chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at.X, at.Y)))
		text := Eval[string](p, fmt.Sprintf(`audit.hovered(%d)`, i))
		if text == "" {
			p.t.Errorf("value %d of the charts says nothing where it is pointed at", i)
		}
		said = append(said, text)
	}
	return said
}
