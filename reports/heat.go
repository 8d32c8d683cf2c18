package reports

import (
	"math"
	"time"
)

// heat is a picture of where the response times of each moment lie: a row for each stretch of latency, a column for each
// moment, and the darker the cell the larger its share of the moment's requests. Percentile lines show three of the
// values; two clouds one above the other, which is what a server with a fast and a slow path looks like, show only here.
type heat struct {
	Shades []heatShade // the palest first
}

// heatShade is all cells that have at least a share of their moment. Each holds those of the next, which is drawn over it:
// where cells of several shades touch no ground shows through.
type heatShade struct {
	Label string
	Cells []box
}

// box is a rectangle of a plot, in values of its axes.
type box struct{ X0, X1, Y0, Y1 float64 }

// heatShares are steps of ten, as those of percentiles are: what lies at p99 and beyond is a hundredth of the requests.
var heatShares = []struct {
	from  float64
	label string
}{{0, "under 0.1 %"}, {0.001, "0.1 to 1 %"}, {0.01, "1 to 10 %"}, {0.1, "over 10 % of the requests"}}

const heatRows = 48 // about

// newHeat is nil where there is nothing to show. Rows have equal heights on the logarithmic axis y.
func newHeat(moments []moment, y axis) *heat {
	decades := math.Log10(y.Max / y.Min)
	rows := int(math.Round(decades * stepUp(heatRows/2/decades)))
	rows = max(rows, heatRows/2)
	edge := func(row int) float64 { return y.Min * math.Pow(10, decades*float64(row)/float64(rows)) }
	edges := make([]time.Duration, rows)
	for i := range edges {
		edges[i] = time.Duration(edge(i + 1))
	}
	h := &heat{Shades: make([]heatShade, len(heatShares))}
	some := false
	for i := range moments {
		m := &moments[i]
		n := m.response.TotalCount()
		if n == 0 {
			continue
		}
		some = true
		upTo, _ := m.response.Cumulative(edges)
		share := make([]float64, rows)
		for row := range share {
			share[row] = float64(upTo[row])
			if row > 0 {
				share[row] -= float64(upTo[row-1])
			}
			share[row] /= float64(n)
		}
		for k, s := range heatShares {
			for row := 0; row < rows; row++ {
				from := row
				for row < rows && share[row] > 0 && share[row] >= s.from {
					row++
				}
				if row > from {
					h.Shades[k].Cells = append(h.Shades[k].Cells, box{m.from.Seconds(), m.to.Seconds(), edge(from), edge(row)})
				}
			}
		}
	}
	if !some {
		return nil
	}
	for k, s := range heatShares {
		h.Shades[k].Label = s.label
		h.Shades[k].Cells = sideBySide(h.Shades[k].Cells)
	}
	return h
}

// sideBySide makes one of boxes that stand side by side and are of one height: a steady server's pages are a third as large.
func sideBySide(list []box) []box {
	open := map[[2]float64]int{} // by height: which of out may still grow
	var out []box
	for _, b := range list {
		key := [2]float64{b.Y0, b.Y1}
		if i, ok := open[key]; ok && out[i].X1 == b.X0 {
			out[i].X1 = b.X1
			continue
		}
		open[key] = len(out)
		out = append(out, b)
	}
	return out
}
