package mutant

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// sizeLimits are faults at the largest value and the longest line.
func sizeLimits() []Mutant {
	largest := func(n int64) func(*lite) { return func(l *lite) { l.maxValue = n } }
	longest := func(n int) func(*lite) { return func(l *lite) { l.maxLine = n } }
	// above does something else with a set whose size is larger than limit, when its line has been read.
	above := func(limit int64, instead func(c *client, args []string, size int64) error) func(*lite) {
		return func(l *lite) {
			l.set = func(c *client, args []string) error {
				if len(args) == 2 {
					if size, ok := c.size(args[1]); ok && size > limit {
						return instead(c, args, size)
					}
				}
				return runSet(c, args)
			}
		}
	}
	return []Mutant{
		{"value-of-1mib-refused", "takes values of less than 1 MiB", []string{"LIM-06"}, largest(1<<20 - 1)},
		{"value-of-64kib-at-most", "takes values of up to 64 KiB", []string{"LIM-06"}, largest(1 << 16)},
		{"value-of-1mib-lost", "says STORED to a value of 1 MiB and keeps half of it", []string{"LIM-06"},
			func(l *lite) {
				good := l.save
				l.save = func(c *client, key, value string) { good(c, key, value[:min(len(value), 1<<19)]) }
			}},
		{"reply-line-cut-at-260", "cuts the VALUE line at 260 bytes, which only the longest keys reach, and that with values of four digits and more", []string{"LIM-01"},
			func(l *lite) {
				l.found = func(key, value string) string {
					line, rest, _ := strings.Cut(foundReply(key, value), "\r\n")
					return line[:min(len(line), 260)] + "\r\n" + rest
				}
			}},
		{"set-line-cut-at-260", "cuts the line of a set at 260 bytes, which only the longest keys reach", []string{"LIM-01"},
			func(l *lite) {
				l.line = func(c *client) (string, error) {
					line, err := readLine(c)
					if strings.HasPrefix(line, "set ") && strings.IndexByte(line[4:], ' ') == c.maxKey {
						line = line[:min(len(line), 260)]
					}
					return line, err
				}
			}},
		{"value-limit-off-by-one", "takes values of one byte over 1 MiB", []string{"LIM-07"}, largest(1<<20 + 1)},
		{"value-of-2mib-stored", "takes values of up to 2 MiB", []string{"LIM-07"}, largest(2 << 20)},
		{"value-too-large-cut", "says ERROR to a value that is too large and stores the start of it", []string{"LIM-07"},
			above(1<<20, func(c *client, args []string, size int64) error {
				b, err := readBlock(c, 1)
				c.save(c, args[0], b.value)
				return errors.Join(err, c.refuse())
			})},
		{"value-too-large-leaves-block", "refuses a large size at once and takes the block for commands", []string{"LIM-07", "SET-18"},
			above(1<<20, func(c *client, _ []string, _ int64) error { return c.refuse() })},
		{"value-too-large-closes", "refuses a large size and closes", []string{"LIM-07", "SET-18"},
			above(1<<20, func(c *client, _ []string, _ int64) error { c.refuse(); return errEnd })},
		{"huge-block-waited-for", "reads as many bytes as a size announces that it is going to refuse", []string{"SET-18"},
			above(1<<20, func(c *client, _ []string, size int64) error {
				if _, err := io.CopyN(io.Discard, c.in, size+2); err != nil {
					return err
				}
				return c.refuse()
			})},
		{"huge-size-crashes", "dies of a size of more than 1 GiB (out of memory)", []string{"SET-18"},
			above(1<<30, func(c *client, _ []string, _ int64) error { c.crash(); return errEnd })},
		{"huge-size-has-no-block", "takes a size beyond 31 bits for unreadable", []string{"SET-18"},
			above(1<<31-1, func(c *client, _ []string, _ int64) error { return c.refuse() })},
		{"huge-size-wraps", "reads a size modulo 2^32", []string{"SET-18"},
			func(l *lite) {
				l.size = func(token string) (int64, bool) { n, ok := readSize(token); return int64(uint32(n)), ok }
			}},
		{"line-of-8192-accepted", "takes command lines of 8,192 bytes and more", []string{"LIM-08"}, longest(16384)},
		{"line-of-8192-off-by-one", "takes a command line of 8,192 bytes and its LF", []string{"LIM-08"}, longest(8193)},
		{"line-never-ends", "waits for the LF however long a command line gets", []string{"LIM-08"},
			func(l *lite) {
				l.line = func(c *client) (string, error) {
					line, err := c.in.ReadString('\n')
					c.ending = "\n"
					if strings.HasSuffix(line, "\r\n") {
						c.ending = "\r\n"
					}
					return strings.TrimSuffix(line, c.ending), err
				}
			}},
		{"long-line-closes-silently", "closes without ERROR on a command line that is too long", []string{"LIM-08"},
			func(l *lite) {
				l.line = func(c *client) (string, error) {
					line, err := readLine(c)
					if err == errLongLine {
						err = errEnd
					}
					return line, err
				}
			}},
		{"long-line-stays", "answers ERROR to a command line that is too long, and goes on behind it", []string{"LIM-08"},
			func(l *lite) {
				l.line = func(c *client) (string, error) {
					line, err := readLine(c)
					if err != errLongLine {
						return line, err
					}
					for err = bufio.ErrBufferFull; err == bufio.ErrBufferFull; {
						_, err = c.in.ReadSlice('\n')
					}
					return "", err
				}
			}},
		{"line-of-8191-refused", "takes command lines of up to 8,190 bytes", []string{"LIM-09"}, longest(8191)},
		{"line-of-1024-at-most", "takes command lines of up to 1,023 bytes", []string{"LIM-09"}, longest(1024)},
	}
}

