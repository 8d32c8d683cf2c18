package conformance

import (
	"sync"

	"memlite/conformance/rules"
	"memlite/reports"
)

// beside asks the rules that may run side by side, Procs at a time, ahead of the specs, which then take the answers. A Ginkgo
// process runs its specs one by one, and processes beside it would each measure, count and report for themselves.
//
// A rule that got no answer, or no connection, among others is asked again alone, and that counts: an endpoint with one thread
// owes nobody an answer at once. A wrong answer is wrong in any company.
func (s *Session) beside() {
	procs := s.cfg.procs()
	if procs == 1 {
		return
	}
	var running sync.WaitGroup
	queue := make(chan Rule)
	for range procs {
		running.Go(func() {
			for rule := range queue {
				s.early(rule, s.ask(rule))
			}
		})
	}
	for _, rule := range s.table {
		if s.left[rule.ID] == "" && !rule.Alone {
			queue <- rule
		}
	}
	close(queue)
	running.Wait()
	for _, rule := range s.table {
		if r := s.ahead[rule.ID]; r != nil && r.Status == reports.Failed && rules.Unanswered(r.Kind) {
			s.early(rule, s.ask(rule))
		}
	}
}

// early keeps an answer for the rule's spec.
func (s *Session) early(rule Rule, r *reports.Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead[rule.ID] = r
	if s.cfg.Progress != nil {
		s.cfg.Progress(len(s.ahead), len(s.table)-len(s.left), r)
	}
}
