package reports

import "fmt"

// Total is all operations on the server added. Never nil.
func (s *Server) Total() *Operation { return sum("all", s.Totals) }

// connections says what became of a server's connections: "25 opened; 3 failed, 1 lost".
func (c Connections) String() string {
	return fmt.Sprintf("%s opened; %s failed, %s lost", number(c.Opened), number(c.Failed), number(c.Lost))
}

// serverHead and serverCells are the columns that tables of servers have in every format.
var serverHead = []string{"server", "requests/s", "errors", "never sent", "p50", "p99", "max", "clients", "connections"}

func (r *Run) serverCells(s *Server) []string {
	t := s.Total()
	dropped := na
	if !r.closed() {
		dropped = number(s.Dropped)
	}
	return []string{visible(s.Address), perSecond(rate(t.Count, r.Recorded())), number(t.Errors), dropped,
		t.percentile(p50), t.percentile(p99), t.percentile(pMax), number(int64(s.Clients)), s.Connections.String()}
}

// serverTable is nil where there was one server.
func serverTable(r *Run) *table {
	if len(r.Servers) == 0 {
		return nil
	}
	t := &table{Name: "Servers", Head: serverHead}
	for _, s := range r.Servers {
		cells := r.serverCells(s)
		row := tableRow{Name: cells[0]}
		for i, text := range cells[1:] {
			bad := i == 1 && s.Total().Errors > 0 || i == 2 && s.Dropped > 0
			row.Cells = append(row.Cells, cell{text, bad})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
