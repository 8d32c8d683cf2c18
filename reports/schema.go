package reports

import _ "embed"

// Schema is the JSON Schema (draft 2020-12) of what JSON writes and Read reads: a run, a suite, or a report of several. It
// carries the version in its name, as each file does. A change that only adds optional fields keeps the version; Read takes
// every file of every version so far. It is made from the types of this package and their comments (make golden).
//
//go:embed schema/report-1.json
var Schema string
