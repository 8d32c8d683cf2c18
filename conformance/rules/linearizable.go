package rules

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// registerOp is a set or a get of one of several keys; what a get found is the operation's output, "" for a miss.
type registerOp struct {
	key   int
	write bool
	value string
}

// registers is the model that a history is held against: one register for each key, each on its own.
var registers = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[int][]porcupine.Operation{}
		for _, op := range history {
			key := op.Input.(registerOp).key
			byKey[key] = append(byKey[key], op)
		}
		var parts [][]porcupine.Operation
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return "" },
	DescribeOperation: func(input, output any) string {
		op := input.(registerOp)
		switch {
		case op.write:
			return "set " + op.value
		case output == "":
			return "get: a miss"
		}
		return fmt.Sprintf("get: %s", output)
	},
	DescribeState: func(state any) string {
		if state == "" {
			return "nothing"
		}
		return state.(string)
	},
	Step: func(state, input, output any) (bool, any) {
		op := input.(registerOp)
		if op.write {
			return true, op.value
		}
		return output == state, state
	},
}

// journal collects the operations of all clients.
type journal struct {
	mu  sync.Mutex
	ops []porcupine.Operation
}

func (j *journal) add(op porcupine.Operation) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ops = append(j.ops, op)
}

func (j *journal) judge(t *T) {
	foreign := 0
	for _, op := range j.ops {
		var writer, n int
		if value, ok := op.Output.(string); ok && value != "" {
			if _, err := fmt.Sscanf(value, "%d.%d", &writer, &n); err == nil && writer != op.ClientId {
				foreign++
			}
		}
	}
	if foreign == 0 {
		t.Inconclusive("no client read a value that another had set: the history of %d requests says nothing", len(j.ops))
	}
	switch porcupine.CheckOperationsTimeout(registers, j.ops, 10*time.Second) {
	case porcupine.Unknown:
		t.Inconclusive("the checker ran out of time on a history of %d requests", len(j.ops))
	case porcupine.Illegal:
		if page := j.picture(); page != nil {
			t.Attach("history.html", "text/html", page)
		}
		t.Wrong(state, "an order of all requests that fits what each client saw", "none exists",
			"the history of %d requests is not linearizable: some get found a value that had been replaced, or was never set", len(j.ops))
	}
}

// picture returns porcupine's page of the first requests for one key that no order fits, nil if that takes too long.
func (j *journal) picture() []byte {
	const patience = 2 * time.Second
	for _, part := range registers.Partition(j.ops) {
		if porcupine.CheckOperationsTimeout(registers, part, patience) != porcupine.Illegal {
			continue
		}
		slices.SortFunc(part, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
		// Whatever begins with a bad history is bad, so the shortest one can be looked for by halves.
		n := sort.Search(len(part), func(n int) bool {
			return porcupine.CheckOperationsTimeout(registers, part[:n], patience) == porcupine.Illegal
		})
		result, info := porcupine.CheckOperationsVerbose(registers, part[:n], patience)
		var page bytes.Buffer
		if result != porcupine.Illegal || porcupine.Visualize(registers, info, &page) != nil {
			return nil
		}
		return page.Bytes()
	}
	return nil
}
