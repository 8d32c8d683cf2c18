package server

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"memlite/server/store"
)

// Defaults for the zero values of Config.
const (
	DefaultMaxClients = 1024
	DefaultMaxValue   = 1 << 20 // bytes
)

// dialects are the grammars that the server speaks, by name.
var dialects = []string{"lite"}

// Config says how a Server behaves. The zero value is usable.
type Config struct {
	// Dialect names the grammar on the wire; "" means "lite".
	Dialect string
	// MaxClients is how many clients are served at once; 0 means DefaultMaxClients. The next one is refused.
	MaxClients int
	// MaxValue is the size in bytes of the largest value that is stored; 0 means DefaultMaxValue.
	MaxValue int
	// Loops is the number of event loops; 0 means one per available core.
	Loops int
	// Portable asks for the engine over package net where another would be the default.
	Portable bool
	// Store keeps the values; nil means a new store.Memory. Closing it, after Shutdown, is up to who made it.
	Store store.Store
	// Logger is told what an operator wants to know; nil means slog.Default().
	Logger *slog.Logger
}

// Validate returns everything that is wrong with c, joined, or nil.
func (c Config) Validate() error {
	var problems []error
	c = c.withDefaults()
	known := false
	for _, d := range dialects {
		known = known || d == c.Dialect
	}
	if !known {
		problems = append(problems, fmt.Errorf("dialect %q is not known; there is: %s", c.Dialect, strings.Join(dialects, ", ")))
	}
	for _, n := range []struct {
		name  string
		value int
		least int
	}{
		{"clients, at most", c.MaxClients, 1},
		{"value size, at most", c.MaxValue, 1},
		{"loops", c.Loops, 0},
	} {
		if n.value < n.least {
			problems = append(problems, fmt.Errorf("%s: %d is less than %d", n.name, n.value, n.least))
		}
	}
	return errors.Join(problems...)
}

func (c Config) withDefaults() Config {
	if c.Dialect == "" {
		c.Dialect = dialects[0]
	}
	if c.MaxClients == 0 {
		c.MaxClients = DefaultMaxClients
	}
	if c.MaxValue == 0 {
		c.MaxValue = DefaultMaxValue
	}
	return c
}
