package mutant

import (
	"net"
	"sync"
	"time"
)

// oddConnections begin, go on or end otherwise.
func oddConnections() []Variant {
	return []Variant{
		{"greeting", "greets each client", `greets with "Welcome to the store!"`, nil,
			func(l *lite) {
				attend := l.accept
				l.accept = func(conn net.Conn) {
					if _, err := conn.Write([]byte("Welcome to the store!\r\n")); err == nil {
						attend(conn)
					}
				}
			}},
		{"leave-by-quit", "is left by quit", "is left by `quit`", nil, leaves("quit")},
		{"leave-by-exit", "is left by exit", "is left by `exit`", nil, leaves("exit")},
		{"leave-by-close", "is left by close", "is left by `close`", nil, leaves("close")},
		{"leave-by-closing", "is left by closing only", "can be left by closing only", []string{"END-01"}, leaves("")},
		{"one-request", "closes the connection after each request", "serves one request a connection", []string{"FRM-12"},
			func(l *lite) {
				l.run = func(c *client, line string) error {
					if err := runLine(c, line); err != nil {
						return err
					}
					return errEnd
				}
			}},
		{"sleeper", "sleeps before each read and each write", "as the profile report says", nil,
			func(l *lite) {
				var nap sync.Map // *client to whether it has slept since its last reply
				l.receive = func(c *client, p []byte) (int, error) {
					if _, slept := nap.LoadOrStore(c, true); !slept {
						c.pause(100 * time.Millisecond)
					}
					return c.conn.Read(p)
				}
				l.send = func(c *client, p []byte) (int, error) {
					nap.Delete(c)
					c.pause(100 * time.Millisecond)
					return c.conn.Write(p)
				}
			}},
	}
}

// leaves closes the connection on word and not on end.
func leaves(word string) func(*lite) {
	return func(l *lite) {
		l.end = func(c *client, _ []string) error { return c.refuse() }
		l.run = func(c *client, line string) error {
			if words := c.tokens(line); len(words) == 1 && words[0] == word {
				return errEnd
			}
			return runLine(c, line)
		}
	}
}
