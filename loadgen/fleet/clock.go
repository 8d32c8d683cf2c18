package fleet

import (
	"context"
	"time"

	"memlite/server/netloop"
)

// trips is how many round trips the reading of a clock takes. The quickest one counts: what made the others longer was on one way only, for all
// that is known.
const trips = 8

// reading is an agent's clocks beside one's own: theirs minus ours, each give or take give.
type reading struct {
	steady time.Duration // netloop.Now
	wall   time.Duration
	give   time.Duration // half of the round trip
}

// readClock measures an agent's clocks. ask makes one round trip. Where there is time for one alone, that is it, and the give says how good it is.
func readClock(ctx context.Context, ask func(context.Context) (clockReply, error)) (best reading, err error) {
	least := time.Duration(-1)
	for range trips {
		wall, sent := time.Now(), netloop.Now()
		reply, err := ask(ctx)
		if err != nil && least >= 0 {
			return best, nil
		} else if err != nil {
			return best, err
		}
		trip := netloop.Now() - sent
		if least >= 0 && trip >= least {
			continue
		}
		least = trip
		best = reading{steady: reply.Now - sent - trip/2, wall: time.Duration(reply.Wall-wall.UnixNano()) - trip/2, give: (trip + 1) / 2}
	}
	return best, nil
}
