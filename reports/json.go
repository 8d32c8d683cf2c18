package reports

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strconv"
)

// document is a file of several runs and suites. A single one is written bare, as its own schema says.
type document struct {
	Schema     string      `json:"schema"`
	Runs       []*Run      `json:"runs"`
	Suites     []*Suite    `json:"suites"`
	Comparison *Comparison `json:"comparison,omitempty"`
}

// JSON writes the report without loss. What Read made of a file of memlite's, JSON writes as it was, to the byte.
func JSON(w io.Writer, r *Report) error {
	d := document{Schema: ReportSchema, Runs: []*Run{}, Suites: []*Suite{}, Comparison: r.Comparison}
	for _, run := range r.Runs {
		c := *run
		if c.Schema = RunSchema; len(c.Intervals) > 0 {
			c.Intervals = []*Interval{} // theirs is the bulk of a file: see intervals
		}
		d.Runs = append(d.Runs, &c)
	}
	for _, suite := range r.Suites {
		c := *suite
		c.Schema, c.Verdict, c.Score = SuiteSchema, visible(grade(suite).Text), scores(suite.Rules)
		d.Suites = append(d.Suites, &c)
	}
	var v any = d
	switch {
	case len(d.Runs) == 1 && len(d.Suites) == 0:
		v = d.Runs[0]
	case len(d.Runs) == 0 && len(d.Suites) == 1:
		v = d.Suites[0]
	case len(d.Runs)+len(d.Suites) == 0:
		return errEmpty
	}
	b, err := encodeJSON(v, "")
	if err != nil {
		return err
	}
	return withIntervals(w, b, r.Runs)
}

// noIntervals stands where a run without them has them, and nowhere else: in a string its quotes would be escaped.
const noIntervals = `"intervals": []`

// withIntervals writes b, the JSON of runs without their intervals, and those where they belong, one by one: package
// json would hold an hour of them in memory three times over.
func withIntervals(w io.Writer, b []byte, runs []*Run) error {
	out := bufio.NewWriter(w)
	for _, run := range runs {
		if run.Intervals == nil {
			continue // null
		}
		at := bytes.Index(b, []byte(noIntervals)) + len(noIntervals) - len("]")
		indent := string(b[bytes.LastIndexByte(b[:at], '\n') : at-len(noIntervals)+len("]")]) // a line's end and spaces
		out.Write(b[:at])
		for i, v := range run.Intervals {
			text, err := encodeJSON(v, indent[1:]+" ")
			if err != nil {
				return err
			}
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteString(indent + " ")
			out.Write(bytes.TrimSuffix(text, []byte("\n")))
		}
		if len(run.Intervals) > 0 {
			out.WriteString(indent)
		}
		b = b[at:]
	}
	out.Write(b)
	return out.Flush()
}

func encodeJSON(v any, prefix string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent(prefix, " ")
	err := e.Encode(v)
	return b.Bytes(), err
}

var errEmpty = errors.New("there is no run and no suite in it")

// largest is the size above which Read does not try. An hour's run with a hundred intervals a minute is a tenth of it.
const largest = 1 << 30

// Read reads a report that JSON wrote. The error says in one line what is wrong with the file, and where.
func Read(path string) (*Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var text bytes.Buffer
	if info, err := f.Stat(); err == nil {
		text.Grow(int(min(info.Size(), largest)) + bytes.MinRead) // in one piece: doubling would take three times as much
	}
	if _, err := text.ReadFrom(io.LimitReader(f, largest+1)); err != nil {
		return nil, err
	}
	b := text.Bytes()
	if len(b) > largest {
		return nil, fmt.Errorf("%s: larger than 1 GiB: not a report of memlite", visible(path))
	}
	r, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", visible(path), visible(err.Error()))
	}
	return r, nil
}

var schemaName = regexp.MustCompile(`^"memlite\.(run|suite|report)/([0-9]{1,9})"$`)

func parse(b []byte) (*Report, error) {
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, errors.New("the file is empty")
	}
	var head struct {
		Schema json.RawMessage `json:"schema"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, explain(b, err)
	}
	if head.Schema == nil {
		return nil, errors.New(`not a report of memlite: it has no "schema"`)
	}
	m := schemaName.FindSubmatch(head.Schema)
	if m == nil {
		return nil, fmt.Errorf("not a report of memlite: its schema is %.60s", head.Schema)
	}
	kind := string(m[1])
	if version, _ := strconv.Atoi(string(m[2])); version != 1 {
		return nil, fmt.Errorf("its schema is memlite.%s/%d, this memlite reads memlite.%[1]s/1: read it with a newer memlite", kind, version)
	}
	r := new(Report)
	var err error
	switch kind {
	case "run":
		r.Runs = []*Run{new(Run)}
		err = decode(b, r.Runs[0])
	case "suite":
		r.Suites = []*Suite{new(Suite)}
		err = decode(b, r.Suites[0])
	case "report":
		var d document
		err = decode(b, &d)
		r.Runs, r.Suites, r.Comparison = d.Runs, d.Suites, d.Comparison
	}
	if err != nil {
		return nil, err
	}
	if err := check(r, kind == "report"); err != nil {
		return nil, err
	}
	return r, nil
}

// decode is strict: what is not as memlite writes it would be lost, or be something else, at the next writing.
func decode(b []byte, v any) error {
	if err := follows(b, reflect.TypeOf(v).Elem()); err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

// explain adds the place to an error of encoding/json's about the whole.
func explain(b []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		if len(bytes.TrimSpace(b[min(int(syntax.Offset), len(b)):])) == 0 && syntax.Error() == "unexpected end of JSON input" {
			return fmt.Errorf("cut off: the JSON ends in the middle, at %s", position(b, int64(len(b))))
		}
		return fmt.Errorf("not JSON at %s: %s", position(b, syntax.Offset), syntax)
	case errors.As(err, &kind):
		return fmt.Errorf("not a report of memlite: it is no JSON object (the first thing in it is of the kind %s)", kind.Value)
	}
	return err
}

// position is where the byte at offset (counted from 1) stands, as editors count.
func position(b []byte, offset int64) string {
	before := b[:max(0, min(offset-1, int64(len(b))))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - (bytes.LastIndexByte(before, '\n') + 1) + 1
	return fmt.Sprintf("line %d, column %d", line, column)
}