// clientLimits are faults in how many clients are served.
func clientLimits() []Mutant {
	clients := func(n int) func(*lite) { return func(l *lite) { l.maxClients = n } }
	// overLimit does something more when there is no place for a client.
	overLimit := func(then func(*lite)) func(*lite) {
		return func(l *lite) {
			l.admit = func() bool {
				if l.takePlace() {
					return true
				}
				then(l)
				return false
			}
		}
	}
	// freed gives a client's place back when its connection ended in a certain way.
	freed := func(when func(err error) bool) func(*lite) {
		return func(l *lite) {
			l.release = func() {}
			l.left = func(_ *client, err error) {
				if when(err) {
					<-l.places
				}
			}
		}
	}
	return []Mutant{
		{"clients-100", "serves 100 clients", []string{"LIM-10"}, clients(100)},
		{"clients-512", "serves 512 clients", []string{"LIM-10"}, clients(512)},
		{"clients-served-by-eight", "has eight workers, each of which stays with its client", []string{"LIM-10"},
			func(l *lite) {
				workers := make(chan bool, 8)
				attend := l.accept
				l.accept = func(conn net.Conn) {
					select {
					case workers <- true:
						attend(conn)
					case <-l.done:
					}
				}
				release := l.release
				l.release = func() { <-workers; release() }
			}},
		{"over-limit-waits", "lets the client over the limit wait for a place", []string{"LIM-11"},
			func(l *lite) {
				l.admit = func() bool {
					select {
					case l.places <- true:
						return true
					case <-l.done:
						return false
					}
				}
			}},
		{"over-limit-silent-until-asked", "tells the client over the limit nothing before it has asked", []string{"LIM-11"},
			func(l *lite) {
				attend := l.accept
				l.accept = func(conn net.Conn) {
					if len(l.places) < l.maxClients {
						attend(conn)
						return
					}
					l.running.Go(func() {
						defer l.forget(conn)
						conn.Read(make([]byte, 1))
						io.WriteString(conn, l.refused+"\r\n")
						conn.(*net.TCPConn).CloseWrite()
						conn.SetReadDeadline(time.Now().Add(time.Second))
						io.Copy(io.Discard, conn)
					})
				}
			}},
		{"over-limit-drops-the-silent", "makes room at the limit by closing a connection on which nothing has been said", []string{"LIM-11"},
			func(l *lite) {
				var silent sync.Map // net.Conn to true
				accept := l.accept
				l.accept = func(conn net.Conn) { silent.Store(conn, true); accept(conn) }
				l.receive = func(c *client, p []byte) (int, error) {
					n, err := c.conn.Read(p)
					silent.Delete(c.conn)
					return n, err
				}
				overLimit(func(l *lite) {
					silent.Range(func(conn, _ any) bool {
						silent.Delete(conn)
						conn.(net.Conn).Close()
						return false
					})
				})(l)
			}},
		{"over-limit-takes-place", "counts a client that it has refused among those that it serves, for ever", []string{"LIM-12"},
			func(l *lite) {
				var taken atomic.Int64
				l.admit = func() bool { return taken.Add(1) <= int64(l.maxClients) }
				l.release = func() { taken.Add(-1) }
			}},
		{"over-limit-wedges", "answers nobody any more when a client over the limit has come", []string{"LIM-11"},
			func(l *lite) {
				var wedged atomic.Bool
				overLimit(func(*lite) { wedged.Store(true) })(l)
				l.run = func(c *client, line string) error {
					if wedged.Load() {
						<-c.done
					}
					return runLine(c, line)
				}
			}},
		{"over-limit-crashes", "dies of the client over the limit", []string{"LIM-11"},
			overLimit(func(l *lite) { l.crash() })},
		{"over-limit-drops-others", "closes everybody's connection when a client over the limit comes", []string{"LIM-11"},
			overLimit(func(l *lite) {
				l.mu.Lock()
				defer l.mu.Unlock()
				for conn := range l.conns {
					conn.Close()
				}
			})},
		{"place-freed-late", "keeps a place for two seconds after its client has left", []string{"LIM-12"},
			func(l *lite) {
				good := l.release
				l.release = func() {
					l.running.Go(func() { l.pause(2 * time.Second); good() })
				}
			}},
		{"place-never-freed", "never frees a place", []string{"LIM-12", "CON-08"},
			freed(func(error) bool { return false })},
		{"place-freed-by-end-only", "never frees the place of a client that closes without end", []string{"LIM-12"},
			freed(func(err error) bool { return err == errEnd })},
		{"place-freed-by-close-only", "never frees the place of a client that says end", []string{"LIM-12"},
			freed(func(err error) bool { return err != errEnd })},
	}
}
