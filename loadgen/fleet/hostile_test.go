package fleet

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"memlite/loadgen"
	"memlite/server/netloop"
)

// liar is an impostor that does what an agent does, as far as its fields do not say otherwise.
type liar struct {
	t    *testing.T
	nc   *nats.Conn
	once sync.Once
	drip atomic.Bool                   // its records come a byte at a time, and do not end
	say  func(l *liar, run, id string) // what it says from the preparation on
}

func (l *liar) publish(subject string, m any) {
	b, ok := m.([]byte)
	if !ok {
		b = encode(m)
	}
	_ = l.nc.Publish(subject, b)
}

func lie(t *testing.T, url, name string, say func(l *liar, run, id string)) *nats.Conn {
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	l := &liar{t: t, nc: nc, say: say}
	obey := func(_ string, request []byte) any {
		m, _ := decode[stopRequest](request, maxMessage)
		return answer{Run: m.Run}
	}
	return impostor(t, url, map[string]string{"name": name, "version": "v1", "protocol": protocol}, map[string]func(string, []byte) any{
		clockOf: func(_ string, request []byte) any {
			m, _ := decode[clockRequest](request, maxMessage)
			return clockReply{Run: m.Run, Now: netloop.Now(), Wall: time.Now().UnixNano()}
		},
		claimOf: func(_ string, request []byte) any {
			m, _ := decode[claimRequest](request, maxMessage)
			return claimReply{Run: m.Run}
		},
		prepareOf: func(id string, request []byte) any {
			m, _ := decode[prepareRequest](request, maxMessage)
			l.once.Do(func() {
				go func() {
					time.Sleep(100 * time.Millisecond)
					l.say(l, m.Run, id)
				}()
			})
			return answer{Run: m.Run}
		},
		startOf: func(_ string, request []byte) any {
			m, _ := decode[startRequest](request, maxMessage)
			return answer{Run: m.Run}
		},
		stopOf: obey, releaseOf: obey,
		recordsOf: func(_ string, request []byte) any {
			m, _ := decode[recordsRequest](request, maxMessage)
			if !l.drip.Load() {
				return recordsReply{Run: m.Run, Number: m.Number}
			}
			return recordsReply{Run: m.Run, Number: m.Number, Size: maxRecord, Offset: m.Offset, Bytes: []byte("x")}
		},
	})
}

// beatsOn has it say that it runs, until the test ends.
func (l *liar) beatsOn(run, id string, s state, last int64) {
	for range 200 {
		l.publish(beatsFrom(run, id), agentBeat{Run: run, State: s, Last: last})
		time.Sleep(50 * time.Millisecond)
	}
}

// Before the start an agent that says what cannot be ends the run, by name and reason.
func TestLiarsBefore(t *testing.T) {
	t.Parallel()
	addr, url := serveReference(t), startNATS(t, nil).ClientURL()
	started(t, url, nil, "a")
	for i, c := range []struct {
		say  func(l *liar, run, id string)
		want string
	}{
		{func(l *liar, run, id string) { l.publish(recordsFrom(run, id), []byte("\x1b[31m{{{")) }, "it sent a message that cannot be read"},
		{func(l *liar, run, id string) {
			l.publish(recordsFrom(run, id), []byte(`{"run":"`+run+`","number":1,"ready":{"preloaded":false},"more":1}`))
		}, "unknown field"},
		{func(l *liar, run, id string) {
			l.publish(recordsFrom(run, id), record{Run: run, Number: 1, End: &end{}})
		}, "it ended before the run began"},
		{func(l *liar, run, id string) {
			l.publish(recordsFrom(run, id), record{Run: run, Number: 1, End: &end{Error: "no\x1b[2J"}})
		}, `no\x1b[2J`},
		{func(*liar, string, string) {}, "it has been silent for"},
	} {
		if i == 4 {
			long(t)
		}
		nc := lie(t, url, fmt.Sprintf("liar%d", i), c.say)
		f, _ := dial(t, url, Options{Agents: 2, Loops: 1})
		_, err := f.Execute(t.Context(), loadgen.Plan{Target: addr, Clients: 4, Duration: time.Second})
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("agent liar%d: ", i)) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.want, err)
		}
		nc.Close()
	}
}

