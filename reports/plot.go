package reports

// plot describes a picture of values over time, over throughput or by percentile. It is drawn twice, as SVG in the page
// and as PNG, and knows neither.
type plot struct {
	Title  string // what it shows, also for those who do not see it
	X, Y   axis
	Strip  bool // low: it stands under another picture and has the same x
	Heat   *heat
	Series []series
	Bands  []band
	Gaps   []band // where a part of what it shows is missing
	Limits []limit
	Marks  []mark
}

// series is one line. A NaN breaks it: what was not measured is a gap, not a zero.
type series struct {
	Name   string
	Colour int // from 0: which of the palette
	Dash   dash
	Dots   bool // each point was measured, the line between them was not
	Points []point
}

type dash int

const (
	solid dash = iota
	dashed
	dotted
)

type point struct{ X, Y float64 }

// Colours that are not one of a palette's turn.
const (
	quiet   = -1
	failure = -2
)

// paletteSize is how many lines have a colour of their own; further ones take them again.
const paletteSize = 6

func shade(colour int) int {
	if colour < 0 {
		return colour
	}
	return colour % paletteSize
}

// band is a stretch of x with a name: a stage.
type band struct {
	From, To float64
	Label    string
	Apart    bool // it does not count, such as the warm-up
}

// limit is a height that an objective names. It holds up to X = To, which is the percentile it is about; 0 is everywhere.
type limit struct {
	At, To float64
	Label  string
	Missed bool
}

// mark is what a reader who points at X is told.
type mark struct {
	X    float64
	Text string
}
