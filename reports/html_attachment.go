package reports

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"mime"
	"regexp"
	"slices"
	"strings"
)

// attachment is a document as the page offers it: a page in a frame of its own, text, or only its name.
type attachment struct {
	Name, Size, Frame, Text, Note string
}

// mostAttached bounds all attachments of a page together.
const mostAttached = 24 << 20

// attachments counts what a page holds of them and which scripts of theirs may run.
type attachments struct {
	bytes  int
	hashes []string
}

func (a *attachments) add(list []Attachment) []attachment {
	var out []attachment
	for _, from := range list {
		kind, _, _ := mime.ParseMediaType(from.MediaType)
		v := attachment{Name: visible(from.Name), Size: size(int64(len(from.Content)))}
		switch {
		case len(from.Content) == 0:
			v.Note = "It is empty."
		case a.bytes+len(from.Content) > mostAttached:
			v.Note = "It is too large for this page, and in the JSON of this report."
		case kind == "text/html":
			v.Frame = a.frame(from.Content)
		case strings.HasPrefix(kind, "text/"), kind == "application/json":
			v.Text = visibleText(string(from.Content))
		default:
			v.Note = "It is " + visible(kind) + ", and in the JSON of this report."
		}
		if v.Note == "" {
			a.bytes += len(from.Content)
		}
		out = append(out, v)
	}
	return out
}

// parsed is a page as a browser's parser sees it, so that hashes of parts of it are those of the browser.
func parsed(content []byte) string {
	s := strings.ToValidUTF8(string(content), "\ufffd")
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\ufffd").Replace(s)
}

var inlineScript = regexp.MustCompile(`(?is)<script\b[^>]*>(.*?)</script\s*>`)

// opener writes an attached page into its frame once that has a size and is drawn. While the rule is folded away it has
// none, and a page that places its parts by the size of their text would pile them up.
const opener = `"use strict";
const draw = () => requestAnimationFrame(() => requestAnimationFrame(() => {
  const page = document.getElementById("page").content;
  document.open(); document.write(page); document.close();
}));
if (innerWidth > 0) draw(); else addEventListener("resize", draw, {once: true});`

// frame is the document of a frame that shows a page. Its inline scripts are noted as those that may run; one that is not
// found does not run: nothing is let through by mistake.
func (a *attachments) frame(content []byte) string {
	page := parsed(content)
	a.allow(opener)
	for _, m := range inlineScript.FindAllStringSubmatch(page, -1) {
		a.allow(m[1])
	}
	return `<!doctype html><meta id="page" content="` + html.EscapeString(page) + `"><script>` + opener + `</script>`
}

func (a *attachments) allow(script string) {
	sum := sha256.Sum256([]byte(script))
	hash := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	if !slices.Contains(a.hashes, hash) {
		a.hashes = append(a.hashes, hash)
	}
}

// policy is the page's own, which the frames in it inherit: nothing is fetched from anywhere, and no script runs but
// those of the attachments, which their frames keep away from the page.
func (a *attachments) policy() string {
	policy := "default-src 'none'; style-src 'unsafe-inline'"
	if len(a.hashes) > 0 {
		policy += "; script-src " + strings.Join(a.hashes, " ")
	}
	return policy
}