// Whatever agents say or do not say after it, the run goes on without them, and the report says why.
func TestLiarsAfter(t *testing.T) {
	long(t)
	t.Parallel()
	cases := []struct {
		say  func(l *liar, run, id string)
		want string
	}{
		{func(*liar, string, string) {}, "it ha"}, // been silent, or not started: what is noticed first
		{func(l *liar, run, id string) { l.beatsOn(run, id, waiting, 1) }, "it had not started 2s after the others"},
		{func(l *liar, run, id string) { l.beatsOn(run, id, running, 1) }, "it has measured nothing for 3s"},
		{func(l *liar, run, id string) {
			l.drip.Store(true)
			l.beatsOn(run, id, running, 1<<60)
		}, "it has measured nothing for 3s"},
		{func(l *liar, run, id string) {
			time.Sleep(time.Second)
			l.publish(recordsFrom(run, id), record{Run: run, Number: 2, Ready: &ready{}})
		}, "it was ready a second time"},
		{func(l *liar, run, id string) {
			time.Sleep(time.Second)
			l.publish(recordsFrom(run, id), record{Run: run, Number: 2, Sample: &loadgen.Sample{Stage: 7}})
		}, "it sent a sample that cannot be: stage 7 of 1"},
		{func(l *liar, run, id string) {
			for range 20_000 {
				l.publish(beatsFrom(run, id), []byte(strings.Repeat("x", 1000)))
			}
		}, "it ha"}, // as the first: what it says is nothing
		{func(l *liar, run, id string) {
			time.Sleep(time.Second)
			for n := range int64(300) {
				at := time.Duration(n) * time.Second
				l.publish(recordsFrom(run, id), record{Run: run, Number: 2 + n, Sample: &loadgen.Sample{Start: at, Length: time.Second, Parts: []loadgen.Part{{Dropped: 1}}}})
			}
		}, "it sent the figures of a time that has not come"},
		{func(l *liar, run, id string) {
			time.Sleep(time.Second)
			l.publish(recordsFrom(run, id), record{Run: run, Number: 2, End: &end{}})
		}, "it ended before its part of the plan"},
	}
	addr, url := serveReference(t), startNATS(t, nil).ClientURL()
	for i, c := range cases {
		lie(t, url, fmt.Sprintf("liar%d", i), func(l *liar, run, id string) {
			l.publish(recordsFrom(run, id), record{Run: run, Number: 1, Ready: &ready{}})
			c.say(l, run, id)
		})
	}
	started(t, url, nil, "a")
	f, _ := dial(t, url, Options{Agents: 1 + len(cases), Loops: 1, OnLoss: ContinueOnLoss})
	run, err := f.Execute(t.Context(), loadgen.Plan{Target: addr, Clients: 1 + len(cases), Rate: 100 * float64(1+len(cases)), Duration: 6 * time.Second})
	if err != nil || run.Requests.Recorded != 600 || run.CutShort || len(run.Lost()) != len(cases) {
		t.Fatalf("%v: %+v", err, run)
	}
	for i, a := range run.Lost() {
		if !strings.Contains(a.Loss.Reason, cases[i].want) {
			t.Errorf("%s: %s", a.Name, a.Loss.Reason)
		}
	}
}

// Where a sample is longer than a message may be it is fetched in pieces.
func TestLongRecords(t *testing.T) {
	t.Parallel()
	addr, url := serveReference(t), startNATS(t, func(o *server.Options) { o.MaxPayload = 4096 }).ClientURL()
	started(t, url, nil, "a", "b")
	f, _ := dial(t, url, Options{Agents: 2, Loops: 1})
	run, err := f.Execute(t.Context(), loadgen.Plan{Target: addr, Clients: 4, Rate: 4000, Duration: 2500 * time.Millisecond, Preload: true, Keys: 500, Sets: 0.5, Drain: 10 * time.Second})
	if err != nil || run.Requests.Recorded != 10_000 || len(run.Lost()) > 0 || len(run.Intervals) < 2 {
		t.Errorf("%v: %+v", err, run)
	}
}
