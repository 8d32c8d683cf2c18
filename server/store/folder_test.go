package store

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// wantRefused checks that a folder is not opened, and that the one line of the error says each of these.
func wantRefused(t *testing.T, c DiskConfig, says ...string) {
	t.Helper()
	d, err := tryDisk(c)
	if err == nil {
		mustClose(t, d)
		t.Fatalf("%s was opened", c.Dir)
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("want an error that says %q, got %q", s, err)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
}

func TestAFolderInUse(t *testing.T) {
	for _, c := range []DiskConfig{{FS: vfs.NewMem()}, {Dir: filepath.Join(t.TempDir(), "a", "b")}} {
		d := openDisk(t, c)
		mustSet(t, d, []byte("k"), []byte("v"))
		wantRefused(t, c, "another server is using it", "choose another folder")
		wantValue(t, d, "k", "v")
		mustClose(t, d)
		mustClose(t, openDisk(t, c))
	}
}

func TestAFolderOfSomethingElse(t *testing.T) {
	dir := t.TempDir()
	letter := filepath.Join(dir, "letter")
	if err := os.WriteFile(letter, []byte("Dear Sir"), 0o666); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, DiskConfig{Dir: dir}, "it holds something else (letter)", "choose an empty folder")
	wantRefused(t, DiskConfig{Dir: letter}, letter)
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 1 {
		t.Errorf("something was written there: %v, %v", names, err)
	}
	newer := t.TempDir()
	if err := os.WriteFile(filepath.Join(newer, markerName), []byte("memlite store 2\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, DiskConfig{Dir: newer}, "not of this version")
}

func TestAFolderThatCannotBeWrittenTo(t *testing.T) {
	for _, err := range []error{syscall.EACCES, syscall.EROFS} {
		refused := &os.PathError{Op: "open", Path: "x", Err: err}
		for _, kind := range []errorfs.OpKind{errorfs.OpLock, errorfs.OpCreate, errorfs.OpMkdirAll} {
			fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
				if op.Kind == kind {
					return refused
				}
				return nil
			}))
			wantRefused(t, DiskConfig{FS: fs}, err.Error(), "the server must be able to write there")
		}
	}
}

// damaged returns a copy of a store that was killed, with 100 keys in tables and 100 in the log, after damage has
// been done to the files that match pattern.
func damaged(t *testing.T, pattern string, damage func(content []byte) []byte) DiskConfig {
	t.Helper()
	c := DiskConfig{Dir: filepath.Join(t.TempDir(), "store")}
	d := openDisk(t, c)
	defer mustClose(t, d)
	for i := range 200 {
		mustSet(t, d, journalKey(i), journalValue(1, 1000))
		if i == 99 {
			if err := d.db.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	copied := DiskConfig{Dir: filepath.Join(t.TempDir(), "copy")}
	if err := os.CopyFS(copied.Dir, os.DirFS(c.Dir)); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(copied.Dir, pattern))
	if err != nil || len(found) == 0 {
		t.Fatalf("there is no %s: %v", pattern, err)
	}
	name := found[len(found)-1] // the last log is the one in use
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if content = damage(content); content == nil {
		err = os.Remove(name)
	} else {
		err = os.WriteFile(name, content, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	return copied
}

// A log that ends in the middle of a write is what a crash leaves: all that was whole is there.
func TestATornTailIsLeftOut(t *testing.T) {
	for _, test := range []struct {
		name   string
		damage func([]byte) []byte
		keys   int
	}{
		{"whole", func(b []byte) []byte { return b }, 200},
		{"garbage behind it", func(b []byte) []byte { return append(b, strings.Repeat("garbage", 100)...) }, 200},
		{"zeros behind it", func(b []byte) []byte { return append(b, make([]byte, 40<<10)...) }, 200},
		{"last record cut", func(b []byte) []byte { return b[:len(b)-500] }, 199},
		{"last record changed", func(b []byte) []byte { b[len(b)-500] ^= 1; return b }, 199},
	} {
		d := openDisk(t, damaged(t, "*.log", test.damage))
		if d.Len() != test.keys {
			t.Errorf("%s: %d keys, want %d", test.name, d.Len(), test.keys)
		}
		for i := range test.keys {
			wantValue(t, d, string(journalKey(i)), string(journalValue(1, 1000)))
		}
		mustSet(t, d, []byte("more"), []byte("v"))
		mustClose(t, d)
	}
}

// Damage to what was safe is said, and not taken for the end of the log or for an empty store.
func TestDamageIsSaid(t *testing.T) {
	remove := func([]byte) []byte { return nil }
	change := func(b []byte) []byte { b[len(b)/2] ^= 1; return b }
	for _, test := range []struct {
		pattern string
		damage  func([]byte) []byte
	}{
		{"*.log", change}, {"*.sst", change}, {"*.sst", remove}, {"MANIFEST-*", remove}, {"marker.manifest*", remove},
	} {
		t.Run(test.pattern, func(t *testing.T) {
			wantRefused(t, damaged(t, test.pattern, test.damage), "damaged or missing")
		})
	}
}

// A newer memlite may write records that this one does not know.
func TestARecordOfAnotherFormat(t *testing.T) {
	for _, record := range [][]byte{{3, 0, 0, 0, 0, 0, 0, 0, 1, 'v'}, {2, 0, 0, 0, 0, 0, 0, 0, 1, 'v'}, {1, 2}, {}} {
		if _, err := parseRecord(record); err == nil {
			t.Errorf("%v was read", record)
		}
	}
	for _, item := range []Item{
		{Value: []byte("v"), Stamp: 1<<60 + 7},
		{Value: []byte("v"), Stamp: 1<<60 + 7, Flags: 1<<32 - 1, Expires: 1<<62 + 5},
		{Value: []byte{}, Stamp: 1, Expires: 1},
	} {
		to := make([]byte, recordSize(&item))
		putRecord(to, &item)
		if got, err := parseRecord(to); !reflect.DeepEqual(got, item) || err != nil {
			t.Errorf("got %+v, %v, want %+v", got, err, item)
		}
	}
}

func TestExplainKeepsTheCause(t *testing.T) {
	err := explain("d", errors.Join(io.ErrUnexpectedEOF, syscall.ENOSPC))
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "free some space") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%q", err)
	}
}
