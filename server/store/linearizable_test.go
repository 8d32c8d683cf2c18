package store

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// access is one operation on a register: a set of value, or a get that returned it. Values are unique in a history
// and start from 1, so that 0 can stand for absent. A delete returns 1 if it has removed something.
type access struct {
	key    int
	set    bool
	delete bool
	value  uint64
}

// register is the model: what a get returns is what the last set has stored. Keys are judged one by one, because
// linearizability is local, and because one history of everything could not be decided in time.
var register = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[int][]porcupine.Operation{}
		for _, op := range history {
			k := op.Input.(access).key
			byKey[k] = append(byKey[k], op)
		}
		parts := make([][]porcupine.Operation, 0, len(byKey))
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return uint64(0) },
	Step: func(state, input, output any) (bool, any) {
		switch in := input.(access); {
		case in.set:
			return true, in.value
		case in.delete:
			return (output.(uint64) == 1) == (state.(uint64) != 0), uint64(0)
		}
		return output.(uint64) == state.(uint64), state
	},
}

// verdict judges a history. It is an error too if time runs out, or if no get saw another client's set: such a
// history would pass whatever the store did.
func verdict(history []porcupine.Operation) error {
	author := map[uint64]int{}
	for _, op := range history {
		if in := op.Input.(access); in.set {
			author[in.value] = op.ClientId
		}
	}
	others := 0
	for _, op := range history {
		if in := op.Input.(access); !in.set && !in.delete && op.Output.(uint64) != 0 && author[op.Output.(uint64)] != op.ClientId {
			others++
		}
	}
	if others*10 < len(history) {
		return fmt.Errorf("says nothing: %d of %d operations read what another client had set", others, len(history))
	}
	switch porcupine.CheckOperationsTimeout(register, history, 20*time.Second) {
	case porcupine.Ok:
		return nil
	case porcupine.Unknown:
		return fmt.Errorf("inconclusive: %d operations were not judged within 20 s", len(history))
	default:
		return fmt.Errorf("not linearizable")
	}
}

func testLinearizable(t *testing.T, s Store) {
	if err := verdict(record(t, s)); err != nil {
		t.Error(err)
	}
}

// record lets 32 clients at 16 keys and returns what each of them saw. Eight clients share each key: when the system
// stops a thread inside a lock, all who can come for it do, and 32 sets at once are more than can be judged in time.
func record(t *testing.T, s Store) []porcupine.Operation {
	const clients, keys, each = 32, 16, 150
	start := time.Now()
	histories := make([][]porcupine.Operation, clients)
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(2, uint64(c)))
			for i := range each {
				in := access{key: (c + 4*r.IntN(4)) % keys, set: r.IntN(2) == 0}
				in.delete = !in.set && r.IntN(8) == 0
				key := []byte{'k', byte(in.key)}
				op := porcupine.Operation{ClientId: c, Call: int64(time.Since(start))}
				if in.set {
					in.value = uint64(c*each + i + 1)
					if err := set(s, key, binary.BigEndian.AppendUint64(nil, in.value)); err != nil {
						t.Errorf("set: %v", err)
						return
					}
				} else if in.delete {
					switch err := remove(s, key); err {
					case nil:
						op.Output = uint64(1)
					case ErrNotFound:
						op.Output = uint64(0)
					default:
						t.Errorf("delete: %v", err)
						return
					}
				} else if v, ok := s.Get(key); ok {
					op.Output = binary.BigEndian.Uint64(v.Value)
				} else {
					op.Output = uint64(0)
				}
				op.Return = int64(time.Since(start))
				op.Input = in
				histories[c] = append(histories[c], op)
				runtime.Gosched() // few cores: without it a client is done before the next one starts
			}
		})
	}
	wg.Wait()
	var all []porcupine.Operation
	for _, h := range histories {
		all = append(all, h...)
	}
	return all
}

func TestLinearizabilityVerdictCanFail(t *testing.T) {
	op := func(client int, call, ret int64, in access, out any) porcupine.Operation {
		return porcupine.Operation{ClientId: client, Input: in, Call: call, Output: out, Return: ret}
	}
	set := func(v uint64) access { return access{set: true, value: v} }
	del := access{delete: true}
	for _, test := range []struct {
		name    string
		history []porcupine.Operation
		good    bool
	}{
		{"read after write", []porcupine.Operation{op(0, 0, 1, set(1), nil), op(1, 2, 3, access{}, uint64(1))}, true},
		{"overlapping write unseen and seen", []porcupine.Operation{
			op(0, 0, 9, set(1), nil), op(1, 1, 2, access{}, uint64(0)), op(1, 3, 4, access{}, uint64(1))}, true},
		{"stale read", []porcupine.Operation{
			op(0, 0, 1, set(1), nil), op(0, 2, 3, set(2), nil), op(1, 4, 5, access{}, uint64(1))}, false},
		{"new, then old again", []porcupine.Operation{
			op(0, 0, 1, set(1), nil), op(0, 2, 9, set(2), nil), op(1, 3, 4, access{}, uint64(2)), op(1, 5, 6, access{}, uint64(1))}, false},
		{"a value nobody set", []porcupine.Operation{
			op(0, 0, 1, set(1), nil), op(1, 2, 3, access{}, uint64(7))}, false},
		{"deleted", []porcupine.Operation{
			op(0, 0, 1, set(1), nil), op(1, 2, 3, access{}, uint64(1)), op(1, 4, 5, del, uint64(1)), op(0, 6, 7, access{}, uint64(0))}, true},
		{"deleted twice", []porcupine.Operation{
			op(0, 0, 1, set(1), nil), op(1, 2, 3, access{}, uint64(1)), op(0, 4, 6, del, uint64(1)), op(1, 5, 7, del, uint64(1))}, false},
		{"read after delete", []porcupine.Operation{
			op(0, 0, 1, set(1), nil), op(0, 2, 3, del, uint64(1)), op(1, 4, 5, access{}, uint64(1))}, false},
		{"reads that saw nobody's write", []porcupine.Operation{
			op(0, 0, 1, set(1), nil), op(0, 2, 3, access{}, uint64(1))}, false},
	} {
		if err := verdict(test.history); (err == nil) != test.good {
			t.Errorf("%s: verdict %v, want good = %v", test.name, err, test.good)
		}
	}
}
