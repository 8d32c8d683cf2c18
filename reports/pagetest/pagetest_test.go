package pagetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recorder keeps what a page is reproached with.
type recorder struct {
	testing.TB
	found []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.found = append(r.found, fmt.Sprintf(format, args...))
}

func (r *recorder) Error(args ...any) { r.found = append(r.found, fmt.Sprint(args...)) }

const good = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>a page</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body { color: #222; background: #fff } .scroll { overflow-x: auto } .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
summary, nav a { display: block; min-height: 24px } :focus-visible { outline: 2px solid #00f } table { border-collapse: collapse } .chart { width: 100% } .chart .line { stroke: #06c } @media print { .scroll { overflow: visible } nav { display: none } }</style></head>
<body><header><h1>A page</h1><nav aria-label="Contents"><a href="#one">One part</a></nav></header>
<main><section id="one" aria-labelledby="h"><h2 id="h">One</h2>
<figure><figcaption>A curve</figcaption><svg class="chart" viewBox="0 0 300 100" role="img" aria-label="a curve"><path class="line" d="M0 50H300" fill="none"/><text x="10" y="20">1 ms</text><text x="10" y="80">2 ms</text><g class="mark"><rect x="0" y="0" width="300" height="100" fill="transparent"/><title>5 ms</title></g></svg></figure>
<div class="scroll" role="region" aria-label="Figures" tabindex="0"><table><caption>Figures</caption><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead><tbody><tr><th scope="row">x</th><td>1</td></tr></tbody></table></div>
<details><summary>More of it</summary><p>This is ` + `more.</p></details></section></main><footer><p>The end</p></footer></body></html>`

// TestFaultsAreFound breaks a good page in one place at a time: each check finds what it is there for, and nothing in the good one.
func TestFaultsAreFound(t *testing.T) {
	if testing.Short() {
		t.Skip("about pages, in which nothing runs side by side")
	}
	if testing.Short() {
		t.Skip("thirty pages are opened")
	}
	b := Start(t)
	for _, c := range []struct{ name, old, new, want string }{
		{"nothing", "", "", ""},
		{"script", "<h1>", "<script>1</script><h1>", "wrote to the console"},
		{"picture from elsewhere", "<h1>", `<img src="http://192.0.2.1/x.png" alt="x"><h1>`, "something that is fetched"},
		{"picture asked for", "default-src 'none'; ", "", ""}, // with the next
		{"attribute", "<h1>", `<h1 onclick="1">`, "a script in an attribute"},
		{"heading jumps", `<h2 id="h">One</h2>`, `<h3 id="h">One</h3>`, "a heading that jumps"},
		{"no main", "main", "div", "not one main"},
		{"outside", "<footer>", "<p>lost</p><footer>", "outside every landmark"},
		{"no label", ` aria-label="a curve"`, "", "no name"},
		{"no caption", "<caption>Figures</caption>", "", "a table without a caption"},
		{"ragged table", "<td>1</td>", "<td>1</td><td>2</td>", "a row of another width"},
		{"dead link", "#one", "#two", "a link that leads nowhere"},
		{"link away", "#one", "http://192.0.2.1/", "a link to another place"},
		{"double id", `<h2 id="h">`, `<h2 id="one">`, "an id that is there twice"},
		{"pale text", "#222", "#888", "hard to read at 3.54 to 1"},
		{"faded text", "<p>The end", `<p style="opacity: .5">The end`, "hard to read"},
		{"dark only", "</style>", "@media (prefers-color-scheme: dark) { body { background: #333 } }</style>", "dark, 1200 wide: hard to read"},
		{"phone only", "</style>", "@media (max-width: 400px) { p { color: #aaa } }</style>", "light, 360 wide: hard to read"},
		{"paper only", "</style>", "@media print { p { color: #aaa } }</style>", "on paper: hard to read"},
		{"pale line", "#06c", "#ccc", "hard to see at 1.61 to 1"},
		{"too wide", "<p>The end", `<p style="width: 400px">The end`, "360 wide: the page is"},
		{"cut off", "<p>The end", `<p style="width: 20px; overflow: hidden; white-space: nowrap">The end`, "cut off"},
		{"broken word", "<p>The end", `<span class="status" style="display: block; width: 2em; overflow-wrap: anywhere; line-height: 1.5">inconclusive</span><p>The end`, "broken within a word"},
		{"scrolls without focus", `aria-label="Figures" tabindex="0"><table>`, `aria-label="Figures"><table style="width: 2000px">`, "scrolls, but not by keyboard"},
		{"scrolls on paper", ".scroll { overflow: visible }", "table { width: 2000px }", "scrolls on paper"},
		{"small target", "min-height: 24px", "font-size: 10px", "too small to hit"},
		{"labels collide", `y="80"`, `y="22"`, "texts on each other"},
		{"label outside", `x="10" y="80"`, `x="290" y="80"`, "outside its chart"},
		{"no focus ring", ":focus-visible { outline: 2px solid #00f }", "* { outline: none !important }", "nobody sees that the focus is on"},
		{"faint focus ring", "solid #00f", "solid #ddd", "nobody sees that the focus is on"},
		{"covered value", `</svg>`, `<rect width="300" height="100" fill="transparent"/></svg>`, "says nothing where it is pointed at"},
		{"nameless link", ">One part<", "><svg aria-hidden='true' width='9'></svg><", "a screen reader has no name for a link"},
	} {
		if c.name == "picture asked for" {
			c.new, c.want = "default-src 'none'; img-src http:; ", "the page asked for"
		}
		t.Run(c.name, func(t *testing.T) {
			page := strings.ReplaceAll(good, c.old, c.new)
			if c.name == "picture asked for" {
				page = strings.Replace(page, "<h1>", `<img src="http://192.0.2.1/x.png" alt="x"><h1>`, 1)
			}
			if c.old != "" && page == good {
				t.Fatalf("%s is not in the page", c.old)
			}
			path := filepath.Join(t.TempDir(), "page.html")
			if err := os.WriteFile(path, []byte(page), 0o666); err != nil {
				t.Fatal(err)
			}
			r := &recorder{TB: t}
			p := b.Open(r, path)
			p.Audit()
			p.Walk()
			p.Hover()
			found := strings.Join(r.found, "\n")
			if c.want == "" && found != "" || !strings.Contains(found, c.want) {
				t.Errorf("found %q, want %q", found, c.want)
			}
		})
	}
}
