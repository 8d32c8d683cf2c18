package reports

// Formats lists the names that ParseOutput knows, in the order in which help shows them.
func Formats() []string {
	return []string{"html", "json", "junit", "md", "badge", "png"}
}

// format returns the writer of a format by its name.
func format(name string) (Format, bool) {
	switch name {
	case "badge":
		return Badge, true
	case "html":
		return HTML, true
	case "json":
		return JSON, true
	case "junit":
		return JUnit, true
	case "md":
		return Markdown, true
	case "png":
		return PNG, true
	}
	return nil, false
}
