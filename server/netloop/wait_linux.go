package netloop

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// alarmClock is a timerfd in the epoll set. The kernel keeps its time to the nanosecond, where it lets a thread
// that waits with a time limit (epoll_pwait2) sleep some 50 µs longer for the sake of power, the timer slack.
type alarmClock struct {
	fd int
	at time.Duration // when it will ring; 0 is never
}

func newAlarmClock(e *epoll) (alarmClock, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return alarmClock{fd: -1}, os.NewSyscallError("timerfd_create", err)
	}
	// Edge-triggered: setting it anew is enough to make it quiet.
	return alarmClock{fd: fd}, os.NewSyscallError("epoll_ctl", e.ctl(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN|unix.EPOLLET, aboutAlarm, 0))
}

// set makes the clock ring at at, or before: it is left alone when it is set to an earlier time, since one
// wake-up for nothing is cheaper than to move the alarm along with a deadline that every request puts off.
func (a *alarmClock) set(now, at time.Duration) {
	if a.at > now && a.at <= at {
		return
	}
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(at - now))}
	if err := unix.TimerfdSettime(a.fd, 0, &spec, nil); err != nil {
		panic(fmt.Sprintf("netloop: timerfd_settime: %v", err)) // a bug here: nothing outside can cause it
	}
	a.at = at
}

// wait waits for events and returns their number. With idle it waits until something happens or the first timer is
// due, else it only looks.
func (e *epoll) wait(now time.Duration, idle bool) int {
	at, timed := e.l.timers.next()
	if timed && at <= now {
		idle = false
	}
	// Who has just had several events is likely to have more: to look first saves a busy loop from telling the
	// runtime that it may wait, and from being taken its processor when it does not. Who is idle does not look.
	if !idle || e.many {
		n, errno := poll(e.fd, &e.events)
		e.many = n > 1
		if n > 0 || !idle || errno != 0 {
			return n
		}
	}
	if timed {
		e.clock.set(now, at)
	}
	n, err := unix.EpollWait(e.fd, e.events[:], -1)
	if err != nil && err != unix.EINTR {
		panic(fmt.Sprintf("netloop: epoll_wait: %v", err)) // as above
	}
	n = max(n, 0)
	e.many = n > 1
	return n
}
