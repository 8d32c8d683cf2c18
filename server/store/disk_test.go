package store

import (
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

var bothSyncs = []Sync{SyncAlways, SyncNever}

// openDisk opens a store that logs nothing.
func openDisk(t testing.TB, c DiskConfig) *Disk {
	t.Helper()
	d, err := tryDisk(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func tryDisk(c DiskConfig) (*Disk, error) {
	c.Logger = slog.New(slog.DiscardHandler)
	if c.Dir == "" {
		c.Dir = "store"
	}
	return OpenDisk(c)
}

func mustClose(t testing.TB, s Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}

func TestDisk(t *testing.T) {
	for _, sync := range bothSyncs {
		t.Run(string(sync), func(t *testing.T) {
			testStore(t, func(t *testing.T, c MemoryConfig) Store {
				return openDisk(t, DiskConfig{FS: vfs.NewMem(), Sync: sync, MaxMemory: c.MaxMemory, now: c.Now})
			})
		})
		t.Run(string(sync)+" on a real disk", func(t *testing.T) {
			testStore(t, func(t *testing.T, c MemoryConfig) Store {
				return openDisk(t, DiskConfig{Dir: t.TempDir(), Sync: sync, MaxMemory: c.MaxMemory, now: c.Now})
			})
		})
	}
}

func TestDiskConfigSaysWhatIsWrong(t *testing.T) {
	for _, c := range []DiskConfig{{}, {Dir: "d", Sync: "sometimes"}} {
		if _, err := OpenDisk(c); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}

func TestAValueIsThereAfterARestart(t *testing.T) {
	big := strings.Repeat("x", 2*maxBatch) // larger than a batch should be
	for _, sync := range bothSyncs {
		fs := vfs.NewMem()
		for round := range 3 {
			d := openDisk(t, DiskConfig{FS: fs, Sync: sync})
			if round > 0 {
				wantValue(t, d, "again", fmt.Sprint("round ", round-1))
				wantValue(t, d, "empty", "")
				wantValue(t, d, "\x00\xff", big)
				if d.Len() != 3 {
					t.Errorf("%s: %d keys, want 3", sync, d.Len())
				}
			}
			mustSet(t, d, []byte("again"), fmt.Append(nil, "round ", round))
			mustSet(t, d, []byte("empty"), nil)
			mustSet(t, d, []byte("\x00\xff"), []byte(big))
			mustClose(t, d)
		}
	}
}

func TestAClosedStoreTakesNoSets(t *testing.T) {
	d := openDisk(t, DiskConfig{FS: vfs.NewMem()})
	mustClose(t, d)
	mustClose(t, d) // a second call does nothing
	if done, err := d.Set([]byte("k"), Item{}, nil); !done || err == nil {
		t.Errorf("a set after Close: %v, %v", done, err)
	}
	if d.Size() != 0 {
		t.Errorf("a refused set counts for %d bytes", d.Size())
	}
}

// A system clock that was set back must not give timestamps below those on the disk: the old value would win.
func TestTheClockStaysAboveTheTimestampsOnTheDisk(t *testing.T) {
	fs := vfs.NewMem()
	d := openDisk(t, DiskConfig{FS: fs, now: func() int64 { return 1 << 60 }})
	mustSet(t, d, []byte("k"), []byte("old"))
	mustSet(t, d, []byte("other"), []byte("x"))
	mustClose(t, d)
	d = openDisk(t, DiskConfig{FS: fs, now: func() int64 { return 1000 }})
	mustSet(t, d, []byte("k"), []byte("new"))
	wantValue(t, d, "k", "new")
	mustClose(t, d)
	d = openDisk(t, DiskConfig{FS: fs})
	wantValue(t, d, "k", "new")
	mustClose(t, d)
}

// A set is not visible before it is safe: the file system is stopped in the middle of a commit.
func TestNobodySeesASetBeforeItIsSafe(t *testing.T) {
	fs := newGate(vfs.NewMem())
	d := openDisk(t, DiskConfig{FS: fs})
	mustSet(t, d, []byte("k"), []byte("old"))
	fs.shut()
	w := make(waiter, 1)
	if done, err := d.Set([]byte("k"), Item{Value: []byte("new")}, w); done || err != nil {
		t.Fatalf("set: %v, %v", done, err)
	}
	await(t, "the commit comes to the sync", fs.arrived)
	wantValue(t, d, "k", "old")
	select {
	case <-w:
		t.Fatal("acknowledged before the sync")
	default:
	}
	fs.open()
	if err := await(t, "the set is told", w); err != nil {
		t.Fatal(err)
	}
	wantValue(t, d, "k", "new")
	mustClose(t, d)
}

// await waits for what must come.
func await[T any](t *testing.T, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(10 * time.Second):
		t.Fatalf("waited in vain: %s", what)
	}
	return v
}

// Sets of one key in one commit: the last of them stays, in memory and on the disk.
func TestSetsOfOneKeyInOneCommitKeepTheirOrder(t *testing.T) {
	mem := vfs.NewMem()
	fs := newGate(mem)
	d := openDisk(t, DiskConfig{FS: fs})
	fs.shut()
	w := make(waiter, 11)
	d.Set([]byte("first"), Item{}, w)
	await(t, "the commit comes to the sync", fs.arrived)
	for i := range 10 {
		d.Set([]byte("k"), Item{Value: fmt.Append(nil, i)}, w)
	}
	fs.open()
	for range cap(w) {
		if err := await(t, "the set is told", w); err != nil {
			t.Fatal(err)
		}
	}
	wantValue(t, d, "k", "9")
	mustClose(t, d)
	d = openDisk(t, DiskConfig{FS: mem})
	wantValue(t, d, "k", "9")
	mustClose(t, d)
}

func TestCloseWaitsForPendingSets(t *testing.T) {
	mem := vfs.NewMem()
	fs := newGate(mem)
	d := openDisk(t, DiskConfig{FS: fs})
	fs.shut()
	w := make(waiter, 100)
	for i := range cap(w) {
		d.Set(fmt.Append(nil, i), Item{Value: []byte("v")}, w)
	}
	closed := make(chan error, 1)
	go func() { closed <- d.Close() }()
	await(t, "the commit comes to the sync", fs.arrived)
	fs.open()
	if err := await(t, "the store is closed", closed); err != nil {
		t.Fatal(err)
	}
	for range cap(w) {
		select {
		case err := <-w:
			if err != nil {
				t.Fatal(err)
			}
		default:
			t.Fatal("Close returned before every set was told")
		}
	}
	d = openDisk(t, DiskConfig{FS: mem})
	if d.Len() != cap(w) {
		t.Errorf("%d keys, want %d", d.Len(), cap(w))
	}
	mustClose(t, d)
}

func TestOnCommitCountsEverySet(t *testing.T) {
	sets, commits := 0, 0
	d := openDisk(t, DiskConfig{FS: vfs.NewMem(), OnCommit: func(n int, took time.Duration) {
		if n < 1 || took < 0 {
			t.Errorf("%d sets in %v", n, took)
		}
		sets += n
		commits++
	}})
	w := make(waiter, 1000)
	for i := range cap(w) {
		d.Set(fmt.Append(nil, i), Item{Value: []byte("v")}, w)
	}
	mustClose(t, d)
	if sets != cap(w) || commits == 0 {
		t.Errorf("%d sets in %d commits, want %d sets", sets, commits, cap(w))
	}
}

func TestAnUpdateAllocatesNothing(t *testing.T) {
	d := openDisk(t, DiskConfig{FS: vfs.NewMem()})
	defer d.Close()
	key, value, w := []byte("a-key-of-thirty-two-bytes-length"), []byte("value"), make(waiter, 64)
	update := func() {
		for range cap(w) {
			d.Set(key, Item{Value: value}, w)
		}
		for range cap(w) {
			<-w
		}
	}
	for range 100 { // queues and batches grow
		update()
	}
	// MemFS allocates when a file grows, Pebble when a table is full; the loop here nothing.
	if n := testing.AllocsPerRun(100, update) / float64(cap(w)); n > 0.5 {
		t.Errorf("%.2f allocations per update", n)
	}
}

func TestWhatIsOnTheDiskOfItems(t *testing.T) {
	fs, clock := vfs.NewMem(), newTestClock()
	open := func() *Disk { return openDisk(t, DiskConfig{FS: fs, now: clock.now}) }
	d := open()
	lasting := Item{Value: []byte("v"), Flags: 7, Expires: clock.now() + 10}
	for key, item := range map[string]Item{"lasts": lasting, "expires": {Expires: clock.now() + 5}, "goes": {}, "comes back": {}} {
		if err := setItem(d, []byte(key), item); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"goes", "comes back"} {
		if err := remove(d, []byte(key)); err != nil {
			t.Fatal(err)
		}
	}
	mustSet(t, d, []byte("comes back"), nil)
	mustClose(t, d)
	clock.advance(5)
	d = open()
	got, ok := d.Get([]byte("lasts"))
	lasting.Stamp = got.Stamp
	if !ok || !reflect.DeepEqual(got, lasting) {
		t.Errorf("got %+v, %v, want %+v", got, ok, lasting)
	}
	if d.Len() != 2 || d.Size() != 2*overhead+int64(len("lasts")+len("v")+len("comes back")) {
		t.Errorf("%d keys of %d bytes", d.Len(), d.Size())
	}
	mustClose(t, d)
	// What had expired is off the disk too: not even a clock that goes back brings it in again.
	clock.advance(-5)
	d = open()
	if _, ok := d.Get([]byte("expires")); ok || d.Len() != 2 {
		t.Errorf("%d keys after the clock went back, want 2", d.Len())
	}
	mustClose(t, d)
}
