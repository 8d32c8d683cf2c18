package pagetest

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
)

// shots is where pictures of the pages go, for people to look at: make shots.
const shots = "MEMLITE_SHOTS"

// shoot takes pictures of the page, on a desktop and on a phone, light and dark.
func (p *Page) shoot(what string) {
	p.t.Helper()
	if os.Getenv(shots) == "" {
		return
	}
	for _, size := range []struct {
		name  string
		width int64
	}{{"phone", Phone}, {"desktop", Desktop}} {
		p.Resize(size.width)
		for _, scheme := range []string{"dark", "light"} {
			p.Scheme(scheme)
			picture, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
			p.must(err)
			p.save(strings.Trim(what+"-"+size.name+"-"+scheme+".png", "-"), picture)
		}
	}
}

// save keeps a file beside the pictures, if there are to be any.
func (p *Page) save(name string, content []byte) {
	p.t.Helper()
	folder := os.Getenv(shots)
	if folder == "" {
		return
	}
	p.must(os.MkdirAll(folder, 0o777))
	name = strings.NewReplacer("/", "-", " ", "-").Replace(p.t.Name()) + "-" + name
	p.must(os.WriteFile(filepath.Join(folder, name), content, 0o666))
}

// Picture is what the page shows from the top of one element to the bottom of another, as a PNG. Both are CSS selectors of
// which the first match counts.
func (p *Page) Picture(from, to string) []byte {
	p.t.Helper()
	const margin = 12
	edge := func(selector, side string) int {
		return int(Eval[float64](p, fmt.Sprintf(`document.querySelector(%q).getBoundingClientRect().%s + scrollY`, selector, side)))
	}
	top, bottom := edge(from, "top")-margin, edge(to, "bottom")+margin
	whole, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	p.must(err)
	picture, err := png.Decode(bytes.NewReader(whole))
	p.must(err)
	shown := image.NewRGBA(image.Rect(0, 0, picture.Bounds().Dx(), bottom-top))
	draw.Draw(shown, shown.Bounds(), picture, image.Pt(0, top), draw.Src)
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	p.must(encoder.Encode(&b, shown))
	return b.Bytes()
}
