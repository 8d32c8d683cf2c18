package process

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of processor time in /proc, the same on all of Go's Linux ports.
const tick = time.Second / 100

// status is what /proc/PID/stat says of a process.
type status struct {
	state   byte // R: it runs, or waits for a processor; Z: its first thread is no more
	group   int
	threads int
	cpu     time.Duration // user and system
}

// lives is false for a process that is no more and whose exit status nobody has asked for. While other threads than its first still end, its
// files are open, and its port is taken.
func (s status) lives() bool { return s.state != 'Z' || s.threads > 1 }

// alive reports whether anything of it runs.
func (g group) alive() bool {
	if syscall.Kill(-g.leader, 0) == nil {
		for _, pid := range processes() {
			if s, ok := statusOf(pid); ok && s.group == g.leader && s.lives() {
				return true
			}
		}
	}
	return len(g.strays()) > 0
}

// strays are those that have left the process group.
func (g group) strays() (pids []int) {
	if g.mark == "" {
		return nil
	}
	for _, pid := range processes() {
		environ, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
		if err != nil || !bytes.Contains(append([]byte{0}, environ...), append([]byte{0}, g.mark+"\x00"...)) {
			continue
		}
		if s, ok := statusOf(pid); ok && s.group != g.leader && s.lives() {
			pids = append(pids, pid)
		}
	}
	return pids
}

// usage counts the children, of those that run now, that have ended and been waited for too.
func (g group) usage() (u Usage, known bool) {
	stray := map[int]bool{}
	for _, pid := range g.strays() {
		stray[pid] = true
	}
	for _, pid := range processes() {
		s, ok := statusOf(pid)
		if !ok || s.group != g.leader && !stray[pid] {
			continue
		}
		known = true
		u.CPU += s.cpu
		threads, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*")
		for _, thread := range threads {
			if s, ok := statusIn(thread); ok && s.state == 'R' {
				id, _ := strconv.Atoi(filepath.Base(thread))
				u.Awake = append(u.Awake, id)
			}
		}
	}
	return u, known
}

func processes() (pids []int) {
	folder, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer folder.Close()
	names, _ := folder.Readdirnames(-1)
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func statusOf(pid int) (status, bool) { return statusIn("/proc/" + strconv.Itoa(pid)) }

// statusIn reads the status of the process, or the thread, that has the folder.
func statusIn(folder string) (status, bool) {
	text, err := os.ReadFile(folder + "/stat")
	if err != nil {
		return status{}, false
	}
	return parseStat(string(text))
}

// parseStat reads "PID (name) state ppid pgrp …"; the name may have spaces and brackets in it. See proc(5).
func parseStat(text string) (s status, ok bool) {
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 18 {
		return s, false
	}
	s.state = fields[0][0]
	var err error
	if s.group, err = strconv.Atoi(fields[2]); err != nil {
		return s, false
	}
	if s.threads, err = strconv.Atoi(fields[17]); err != nil {
		return s, false
	}
	for _, field := range fields[11:15] { // utime, stime, cutime, cstime
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return s, false
		}
		s.cpu += time.Duration(n) * tick
	}
	return s, true
}
