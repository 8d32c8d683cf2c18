package store

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// smallTables makes Pebble change its log and write tables all the time.
const smallTables = 64 << 10

// A power cut leaves what was synced, and any part of what was not. It comes at any moment, and comes again when the
// store has been opened anew.
func TestPowerLoss(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(3, seed))
		fs, j := vfs.NewCrashableMem(), newJournal(16)
		for round := range 5 {
			d := openDisk(t, DiskConfig{FS: fs, memTable: smallTables})
			if err := j.check(d); err != nil {
				t.Fatalf("seed %d, after %d power cuts: %v", seed, round, err)
			}
			cut := make(chan *vfs.MemFS, 1)
			after := time.Duration(r.IntN(20)) * time.Millisecond
			lost := make(chan struct{})
			// What is known must not be younger than the clone: who is told after the cut was not told.
			frozen := newJournal(len(j))
			go func() {
				time.Sleep(after)
				j.copyTo(frozen)
				cut <- fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.IntN(101), RNG: r})
				close(lost)
			}()
			j.use(d, 1000, func(uint64) bool {
				select {
				case <-lost:
					return true
				default:
					return false
				}
			}, nil)
			fs = <-cut
			mustClose(t, d)
			for i, v := range j { // tried may be anything up to now
				v.acked.Store(frozen[i].acked.Load())
				v.seen.Store(frozen[i].seen.Load())
			}
		}
		if j.acknowledged() < 100 {
			t.Errorf("seed %d says nothing: %d sets were acknowledged", seed, j.acknowledged())
		}
	}
}

// A kill leaves all that was written, synced or not. This one is at a set's acknowledgement, where TestKill is at
// random.
func TestKilledAtAnAcknowledgement(t *testing.T) {
	for _, sync := range bothSyncs {
		fs := vfs.NewCrashableMem()
		d := openDisk(t, DiskConfig{FS: fs, Sync: sync, memTable: smallTables})
		everything := crash(100, 4)
		j := newJournal(1)
		for range 20 {
			last := j[0].tried.Load() + 10
			j.use(d, 3000, func(version uint64) bool { return version > last }, nil)
			after := openDisk(t, DiskConfig{FS: fs.CrashClone(everything), Sync: sync})
			if err := j.check(after); err != nil {
				t.Errorf("sync %s: %v", sync, err)
			}
			mustClose(t, after)
		}
		mustClose(t, d)
	}
}

func crash(unsynced int, seed uint64) vfs.CrashCloneCfg {
	return vfs.CrashCloneCfg{UnsyncedDataPercent: unsynced, RNG: rand.New(rand.NewPCG(5, seed))}
}
