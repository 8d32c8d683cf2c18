package reports

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// A file is held against the types that it is read into, name by name, before it is decoded. encoding/json alone takes
// "Clients" for "clients", the last of two, and 0 for null and for what is missing: a figure that nobody measured. Nor
// does it say where an unknown field stands. The JSON Schema asks for the same; a test holds the two together.

// strict walks a file, whose syntax has been checked, beside a type.
type strict struct {
	tokens *json.Decoder
	text   []byte
	path   []any // the names and indexes that lead to where it is
	known  map[reflect.Type][]jsonField
}

// follows says what in the JSON of b is not as t has it, and where.
func follows(b []byte, t reflect.Type) error {
	s := &strict{tokens: json.NewDecoder(bytes.NewReader(b)), text: b, known: map[reflect.Type][]jsonField{}}
	s.tokens.UseNumber()
	return s.value(t, false)
}

// jsonField is what a struct's field is in JSON.
type jsonField struct {
	name, goName string
	kind         reflect.Type
	always       bool // written where it is zero, too: a file without it is not whole
}

func jsonFields(t reflect.Type) (list []jsonField) {
	for i := range t.NumField() {
		f := t.Field(i)
		if name, option, _ := strings.Cut(f.Tag.Get("json"), ","); name != "-" {
			list = append(list, jsonField{name, f.Name, jsonType(f.Type), option == ""})
		}
	}
	return list
}

// jsonType is the type whose form t has in JSON.
func jsonType(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[Histogram]() {
		t = reflect.TypeFor[histogramJSON]()
	}
	return t
}

// The forms that a value has in JSON, in words.
const (
	anObject = "an object"
	aList    = "a list"
	aString  = "a string"
	aTime    = "a time as 2026-03-14T15:09:26Z"
	inBase64 = "a string in base64"
	aNumber  = "a number"
	whole    = "a whole number"
	aBool    = "true or false"
)

func jsonForm(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return aTime
	case t == reflect.TypeFor[[]byte]():
		return inBase64
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return anObject
	case reflect.Slice:
		return aList
	case reflect.String:
		return aString
	case reflect.Bool:
		return aBool
	case reflect.Float64:
		return aNumber
	}
	return whole
}

// value reads one. A list that is always written may be null, which is how Go writes a nil one; nothing else may.
func (s *strict) value(t reflect.Type, orNull bool) error {
	at := s.next()
	token, err := s.tokens.Token()
	if err != nil {
		return err
	}
	form := jsonForm(t)
	switch {
	case token == nil && orNull:
		return nil
	case token == nil:
		return s.fault(at, "%s is null, where %s is expected", s.where(), form)
	case token == json.Delim('[') && form == aList:
		return s.list(jsonType(t.Elem()))
	case token == json.Delim('{') && t.Kind() == reflect.Map:
		return s.names(func(string, int64) error { return s.value(jsonType(t.Elem()), false) })
	case token == json.Delim('{') && form == anObject:
		return s.object(t, at)
	case !fits(token, form):
		return s.fault(at, "%s holds %s, where %s is expected", s.where(), found(token), form)
	}
	return nil
}

func (s *strict) list(t reflect.Type) error {
	for i := 0; s.tokens.More(); i++ {
		s.path = append(s.path, i)
		if err := s.value(t, false); err != nil {
			return err
		}
		s.path = s.path[:len(s.path)-1]
	}
	_, err := s.tokens.Token() // the bracket
	return err
}

// names reads an object's names and has their values read.
func (s *strict) names(value func(name string, at int64) error) error {
	for s.tokens.More() {
		at := s.next()
		token, err := s.tokens.Token()
		if err != nil {
			return err
		}
		name := token.(string)
		s.path = append(s.path, name)
		if err := value(name, at); err != nil {
			return err
		}
		s.path = s.path[:len(s.path)-1]
	}
	_, err := s.tokens.Token() // the brace
	return err
}

func (s *strict) object(t reflect.Type, start int64) error {
	fields, ok := s.known[t]
	if !ok {
		fields = jsonFields(t)
		s.known[t] = fields
	}
	var seen uint64 // of fields; no type has more than 64
	err := s.names(func(name string, at int64) error {
		for i, f := range fields {
			if f.name != name {
				continue
			}
			if seen&(1<<i) != 0 {
				return s.fault(at, "%s is there twice", s.where())
			}
			seen |= 1 << i
			return s.value(f.kind, f.always && f.kind.Kind() == reflect.Slice)
		}
		s.path = s.path[:len(s.path)-1]
		return s.fault(at, "unknown field %.60q in %s: misspelt, or of a newer memlite", name, s.where())
	})
	if err != nil {
		return err
	}
	for i, f := range fields {
		if f.always && seen&(1<<i) == 0 {
			return s.fault(start, "%s has no %q", s.where(), f.name)
		}
	}
	return nil
}

// fits says whether what is neither an object nor a list is of that form.
func fits(token json.Token, form string) bool {
	switch v := token.(type) {
	case bool:
		return form == aBool
	case json.Number:
		if form == whole {
			_, err := strconv.ParseInt(string(v), 10, 64)
			return err == nil
		}
		_, err := v.Float64()
		return form == aNumber && err == nil
	case string:
		switch form {
		case aString:
			return true
		case aTime:
			return new(time.Time).UnmarshalText([]byte(v)) == nil
		case inBase64:
			_, err := base64.StdEncoding.DecodeString(v)
			return err == nil
		}
	}
	return false
}

// found is a JSON value in words.
func found(token json.Token) string {
	switch v := token.(type) {
	case json.Delim:
		if v == '[' {
			return aList
		}
		return anObject
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return fmt.Sprintf("the number %.30s", v)
	}
	return fmt.Sprintf("the string %.60q", token)
}

// next is where the next token begins, counted from 1.
func (s *strict) next() int64 {
	at := s.tokens.InputOffset()
	for int(at) < len(s.text) && strings.IndexByte(" \t\r\n,:", s.text[at]) >= 0 {
		at++
	}
	return at + 1
}

// where is the path as Go and jq write it: intervals[3].operations[0].count.
func (s *strict) where() string {
	var b strings.Builder
	for _, part := range s.path {
		switch v := part.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", v)
		case string:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			fmt.Fprintf(&b, "%.60s", v)
		}
	}
	if b.Len() == 0 {
		return "the report"
	}
	return b.String()
}

func (s *strict) fault(at int64, format string, args ...any) error {
	return fmt.Errorf("at %s: %s", position(s.text, at), fmt.Sprintf(format, args...))
}
