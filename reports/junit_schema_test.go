package reports

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// junitSchema is testdata/junit-10.txt. It is read by a test of 80 lines and not by xmllint, so that the form is judged
// wherever the tests run, and strictly: what the schema does not name is a fault.
type junitSchema map[string]*junitElement

type junitElement struct {
	required, allowed []string
	times             []string // attributes that are seconds
	content           *regexp.Regexp
	text              bool
}

func readJUnitSchema(t *testing.T) junitSchema {
	t.Helper()
	b, err := os.ReadFile("testdata/junit-10.txt")
	if err != nil {
		t.Fatal(err)
	}
	schema := junitSchema{}
	for line := range strings.Lines(string(b)) {
		head, content, ok := strings.Cut(strings.TrimSpace(line), ">")
		words := strings.Fields(head)
		if !ok || strings.HasPrefix(line, "#") || len(words) == 0 {
			continue
		}
		e := &junitElement{text: strings.TrimSpace(content) == "text"}
		for _, word := range words[1:] {
			name, time := strings.CutSuffix(word, ":time")
			name, must := strings.CutSuffix(name, "!")
			e.allowed = append(e.allowed, name)
			if must {
				e.required = append(e.required, name)
			}
			if time {
				e.times = append(e.times, name)
			}
		}
		if !e.text {
			e.content = regexp.MustCompile("^" + strings.TrimSpace(content) + "$")
		}
		schema[words[0]] = e
	}
	return schema
}

// validate returns the first way in which a document breaks the schema.
func (schema junitSchema) validate(document []byte) error {
	d := xml.NewDecoder(bytes.NewReader(document))
	type level struct {
		name     string
		children string
	}
	var open []level
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		switch v := token.(type) {
		case xml.StartElement:
			name := v.Name.Local
			e := schema[name]
			if e == nil {
				return fmt.Errorf("there is no element %s", name)
			}
			if len(open) > 0 {
				open[len(open)-1].children += name + " "
			} else if name != "testsuites" && name != "testsuite" {
				return fmt.Errorf("%s is not a root", name)
			}
			var have []string
			for _, a := range v.Attr {
				if !slices.Contains(e.allowed, a.Name.Local) {
					return fmt.Errorf("%s has no attribute %s", name, a.Name.Local)
				}
				if _, err := strconv.ParseFloat(a.Value, 64); slices.Contains(e.times, a.Name.Local) && (err != nil || strings.ContainsAny(a.Value, "eE-")) {
					return fmt.Errorf("%s of %s is %q, and no number of seconds", a.Name.Local, name, a.Value)
				}
				have = append(have, a.Name.Local)
			}
			for _, a := range e.required {
				if !slices.Contains(have, a) {
					return fmt.Errorf("%s lacks its attribute %s", name, a)
				}
			}
			open = append(open, level{name: name})
		case xml.CharData:
			if len(open) > 0 && !schema[open[len(open)-1].name].text && len(bytes.TrimSpace(v)) > 0 {
				return fmt.Errorf("%s holds the text %q", open[len(open)-1].name, v)
			}
		case xml.EndElement:
			last := open[len(open)-1]
			open = open[:len(open)-1]
			if e := schema[last.name]; !e.text && !e.content.MatchString(last.children) {
				return fmt.Errorf("%s holds %s", last.name, last.children)
			} else if e.text && last.children != "" {
				return fmt.Errorf("%s holds %s, and may hold text only", last.name, last.children)
			}
		}
	}
}

func TestJUnitKeepsItsSchema(t *testing.T) {
	schema := readJUnitSchema(t)
	for name, r := range map[string]*Report{
		"all": fixture(), "matrix": fixtureMatrix(), "runs": {Runs: fixtureRuns()},
		"nothing known": {Suites: []*Suite{{}}, Runs: []*Run{{Arrival: "closed"}}},
	} {
		var b bytes.Buffer
		if err := JUnit(&b, r); err != nil {
			t.Fatal(err)
		}
		if err := schema.validate(b.Bytes()); err != nil {
			t.Errorf("%s: %v\n%s", name, err, b.String())
		}
	}
}

// TestJUnitSchemaRefuses: what the check is worth.
func TestJUnitSchemaRefuses(t *testing.T) {
	schema := readJUnitSchema(t)
	const suite = `<testsuite name="a" tests="1" failures="0" errors="0">`
	for document, want := range map[string]string{
		suite + `<testcase name="x"><properties/></testcase></testsuite>`:   "testcase holds properties",
		`<testsuites skipped="1"/>`:                                         "testsuites has no attribute skipped",
		`<testsuite name="a" tests="1" failures="0"></testsuite>`:           "testsuite lacks its attribute errors",
		`<testsuites time="1e3"/>`:                                          "no number of seconds",
		`<testcase name="x"/>`:                                              "testcase is not a root",
		suite + `<case/></testsuite>`:                                       "there is no element case",
		suite + `text</testsuite>`:                                          "holds the text",
		suite + `<system-out><failure/></system-out></testsuite>`:           "may hold text only",
		suite + `<properties><testcase name="x"/></properties></testsuite>`: "properties holds testcase",
		suite + `<properties><property name="x"/></properties></testsuite>`: "property lacks its attribute value",
	} {
		if err := schema.validate([]byte(document)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", document, err, want)
		}
	}
}
