package reports

import "fmt"

// What a reader needs in order to believe the figures: where every request went, and which time is meant.

const (
	serviceTime  = "service time"
	whichIsWhich = "Response time counts from the moment at which the request should have been sent, service time from the moment at which it was: a server that stalls hides in service time."
)

// sent is how many requests left for the server; one that lost none of them has counted as many.
func (q Requests) sent() int64 { return q.Preloaded + q.WarmUp + q.Recorded + q.Errors + q.Abandoned }

// account is where they went: "1,000 preloaded + 0 warm-up + 9,990 recorded + 0 errors + 10 abandoned = 11,000 sent; 0 dropped".
func (q Requests) account() string {
	return fmt.Sprintf("%s preloaded + %s warm-up + %s recorded + %s errors + %s abandoned = %s sent; %s dropped",
		number(q.Preloaded), number(q.WarmUp), number(q.Recorded), number(q.Errors), number(q.Abandoned), number(q.sent()), number(q.Dropped))
}

// accounts is a line for each run.
func accounts(runs []*Run) (lines []string) {
	all := names(runs)
	for i, run := range runs {
		line := "requests: " + run.Requests.account()
		if len(runs) > 1 {
			line = all[i] + ": " + line
		}
		lines = append(lines, line)
	}
	return lines
}

// service is all service times as if they were an operation's; nil where there are none, as in a closed loop.
func (r *Run) service() *Operation {
	if h := r.Total().Service; h != nil {
		return &Operation{Name: serviceTime, Percentiles: h.Percentiles()}
	}
	return nil
}
