package linearizability

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// patience is for a whole history. One of 320,000 operations needs seconds of it.
const patience = 5 * time.Minute

// register is the model of a key: what a get returns is what the last set has stored. Output is a number, as in access.
var register = porcupine.Model{
	Init: func() any { return uint64(0) },
	Step: func(state, input, output any) (bool, any) {
		switch in := input.(access); in.kind {
		case set:
			return true, in.number
		case del:
			return (output.(uint64) == 1) == (state.(uint64) != 0), uint64(0)
		}
		return output.(uint64) == state.(uint64), state
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v -> %v", input, output) },
}

// Verdict returns nil if h is linearizable. It is an error too if that could not be decided, or if few gets saw what another
// client had set: such a history would pass whatever the store did.
func (h History) Verdict() error {
	if others := h.readsOfOthers(); others*10 < len(h) {
		return fmt.Errorf("says nothing: %d of %d operations read what another client had set", others, len(h))
	}
	end := time.Now().Add(patience)
	for _, part := range h.parts() {
		// Not all parts at once, as porcupine would: its memory grows with the work that is under way.
		left := max(time.Until(end), time.Nanosecond) // 0 would be: no limit
		switch porcupine.CheckOperationsTimeout(register, part, left) {
		case porcupine.Ok:
		case porcupine.Unknown:
			return fmt.Errorf("inconclusive: %d operations were not judged within %s", len(h), patience)
		default:
			return fmt.Errorf("not linearizable: %s", describe(part))
		}
	}
	return nil
}

func (h History) readsOfOthers() (n int) {
	author := map[uint64]int{}
	for _, op := range h {
		if in := op.Input.(access); in.kind == set {
			author[in.number] = op.ClientId
		}
	}
	for _, op := range h {
		if v := op.Output.(uint64); op.Input.(access).kind == get && v != 0 && author[v] != op.ClientId {
			n++
		}
	}
	return n
}

// shortest is the least number of operations in a part, unless the history ends: porcupine takes a while to start.
const shortest = 64

// parts returns the history of each key, cut behind operations that overlap no other on the key. The next part begins
// with a set of what the key has then.
func (h History) parts() (parts []History) {
	byKey := map[int]History{}
	for _, op := range h {
		k := op.Input.(access).key
		byKey[k] = append(byKey[k], op)
	}
	for _, ops := range byKey {
		slices.SortFunc(ops, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
		var part History
		busyUntil := int64(-1) // when the last operation so far has returned
		for i, op := range ops {
			part = append(part, op)
			alone := busyUntil < op.Call && (i+1 == len(ops) || op.Return < ops[i+1].Call)
			busyUntil = max(busyUntil, op.Return)
			if alone && len(part) >= shortest {
				parts = append(parts, part)
				part = History{leaves(op)}
			}
		}
		parts = append(parts, part)
	}
	return parts
}

// leaves returns a set, in the place of op, of what the key has after it.
func leaves(op porcupine.Operation) porcupine.Operation {
	in := op.Input.(access)
	switch in.kind {
	case get:
		in.number = op.Output.(uint64)
	case del:
		in.number = 0
	}
	in.kind = set
	op.Input, op.Output = in, uint64(0)
	return op
}

// describe shows what of a part could not be put in order: what came behind the longest beginning that could.
func describe(part History) string {
	_, info := porcupine.CheckOperationsVerbose(register, part, time.Minute)
	var longest []porcupine.Operation
	for _, ops := range info.PartialLinearizationsOperations()[0] {
		if len(ops) > len(longest) {
			longest = ops
		}
	}
	rest := slices.Clone(part)
	for _, op := range longest {
		if i := slices.Index(rest, op); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
		}
	}
	s := fmt.Sprintf("key %d: %d of %d operations have an order", part[0].Input.(access).key, len(longest), len(part))
	if n := len(longest); n > 0 {
		s += "; the last is " + line(longest[n-1])
	}
	for _, op := range rest[:min(len(rest), 8)] {
		s += "\nbehind it: " + line(op)
	}
	return s
}

func line(op porcupine.Operation) string {
	in := op.Input.(access)
	return fmt.Sprintf("client %d, from %d to %d ns: %s %d -> %d", op.ClientId, op.Call, op.Return,
		[]string{"get", "set", "delete"}[in.kind], in.number, op.Output)
}
