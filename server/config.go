package server

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"memlite/server/store"
)

// Defaults for the zero values of Config.
const (
	DefaultMaxClients = 1024
	DefaultMaxValue   = 1 << 20 // bytes
)

const maxVersion = minRoom / 2 // bytes, so that the reply fits

// Config says how a Server behaves. The zero value is usable.
type Config struct {
	// Dialect names the grammar on the wire; "" means "lite".
	Dialect string
	// Version is what the classic dialect's version command says; "" means "memlite".
	Version string
	// MaxClients is how many clients are served at once; 0 means DefaultMaxClients. The next one is refused.
	MaxClients int
	// MaxValue is the size in bytes of the largest value that is stored; 0 means DefaultMaxValue.
	MaxValue int
	// IdleTimeout is how long a client may neither send a byte nor take one before it is let go; 0 means for ever. Up
	// to a quarter more may pass.
	IdleTimeout time.Duration
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
	if names := dialectNames(); !slices.Contains(names, c.Dialect) {
		problems = append(problems, fmt.Errorf("dialect %q is not known; there is: %s", c.Dialect, strings.Join(names, ", ")))
	}
	if n := len(c.Version); n > maxVersion {
		problems = append(problems, fmt.Errorf("version: %d bytes, at most %d", n, maxVersion))
	}
	if c.IdleTimeout < 0 {
		problems = append(problems, fmt.Errorf("idle timeout: %v is less than 0", c.IdleTimeout))
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
		c.Dialect = dialects[0].name
	}
	if c.Version == "" {
		c.Version = "memlite"
	}
	if c.MaxClients == 0 {
		c.MaxClients = DefaultMaxClients
	}
	if c.MaxValue == 0 {
		c.MaxValue = DefaultMaxValue
	}
	return c
}
