package rules

import "fmt"

// SetLine is the command line of a set, without its line end; size is text, so that it can be wrong.
func (t *T) SetLine(key string, size any) string { return setLine(t.Profile.Dialect, key, size) }

// SetRequest is a whole set.
func (t *T) SetRequest(key, value string) string { return setRequest(t.Profile.Dialect, key, value) }

func setLine(dialect, key string, size any) string {
	if dialect == Classic {
		return fmt.Sprintf("set %s 0 0 %v", key, size)
	}
	return fmt.Sprintf("set %s %v", key, size)
}

func setRequest(dialect, key, value string) string {
	return setLine(dialect, key, len(value)) + "\r\n" + value + "\r\n"
}

func getRequest(key string) string { return "get " + key + "\r\n" }

// valueLine is the first line of the reply to a get, as it should be.
func (t *T) valueLine(key string, size int) string {
	if t.Profile.Dialect == Classic {
		return fmt.Sprintf("VALUE %s 0 %d\r\n", key, size)
	}
	return fmt.Sprintf("VALUE %s %d\r\n", key, size)
}
