package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Bounds of a file of targets: more is a mistake.
const (
	mostTargets     = 1000
	mostTargetsFile = 1 << 20 // bytes
)

// targetFields are what a target can have.
var targetFields = []string{"name", "addr", "start", "dir", "env", "profile", "timeout"}

// ReadTargets reads a YAML list of endpoints, each with a name, and an addr or a start command or both:
//
//	# what each may have; addr, start, dir, env and profile mean what they mean for one run
//	- name: ours
//	  start: bin/server --port {port} --data {data}
//	  dir: ../ours
//	  env: {LOG: quiet}
//	  timeout: 1m
//	- name: theirs
//	  addr: 127.0.0.1:5001
//	  profile: course
//
// An error says in which line of the file, which is called name, what is wrong. Run is what the endpoints are going to be asked
// with; only what contradicts it is looked at.
func ReadTargets(name string, text []byte, run Config) ([]Endpoint, error) {
	list, err := parseTargets(text, run)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return list, nil
}

func parseTargets(text []byte, run Config) ([]Endpoint, error) {
	if len(text) > mostTargetsFile {
		return nil, fmt.Errorf("a file of targets has at most %d bytes", mostTargetsFile)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	var document, more yaml.Node
	if err := d.Decode(&document); err == io.EOF {
		return nil, errors.New("there are no targets")
	} else if err != nil {
		return nil, yamlError(err)
	}
	if err := d.Decode(&more); err != io.EOF {
		if err != nil {
			return nil, yamlError(err)
		}
		return nil, at(&more, "a second document: there is one list of targets")
	}
	root := document.Content[0]
	if root.Kind != yaml.SequenceNode {
		return nil, at(root, "want a list of targets, each beginning with - name:")
	}
	if len(root.Content) == 0 || len(root.Content) > mostTargets {
		return nil, at(root, "%d targets: want 1 to %d", len(root.Content), mostTargets)
	}
	var list []Endpoint
	for _, node := range root.Content {
		e, err := readTarget(node)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(list, func(other Endpoint) bool { return other.Name == e.Name }) {
			return nil, at(node, "a second target called %q", e.Name)
		}
		if err := e.check(run); err != nil {
			return nil, at(node, "%w", err)
		}
		list = append(list, e)
	}
	return list, nil
}

func readTarget(node *yaml.Node) (e Endpoint, err error) {
	if node.Kind != yaml.MappingNode {
		return e, at(node, "want a target: name, and addr or start")
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if seen[key.Value] {
			return e, at(key, "%q is there twice", key.Value)
		}
		seen[key.Value] = true
		if key.Value == "env" {
			e.Env, err = environment(value)
		} else {
			err = e.set(key, value)
		}
		if err != nil {
			return e, err
		}
	}
	return e, nil
}

// set takes a field whose value is one word or one line.
func (e *Endpoint) set(key, value *yaml.Node) error {
	text, err := scalar(value)
	if !slices.Contains(targetFields, key.Value) {
		return at(key, "a target has no %q: want %s", key.Value, strings.Join(targetFields, ", "))
	}
	if err != nil {
		return fmt.Errorf("%w for %s", err, key.Value)
	}
	switch key.Value {
	case "name":
		e.Name = text
	case "addr":
		e.Addr = text
	case "start":
		e.Start = text
	case "dir":
		e.Dir = text
	case "profile":
		e.Profile = text
	case "timeout":
		if e.Timeout, err = time.ParseDuration(text); err != nil || e.Timeout <= 0 {
			return at(value, "timeout %q: want a duration such as 30s or 1m30s", text)
		}
	}
	return nil
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// environment reads variables as NAME=value, in the order of the file.
func environment(node *yaml.Node) (list []string, err error) {
	if node.Kind != yaml.MappingNode {
		return nil, at(node, "env: want names and values, as in env: {LOG: quiet}")
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if !variableName.MatchString(key.Value) {
			return nil, at(key, "env: %q is no name of a variable", key.Value)
		}
		text, err := scalar(value)
		if value.Tag == "!!str" && value.Value == "" {
			err = nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w for %s", err, key.Value)
		}
		list = append(list, key.Value+"="+text)
	}
	return list, nil
}

// scalar is a value as it is written. What YAML would take for a number or a truth is text here: 5001 is a fine name.
func scalar(node *yaml.Node) (string, error) {
	text := strings.TrimSpace(node.Value)
	if node.Kind != yaml.ScalarNode || node.Tag == "!!null" || text == "" {
		return "", at(node, "want a text")
	}
	if strings.ContainsAny(text, "\x00\n\r") {
		return "", at(node, "want a text of one line")
	}
	return text, nil
}

func at(node *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("line %d: "+format, append([]any{max(node.Line, 1)}, args...)...)
}

// yamlError is the library's error in this package's words: "yaml: line 3: mapping values are not allowed in this context".
func yamlError(err error) error {
	return errors.New(strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", "; "))
}
