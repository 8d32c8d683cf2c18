package conformance

import "testing"

func TestEscape(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		`"get k\r\n" is \x00 and é`: `"get k\r\n" is \x00 and é`,
		`\_ \* \\`:                  `\\\_ \\\* \\\`,
		"<size> </b> <!-- < a <= b": `\<size> \</b> \<!-- < a <= b`,
		"__proto__ and 1_0 and a_":  `\_\_proto\_\_ and 1_0 and a\_`,
		"2*3 and `x`":               "2\\*3 and \\`x\\`",
		"é_é":                       "é_é",
		"\xff_":                     "\xff\\_",
	} {
		if got := escape(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
