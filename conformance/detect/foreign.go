package detect

import (
	"fmt"
	"strconv"
	"strings"
)

// foreign says what an answer is that no server of this protocol gives, "" if it may be one's.
func foreign(text string) string {
	binary := 0
	for _, c := range []byte(text) {
		if c < 0x20 && c != '\r' && c != '\n' && c != '\t' || c == 0x7f {
			binary++
		}
	}
	switch {
	case text == "":
		return ""
	case strings.HasPrefix(text, "HTTP/"), strings.HasPrefix(strings.ToLower(text), "<!doctype html"), strings.HasPrefix(strings.ToLower(text), "<html"):
		return fmt.Sprintf("It speaks HTTP (%s), which is another protocol.", quote(firstLine(text)))
	case strings.HasPrefix(text, "SSH-"):
		return fmt.Sprintf("It speaks SSH (%s), which is another protocol.", quote(firstLine(text)))
	case strings.HasPrefix(text, "-ERR "), strings.HasPrefix(text, "$-1\r\n"):
		return fmt.Sprintf("It speaks RESP, as Redis does (%s), which is another protocol.", quote(firstLine(text)))
	case len(text) > 2 && (text[0] == 0x15 || text[0] == 0x16) && text[1] == 3:
		return "It speaks TLS, under which this suite cannot look."
	case len(text) >= most:
		return fmt.Sprintf("It sends without an end: %s.", quote(text))
	case binary > 0:
		return fmt.Sprintf("Its answers are not lines of text (%s): perhaps messages with their lengths before them, which is another framing.", quote(text))
	}
	return ""
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimSuffix(line, "\r")
}

// quote is the beginning of an answer, on one line.
func quote(text string) string {
	switch {
	case text == "":
		return "nothing"
	case len(text) > 60:
		return strconv.QuoteToASCII(text[:60]) + "…"
	}
	return strconv.QuoteToASCII(text)
}
