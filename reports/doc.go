// Package reports is the data model of what memlite measures and finds, and one file or folder per format that it
// is written in. A Run is one load run, a Suite one conformance run; both are plain data that JSON carries without
// loss, so every format can be rendered again later from the saved JSON, byte for byte the same.
//
// From the bottom up: model.go, agents.go (a fleet's) and histogram.go are the data; figures.go and score.go compute from it, matrix.go lays
// suites side by side (implementations × rules), excerpt.go picks what of a transcript tells most, verdict*.go put it in
// words, slo*.go read objectives, judge runs by them and say how that went, trials*.go do so for the trials of a search or scan, agents_words.go and agents_table.go for the agents of a fleet,
// compare*.go say how two sides differ (benchmath's medians and U test), names.go tells runs and suites apart, numbers.go and wire.go write figures and hostile bytes; json.go with
// strict.go, which holds a file against the types, check*.go, which ask whether its numbers can be and agree (packed.go: the histograms'), and schema.go with
// the folder schema, the form as it is published;
// html*.go with the folder html, junit.go, markdown*.go, badge.go, png.go, csv.go, prom.go, hgrm.go, hlog.go and text*.go are the formats, each a
// Format; plot.go, axes.go and heat.go are what a picture shows, charts*.go make it from runs (moments.go adds up intervals for those over time), svg.go and png*.go draw it; beside.go lists files that a page links to;
// output.go puts a
// rendering where it belongs, whole or not at all. A new format is a file of its own and a case in format.go.
//
// A page of many suites is bounded (html_matrix.go): a hundred of eighty rules each take some 16 MB and are shown in
// seconds, because it has only so much of each transcript as fits, and says so. The JSON has everything.
//
// What readers see is proven by pagetest in a real browser; only tests import it.
//
// It imports nothing of this module: conformance and loadgen depend on it, never the other way round.
//
// Rejected: averaging or interpolating percentiles (histograms are added, percentiles read from the sum); a second
// model per format; a JSON Schema written by hand (it is made from the types and their comments, and a validator that is
// not ours reads it in a test); zero for what was not measured (it is absent in JSON and prints as n/a); decoding histograms
// when they are read (400 MB for ten minutes, and a second writing would depend on the compressor's version);
// gonum/plot's own SVG (white ground, fixed fonts: it can not follow light and dark); a script in the page (a report
// is opened from mails and shares, where scripts are off or feared: a cell of the matrix opens its transcript because a
// browser unfolds what a link leads into; only an attached page runs its own, in a frame without origin or network); a
// count of skipped tests and properties of testcases in JUnit (the schema has neither: testdata/junit-10.txt); a badge
// for each of several suites (--report names one file: it shows how many keep every must, in the colour of the worst);
// one SVG that scales to a phone (its figures
// would be 4 px high: the page holds two).
package reports
