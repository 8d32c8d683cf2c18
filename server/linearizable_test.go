package server

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"memlite/server/store"
	"memlite/server/store/linearizability"
)

// onStores runs a test with a new store of each kind.
func onStores(t *testing.T, test func(t *testing.T, s store.Store)) {
	run := func(name string, open func(t *testing.T) store.Store) {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			t.Cleanup(func() { // after the server's
				if err := s.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			test(t, s)
		})
	}
	run("memory", func(*testing.T) store.Store { return store.NewMemory() })
	for _, sync := range []store.Sync{store.SyncAlways, store.SyncNever} {
		run("disk, sync "+string(sync), func(t *testing.T) store.Store {
			s, err := store.OpenDisk(store.DiskConfig{Dir: t.TempDir(), Sync: sync})
			if err != nil {
				t.Fatal(err)
			}
			return s
		})
	}
}

// TestLinearizable has 32 clients over TCP do a few hundred operations each at 16 keys, or as many as MEMLITE_LINEARIZE says
// (make soak: 10000), and asks whether all that they saw has one order. The store's own tests do the same in process.
func TestLinearizable(t *testing.T) {
	operations, err := linearizability.Operations()
	if err != nil {
		t.Fatal(err)
	}
	onEngines(t, func(t *testing.T, cfg Config) {
		onStores(t, func(t *testing.T, s store.Store) {
			cfg.Store = s
			_, addr := start(t, cfg)
			connect := func() (linearizability.Client, error) {
				p, err := tryDial(t, addr)
				if err != nil {
					return linearizability.Client{}, err
				}
				return linearizability.Client{Get: p.get, Set: p.set}, nil
			}
			h, err := linearizability.Record(connect, operations)
			if err != nil {
				t.Fatal(err)
			}
			if err := h.Verdict(); err != nil {
				t.Error(err)
			}
			t.Logf("%d operations", len(h))
		})
	})
}

func (p *peer) get(key string) (value string, ok bool, err error) {
	p.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(p, "get "+key+"\r\n"); err != nil {
		return "", false, err
	}
	line, err := p.r.ReadString('\n')
	if err != nil || line == "NOT-FOUND\r\n" {
		return "", false, err
	}
	size, found := strings.CutPrefix(line, "VALUE "+key+" ")
	n, err := strconv.Atoi(strings.TrimSuffix(size, "\r\n"))
	if !found || err != nil || n < 0 {
		return "", false, fmt.Errorf("reply to get %s: %q", key, line)
	}
	block := make([]byte, n+len(valueEnd))
	if _, err := io.ReadFull(p.r, block); err != nil {
		return "", false, err
	}
	value, ok = strings.CutSuffix(string(block), string(valueEnd))
	if !ok {
		return "", false, fmt.Errorf("reply to get %s: %q, %q", key, line, block)
	}
	return value, true, nil
}

func (p *peer) set(key, value string) error {
	p.SetDeadline(time.Now().Add(patience))
	if _, err := fmt.Fprintf(p, "set %s %d\r\n%s\r\n", key, len(value), value); err != nil {
		return err
	}
	line, err := p.r.ReadString('\n')
	if err == nil && line != "STORED\r\n" {
		err = fmt.Errorf("reply to set %s: %q", key, line)
	}
	return err
}
