//go:build !linux

package reports

func kernel() string    { return "" }
func processor() string { return "" }
