package reports

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const schemaFile = "schema/report-1.json"

// narrowed is what the schema says of fields beyond their type. TestReadIsAsStrictAsTheSchema holds check to it.
var narrowed = map[string]node{
	"Run.schema":            {"const": RunSchema},
	"Suite.schema":          {"const": SuiteSchema},
	"Report.schema":         {"const": ReportSchema},
	"Run.arrival":           {"enum": []string{"closed", "constant", "poisson", "mixed", "trace"}},
	"Run.trial":             {"enum": []string{TrialOfSearch, TrialOfScan}},
	"Stage.arrival":         {"enum": []string{"closed", "constant", "poisson"}},
	"Objective.unit":        {"enum": []string{unitTime, unitRate, unitCount, unitShare}},
	"Rule.level":            {"enum": levels},
	"LevelScore.level":      {"enum": levels},
	"Rule.status":           {"enum": []Status{Passed, Failed, NotRun, Inconclusive}},
	"Suite.seed":            {"minimum": math.MinInt64, "maximum": math.MaxInt64},
	"Run.rate":              {"minimum": 0},
	"Stage.rate":            {"minimum": 0},
	"Stage.to":              {"minimum": 0},
	"Generator.busy":        {"minimum": 0},
	"Generator.cpu_seconds": {"minimum": 0},
	"Objective.limit":       {"minimum": 0},
	"Objective.actual":      {"minimum": 0},
	"Rule.attachments":      {"maxItems": mostAttachments},
	"Suite.observed":        {"maxItems": mostObserved},
	"Run.objectives":        {"maxItems": mostObjectives},
	"Run.agents":            {"maxItems": mostAgents},
	"Agent.share":           {"minimum": 0, "maximum": 1},
	"Agent.clock_offset_ns": {"minimum": -mostOffset, "maximum": mostOffset},
	"Agent.started_ns":      {"minimum": -longest},
	"Interval.missing":      {"minimum": 0, "maximum": 1},
	"Comparison.unit":       {"enum": []string{UnitRun, UnitBlock}},
	"Difference.unit":       {"enum": []string{unitTime, unitRate, unitShare}},
	"Difference.verdict":    {"enum": verdictsOfDifference},
	"Difference.p":          {"minimum": 0, "maximum": 1},
	"RuleChange.change":     {"enum": changesOfRule},
	"RuleChange.level":      {"enum": levels},
	"Gate.unit":             {"enum": []string{unitRelative, unitTime, unitShare}},
	"Histogram.hdr":         {"minLength": 1},
	"Histogram.too_high":    {"description": "how many of the samples were above 60 s and count as 60 s"},
}

type node = map[string]any

// newSchema makes the schema from the types.
func newSchema(t *testing.T) []byte {
	comments := fieldComments(t)
	defs := node{}
	var define func(reflect.Type) node
	form := func(f reflect.Type) node {
		switch jsonForm(f) {
		case anObject:
			if f.Kind() == reflect.Map {
				return node{"type": "object", "additionalProperties": define(jsonType(f.Elem()))}
			}
		case aTime:
			return node{"type": "string", "format": "date-time"}
		case inBase64:
			return node{"type": "string", "contentEncoding": "base64"}
		case aString:
			return node{"type": "string"}
		case aBool:
			return node{"type": "boolean"}
		case aNumber:
			return node{"type": "number"}
		case whole:
			if f == reflect.TypeFor[time.Duration]() {
				return node{"type": "integer", "minimum": 0, "maximum": longest}
			}
			return node{"type": "integer", "minimum": 0, "maximum": most}
		case aList:
			return node{"type": "array", "items": define(jsonType(f.Elem()))}
		}
		return nil
	}
	define = func(f reflect.Type) node {
		if f.Kind() != reflect.Struct || jsonForm(f) == aTime {
			return form(f)
		}
		name := typeName(f)
		ref := node{"$ref": "#/$defs/" + name}
		if defs[name] != nil {
			return ref
		}
		properties, required := node{}, []string{}
		defs[name] = node{"description": comments[name], "type": "object", "properties": properties, "required": &required, "additionalProperties": false}
		for _, f := range jsonFields(f) {
			p := define(f.kind)
			if f.always {
				required = append(required, f.name)
				if f.kind.Kind() == reflect.Slice {
					p["type"] = []any{p["type"], "null"}
				}
			}
			if text := comments[name+"."+f.goName]; text != "" {
				p["description"] = text
			}
			for key, v := range narrowed[name+"."+f.name] {
				p[key] = v
			}
			properties[f.name] = p
		}
		return ref
	}
	branch := func(schema string, f reflect.Type) node {
		return node{"if": node{"properties": node{"schema": node{"const": schema}}}, "then": define(f)}
	}
	doc := node{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"$id":         "urn:" + strings.NewReplacer(".", ":", "/", ":").Replace(ReportSchema),
		"title":       "What memlite writes with --report json=FILE",
		"description": "A load run, a conformance suite, or a report of several. Names end in the unit: _ns is nanoseconds. What is not known is absent. Beyond this, numbers must agree with each other: counts with their histograms, parts with their totals.",
		"type":        "object",
		"required":    []string{"schema"},
		"properties":  node{"schema": node{"enum": []string{RunSchema, SuiteSchema, ReportSchema}}},
		"allOf": []node{
			branch(RunSchema, reflect.TypeFor[Run]()), branch(SuiteSchema, reflect.TypeFor[Suite]()), branch(ReportSchema, reflect.TypeFor[document]()),
		},
		"$defs": defs,
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(doc); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func typeName(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[histogramJSON]():
		return "Histogram"
	case reflect.TypeFor[document]():
		return "Report"
	}
	return t.Name()
}

// fieldComments are the comments of the package's structs, by Type and Type.Field.
func fieldComments(t *testing.T) map[string]string {
	t.Helper()
	files, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	text := map[string]string{}
	note := func(name string, groups ...*ast.CommentGroup) {
		for _, g := range groups {
			text[name] = strings.Join(strings.Fields(text[name]+" "+g.Text()), " ")
		}
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			d, ok := n.(*ast.GenDecl)
			if !ok || d.Tok != token.TYPE {
				return true
			}
			for _, s := range d.Specs {
				s := s.(*ast.TypeSpec)
				note(s.Name.Name, d.Doc, s.Doc)
				if st, ok := s.Type.(*ast.StructType); ok {
					for _, field := range st.Fields.List {
						for _, name := range field.Names {
							note(s.Name.Name+"."+name.Name, field.Doc, field.Comment)
						}
					}
				}
			}
			return true
		})
	}
	text["Report"] = "Several runs and suites in one file."
	text["Histogram"] = "Latencies in nanoseconds."
	return text
}

// The schema is that of the types as they are.
func TestSchemaIsOfTheTypes(t *testing.T) {
	want := newSchema(t)
	if *update {
		if err := os.WriteFile(schemaFile, want, 0o666); err != nil {
			t.Fatal(err)
		}
		Schema = string(want)
	}
	if Schema != string(want) {
		t.Errorf("%s is not that of the types: make golden writes it again. Diff (-file +types):\n%s", schemaFile, cmp.Diff(Schema, string(want)))
	}
}
