package reports

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"memlite/reports/pagetest"
)

// BenchmarkChromium says how large the largest pages are and how long a browser takes to show them: ms-shown is from the
// start of loading to the page being there, laid out and painted. A run of ten minutes and three stages should take less than
// a second and a megabyte.
func BenchmarkChromium(b *testing.B) {
	staged := tenMinutes()
	for i, name := range []string{"base", "spike", "rest"} {
		staged.Stages = append(staged.Stages, &Stage{Name: name, Start: 10*time.Second + time.Duration(i)*200*time.Second, Length: 200 * time.Second,
			Recorded: true, Arrival: "poisson", Rate: 300, Totals: staged.Totals})
	}
	browser := pagetest.Start(b)
	for _, c := range []struct {
		name   string
		report *Report
	}{
		{"ten-minutes", &Report{Runs: []*Run{staged}}},
		{"course-100x80", fixtureCourse(100, 80)},
	} {
		b.Run(c.name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "page.html")
			if err := (Output{Format: "html", Path: path}).Write(c.report); err != nil {
				b.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil {
				b.Fatal(err)
			}
			var shown time.Duration
			for b.Loop() {
				shown += browser.Open(b, path).ShownAfter()
			}
			b.ReportMetric(float64(info.Size())/1e3, "kB")
			b.ReportMetric(shown.Seconds()*1e3/float64(b.N), "ms-shown")
		})
	}
}
