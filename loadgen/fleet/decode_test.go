package fleet

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"memlite/loadgen"
	"memlite/reports"
)

// fuzz holds a decoder to what it promises: what it takes says nothing wrong of itself, and reads the same when it is written again.
func fuzz[T any, M interface {
	*T
	message
}](f *testing.F, samples ...any) {
	for _, s := range samples {
		b := encode(s)
		f.Add(b)
		f.Add(b[:len(b)-1])
		f.Add(append(bytes.Clone(b), '1'))
	}
	f.Add([]byte(`{"run":"x","unknown":1}`))
	f.Add([]byte(`null`))
	f.Add([]byte(`{"run":"a.>"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decode[T, M](b, maxMessage)
		if err != nil {
			return
		}
		again, err := decode[T, M](encode(m), 2*maxMessage)
		if err != nil {
			t.Fatalf("%s: written again it is refused: %v", b, err)
		}
		if x, y := encode(m), encode(again); !bytes.Equal(x, y) {
			t.Errorf("%s\n%s", x, y)
		}
	})
}

const aRun = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

func FuzzClockRequest(f *testing.F) { fuzz[clockRequest](f, clockRequest{aRun}) }
func FuzzClockReply(f *testing.F)   { fuzz[clockReply](f, clockReply{aRun, time.Second, 1}) }
func FuzzClaimRequest(f *testing.F) {
	fuzz[claimRequest](f, claimRequest{Run: aRun, Protocol: "1", Version: "v1", From: "host"})
}
func FuzzClaimReply(f *testing.F) {
	fuzz[claimReply](f, claimReply{Run: aRun, Refused: "no", Environment: reports.ThisEnvironment("v1")})
}
func FuzzPrepareRequest(f *testing.F) {
	fuzz[prepareRequest](f, prepareRequest{Run: aRun, Count: 1, Number: 1, Plan: loadgen.Plan{Target: "127.0.0.1:1", TLS: &loadgen.TLS{CA: "x"}, Rate: 1e3,
		Stages: []loadgen.Stage{{Name: "a", Duration: time.Second}}, SLOs: []string{"p99<5ms"}}})
}
func FuzzStartRequest(f *testing.F)   { fuzz[startRequest](f, startRequest{aRun, time.Second, true}) }
func FuzzStopRequest(f *testing.F)    { fuzz[stopRequest](f, stopRequest{aRun}) }
func FuzzReleaseRequest(f *testing.F) { fuzz[releaseRequest](f, releaseRequest{aRun}) }
func FuzzAnswer(f *testing.F)         { fuzz[answer](f, answer{aRun, "no"}) }
func FuzzRecordsRequest(f *testing.F) {
	fuzz[recordsRequest](f, recordsRequest{Run: aRun, Number: 1, Offset: 2, Most: 3})
}
func FuzzRecordsReply(f *testing.F) {
	fuzz[recordsReply](f, recordsReply{Run: aRun, Number: 1, Size: 9, Offset: 2, Bytes: []byte("abc")})
}
func FuzzAgentBeat(f *testing.F) { fuzz[agentBeat](f, agentBeat{aRun, running, 7}) }
func FuzzCoordinatorBeat(f *testing.F) {
	fuzz[coordinatorBeat](f, coordinatorBeat{aRun, map[string]int64{"a": 1}})
}

// FuzzRecord also has a Tally take what was decoded: it refuses it, or its report can be made.
func FuzzRecord(f *testing.F) {
	response := reports.NewHistogram()
	response.Record(time.Millisecond)
	_ = response.Pack()
	op := &reports.Operation{Name: "get", Count: 1, Hits: 1, Response: response, Percentiles: response.Percentiles()}
	plan := loadgen.Plan{Target: "127.0.0.1:1", Clients: 4, Duration: 2 * time.Second}
	for _, s := range []any{
		record{Run: aRun, Number: 1, Ready: &ready{true}},
		record{Run: aRun, Number: 3, End: &end{Error: "x"}},
		record{Run: aRun, Number: 2, Sample: &loadgen.Sample{Length: time.Second, Parts: []loadgen.Part{{Operations: []*reports.Operation{op}}},
			State: loadgen.State{Clients: 2, Open: 2, Answered: 1, Loops: 1}}},
	} {
		f.Add(encode(s))
	}
	f.Add([]byte(`{"run":"A","number":1}`))
	f.Add([]byte(`{"run":"A","number":1,"sample":{"parts":[{"operations":[null]}]}}`))
	f.Add([]byte(`{"run":"A","number":1,"sample":{"parts":[{"operations":[{"name":"get","response":{"v2":"AAAA"}}]}]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decode[record](b, maxRecord)
		if err != nil || r.Sample == nil {
			return
		}
		tally := loadgen.NewTally(plan, nil, &reports.Agent{Name: "a", ID: "a", Clients: 2, Share: 0.5}, &reports.Agent{Name: "b", ID: "b", Clients: 2, Share: 0.5})
		refused := tally.Add(0, r.Sample)
		tally.Lose(1, "gone")
		run, _ := tally.Run()
		var page bytes.Buffer
		if refused == nil && run != nil {
			if err := reports.JSON(&page, &reports.Report{Runs: []*reports.Run{run}}); err != nil {
				t.Errorf("%s was taken, and makes no report: %v", b, err)
			}
		}
	})
}

func TestMessages(t *testing.T) {
	long := strings.Repeat("x", maxText+1)
	for _, m := range []message{
		&clockRequest{}, &clockRequest{"a.b"}, &clockRequest{strings.Repeat("x", 41)}, &clockReply{}, &claimRequest{}, &claimRequest{Run: aRun, From: long},
		&claimReply{Run: aRun, Environment: reports.Environment{CPU: long}}, &claimReply{Run: aRun, Environment: reports.Environment{CPUs: -1}},
		&prepareRequest{Run: aRun, Number: 1}, &prepareRequest{Run: aRun, Count: 2, Index: 2, Number: 1}, &prepareRequest{Run: aRun, Count: 2},
		&prepareRequest{Run: aRun, Count: 1, Number: 1 << 36}, &prepareRequest{Run: aRun, Count: maxAgents + 1, Number: 1}, &prepareRequest{Run: aRun, Count: 1, Number: 1, Loops: -1},
		&startRequest{}, &stopRequest{}, &releaseRequest{}, &answer{}, &answer{aRun, long},
		&recordsRequest{Run: aRun}, &recordsRequest{Run: aRun, Number: 1, Offset: -1, Most: 1}, &recordsRequest{Run: aRun, Number: 1},
		&recordsReply{Run: aRun, Number: 1, Size: 2, Offset: 1, Bytes: []byte("ab")}, &recordsReply{Run: aRun, Number: 1, Size: maxRecord + 1}, &recordsReply{Run: aRun, Number: 1, Offset: -1},
		&agentBeat{Run: aRun}, &agentBeat{aRun, "tired", 1}, &agentBeat{aRun, running, -1}, &coordinatorBeat{},
		&record{Run: aRun, Number: 1}, &record{Run: aRun, Ready: &ready{}}, &record{Run: aRun, Number: 1, Ready: &ready{}, End: &end{}},
		&record{Run: aRun, Number: 1, End: &end{Own: long}}, &record{Number: 1, End: &end{}},
	} {
		if m.check() == nil {
			t.Errorf("%T %+v is taken", m, m)
		}
	}
	if _, err := decode[stopRequest]([]byte(`{"run":"A"}`), 5); err == nil {
		t.Error("a message that is too long is taken")
	}
	// Everything of a plan arrives: the protocol is as wide as the plan.
	var p loadgen.Plan
	v := reflect.ValueOf(&p).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString(v.Type().Field(i).Name)
		case reflect.Int, reflect.Int64:
			f.SetInt(int64(i + 1))
		case reflect.Float64:
			f.SetFloat(float64(i) + 0.5)
		case reflect.Bool:
			f.SetBool(true)
		}
	}
	p.TLS, p.SLOs, p.Stages = &loadgen.TLS{ServerName: "x"}, []string{"a"}, []loadgen.Stage{{Name: "s", Rate: 1}}
	m, err := decode[prepareRequest](encode(prepareRequest{Run: aRun, Plan: p, Count: 1, Number: 1}), maxMessage)
	if err != nil || !reflect.DeepEqual(m.Plan, p) {
		t.Errorf("%v: %+v", err, m.Plan)
	}
}

func TestTexts(t *testing.T) {
	for in, want := range map[string]string{"plain": "plain", "a\x1b[31mb\nc": `a\x1b[31mb\nc`, "\u202e": `\u202e`, "é": "é"} {
		if got := clean(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
	if s := shorten(strings.Repeat("é", maxText)); len(s) > maxText || !strings.HasSuffix(s, "é...") {
		t.Errorf("%d bytes, %q", len(s), s[len(s)-10:])
	}
}
