package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// compiled is the schema as somebody else's validator has it.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.AssertContent()
	if err := c.AddResource("urn:schema", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("urn:schema")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func instance(t *testing.T, b []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// What JSON writes is valid, and so is every file of testdata.
func TestJSONKeepsItsSchema(t *testing.T) {
	schema := compiled(t)
	for name, r := range map[string]*Report{
		"all": fixture(), "run": {Runs: fixtureRuns()[:1]}, "suite": {Suites: []*Suite{fixtureSuite()}}, "matrix": fixtureMatrix(), "whole": fixtureWhole(),
		"nothing known": {Suites: []*Suite{{}}, Runs: []*Run{{Arrival: "closed"}}},
	} {
		if err := schema.Validate(instance(t, jsonOf(t, r))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []string{`{}`, `[]`, `{"schema": "memlite.run/2"}`, `{"schema": "memlite.run/1"}`} {
		if schema.Validate(instance(t, []byte(bad))) == nil {
			t.Errorf("%s is valid", bad)
		}
	}
}

// Nothing that the schema refuses is read, and what is not of the types it refuses: each value of a report that has
// everything is replaced by what it is not.
func TestReadIsAsStrictAsTheSchema(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, long")
	}
	schema := compiled(t)
	r := fixtureWhole()
	for _, part := range []*Report{{Runs: r.Runs}, {Suites: r.Suites}, {Runs: []*Run{{Arrival: "closed"}}, Suites: []*Suite{{}}, Comparison: r.Comparison}} {
		whole := instance(t, jsonOf(t, part))
		tried := map[string]bool{}
		try := func(path string) {
			if tried[path] {
				return
			}
			tried[path] = true
			b, err := json.Marshal(whole)
			if err != nil {
				t.Fatal(err)
			}
			valid := schema.Validate(whole)
			_, read := parse(b)
			if valid != nil && read == nil {
				t.Errorf("%s: read, and not valid: %v", path, valid)
			}
			if valid == nil && read != nil && strings.HasPrefix(read.Error(), "at line ") {
				t.Errorf("%s: valid, and not read: %v", path, read)
			}
		}
		var walk func(path string, v any, replace func(any))
		walk = func(path string, v any, replace func(any)) {
			for _, other := range []any{nil, "x", json.Number("-1"), json.Number("1.5"), json.Number("1e99"), true, node{}, []any{}} {
				replace(other)
				try(fmt.Sprintf("%s = %v", path, other))
			}
			replace(v)
			switch v := v.(type) {
			case []any:
				for i := range v {
					walk(path+"[]", v[i], func(other any) { v[i] = other })
				}
			case node:
				for name, old := range v {
					walk(path+"."+name, old, func(other any) { v[name] = other })
					delete(v, name)
					try(path + "." + name + " is not there")
					v[name] = old
				}
				v["other"] = json.Number("1")
				try(path + ".other")
				delete(v, "other")
			}
		}
		walk("", whole, func(other any) { whole = other })
	}
}

// fixtureWhole has every field that there is.
func TestFixtureIsWhole(t *testing.T) {
	has := map[string]bool{}
	var look func(v reflect.Value)
	look = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				look(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				look(v.Index(i))
			}
		case reflect.Struct:
			if v.Type() == reflect.TypeFor[Histogram]() || jsonForm(v.Type()) == aTime {
				return
			}
			for _, f := range jsonFields(v.Type()) {
				value := v.FieldByName(f.goName)
				name := v.Type().Name() + "." + f.goName
				has[name] = has[name] || f.always || !value.IsZero()
				look(value)
			}
		}
	}
	r := fixtureWhole()
	look(reflect.ValueOf(r.Runs))
	look(reflect.ValueOf(r.Suites))
	look(reflect.ValueOf(r.Comparison))
	var lacking []string
	for name, there := range has {
		if !there {
			lacking = append(lacking, name)
		}
	}
	slices.Sort(lacking)
	if len(lacking) > 0 {
		t.Errorf("fixtureWhole has no %s: what it has not, no test of the schema sees", strings.Join(lacking, ", "))
	}
}
