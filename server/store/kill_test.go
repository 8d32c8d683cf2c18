//go:build unix

package store

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// killFolder is where this binary, run as a child, finds which folder to use until it is killed.
const killFolder = "MEMLITE_TEST_KILL"

func TestMain(m *testing.M) {
	if folder := os.Getenv(killFolder); folder != "" {
		fmt.Println(beKilled(folder, Sync(os.Getenv(killFolder+"_SYNC"))))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// beKilled sets and reads and says each step on standard output, where a write is one system call: what was said is
// with the parent whatever happens next.
func beKilled(folder string, sync Sync) error {
	d, err := OpenDisk(DiskConfig{Dir: folder, Sync: sync, memTable: 256 << 10})
	if err != nil {
		return err
	}
	j := newJournal(killKeys)
	for i, v := range j {
		item, _ := d.Get(journalKey(i))
		if len(item.Value) == 0 {
			continue
		}
		version, err := journalVersion(item.Value)
		if err != nil {
			return err
		}
		v.tried.Store(version)
	}
	j.use(d, 200, func(uint64) bool { return false }, func(step byte, key int, version uint64) {
		fmt.Fprintf(os.Stdout, "%c %d %d\n", step, key, version)
	})
	return fmt.Errorf("a set failed")
}

const killKeys = 16

// TestKill kills a process that uses a store at a random moment, again and again on the same folder.
// MEMLITE_KILL_ROUNDS says how often (make soak: 50); 5 times if it does not.
func TestKill(t *testing.T) {
	rounds := 5
	if n, err := strconv.Atoi(os.Getenv("MEMLITE_KILL_ROUNDS")); err == nil {
		rounds = n
	}
	for _, sync := range bothSyncs {
		t.Run(string(sync), func(t *testing.T) {
			c := DiskConfig{Dir: filepath.Join(t.TempDir(), "store"), Sync: sync}
			r := rand.New(rand.NewPCG(6, 6))
			j := newJournal(killKeys)
			for round := range rounds {
				runAndKill(t, c, j, time.Duration(r.IntN(60_000))*time.Microsecond)
				d := openDisk(t, c)
				if err := j.check(d); err != nil {
					t.Fatalf("after kill %d: %v", round+1, err)
				}
				mustClose(t, d)
			}
			if n := j.acknowledged(); n < uint64(rounds*killKeys) {
				t.Errorf("says nothing: %d sets were acknowledged", n)
			}
		})
	}
}

// runAndKill runs the child, kills it some time after its first set was acknowledged, and enters into j what it said.
func runAndKill(t *testing.T, c DiskConfig, j journal, after time.Duration) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), killFolder+"="+c.Dir, killFolder+"_SYNC="+string(c.Sync))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Process.Kill()
	deadline := time.AfterFunc(20*time.Second, func() { child.Process.Kill() })
	defer deadline.Stop()
	lines, said, killing := bufio.NewReader(out), 0, false
	for {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			break // what is left of a line is a step that was not told
		}
		if err != nil {
			t.Fatal(err)
		}
		var step byte
		var key int
		var version uint64
		if _, err := fmt.Sscanf(line, "%c %d %d\n", &step, &key, &version); err != nil {
			t.Fatalf("the child says %q", strings.TrimSpace(line))
		}
		switch step {
		case 't':
			raise(&j[key].tried, version)
		case 'a':
			raise(&j[key].acked, version)
			if said++; !killing && said >= killKeys {
				killing = true
				time.AfterFunc(after, func() { child.Process.Kill() })
			}
		case 's':
			raise(&j[key].seen, version)
		}
	}
	if err := child.Wait(); child.ProcessState.ExitCode() != -1 {
		t.Fatalf("the child ended by itself: %v", err)
	}
	if !killing {
		t.Fatalf("the child acknowledged %d sets in 20 s", said)
	}
}
