package mutant

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// delays are faults in which one client waits for another.
func delays() []Mutant {
	// polled has each silent client waited for in turn.
	polled := func(wait time.Duration) func(*lite) {
		return func(l *lite) {
			var turn sync.Mutex
			l.line = func(c *client) (string, error) {
				for {
					turn.Lock()
					c.conn.SetReadDeadline(time.Now().Add(wait))
					_, err := c.in.Peek(1)
					c.conn.SetReadDeadline(time.Time{})
					turn.Unlock()
					if timeout, ok := err.(net.Error); !ok || !timeout.Timeout() {
						return readLine(c)
					}
				}
			}
		}
	}
	return []Mutant{
		{"one-client-at-a-time", "serves a client to its end before it accepts the next", []string{"CON-05"},
			func(l *lite) { l.accept = func(conn net.Conn) { l.attend(conn) } }},
		{"clients-polled-in-turn", "waits 200 ms for each silent client before it turns to the next", []string{"CON-05"}, polled(200 * time.Millisecond)},
		{"clients-polled-quickly", "waits 10 ms for each silent client before it turns to the next", []string{"CON-10"}, polled(10 * time.Millisecond)},
		{"unfinished-line-waited-for", "serves nobody else for up to 200 ms while a command line is not finished", []string{"CON-10"},
			func(l *lite) {
				mu := wideLock(l)
				l.line = func(c *client) (string, error) {
					if _, err := c.in.Peek(1); err != nil {
						return "", err
					}
					mu.Lock()
					for until := time.Now().Add(200 * time.Millisecond); time.Now().Before(until); time.Sleep(time.Millisecond) {
						if p, _ := c.in.Peek(c.in.Buffered()); bytes.IndexByte(p, '\n') >= 0 {
							break
						}
						c.conn.SetReadDeadline(time.Now().Add(time.Millisecond))
						c.in.Peek(c.in.Buffered() + 1)
						c.conn.SetReadDeadline(time.Time{})
					}
					mu.Unlock()
					return readLine(c)
				}
			}},
		{"busy-client-first", "serves no get of others while a client's gets follow each other within 100 ms, for up to a second", []string{"CON-10"},
			func(l *lite) {
				var (
					turn  sync.Mutex
					since sync.Map // *client to when it began its turn
				)
				end := func(c *client) {
					if _, ok := since.LoadAndDelete(c); ok {
						turn.Unlock()
					}
				}
				l.line = func(c *client) (string, error) {
					if began, ok := since.Load(c); ok {
						c.out.Flush()
						c.conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
						_, err := c.in.Peek(1)
						c.conn.SetReadDeadline(time.Time{})
						if err != nil || time.Since(began.(time.Time)) > time.Second {
							end(c)
						}
					}
					line, err := readLine(c)
					if _, ok := since.Load(c); !ok && strings.HasPrefix(line, "get ") {
						turn.Lock()
						since.Store(c, time.Now())
					}
					return line, err
				}
				l.left = func(c *client, _ error) { end(c) }
			}},
		{"accept-waits-for-first-line", "accepts no client before the one before has sent something", []string{"CON-05"},
			func(l *lite) {
				var silent sync.Map // net.Conn to a channel that is closed when it has sent something
				attend := l.accept
				l.accept = func(conn net.Conn) {
					heard := make(chan bool)
					silent.Store(conn, heard)
					attend(conn)
					select {
					case <-heard:
					case <-l.done:
					}
				}
				l.receive = func(c *client, p []byte) (int, error) {
					n, err := c.conn.Read(p)
					if heard, ok := silent.LoadAndDelete(c.conn); ok {
						close(heard.(chan bool))
					}
					return n, err
				}
			}},
		{"lock-held-for-line", "holds the lock of the store while a command line arrives", []string{"CON-06"},
			func(l *lite) {
				mu := wideLock(l)
				l.line = func(c *client) (string, error) {
					if _, err := c.in.Peek(1); err != nil {
						return "", err
					}
					mu.Lock()
					defer mu.Unlock()
					return readLine(c)
				}
			}},
		{"lock-held-for-block", "holds the lock of the store while a block arrives", []string{"CON-06"},
			func(l *lite) {
				mu := wideLock(l)
				l.block = func(c *client, size int64) (block, error) {
					mu.Lock()
					defer mu.Unlock()
					return readBlock(c, size)
				}
			}},
		{"lock-held-for-reply", "holds a lock that all replies need while a client reads its own", []string{"CON-09"},
			func(l *lite) {
				var sending sync.Mutex
				l.send = func(c *client, p []byte) (int, error) {
					sending.Lock()
					defer sending.Unlock()
					return c.conn.Write(p)
				}
			}},
		{"key-locked-for-reply", "holds the lock of a key while a client reads its value", []string{"CON-09"},
			func(l *lite) {
				var locks sync.Map // key to chan bool, which holds one element while the key is locked
				lock := func(key string) func() {
					made, _ := locks.LoadOrStore(key, make(chan bool, 1))
					held := made.(chan bool)
					select {
					case held <- true:
						return func() { <-held }
					case <-l.done:
						return func() {}
					}
				}
				l.get = func(c *client, args []string) error {
					if len(args) != 1 {
						return runGet(c, args)
					}
					defer lock(args[0])()
					return errors.Join(runGet(c, args), c.out.Flush())
				}
				save := l.save
				l.save = func(c *client, key, value string) {
					defer lock(key)()
					save(c, key, value)
				}
			}},
	}
}

// impatience are faults of a server that does not wait for its clients.
func impatience() []Mutant {
	const patience = 2 * time.Second
	return []Mutant{
		{"idle-clients-closed", "closes a connection on which no request has begun for 2 s", []string{"CON-12"},
			func(l *lite) {
				l.line = func(c *client) (string, error) {
					c.conn.SetReadDeadline(time.Now().Add(patience))
					_, err := c.in.Peek(1)
					c.conn.SetReadDeadline(time.Time{})
					if err != nil {
						return "", err
					}
					return readLine(c)
				}
			}},
		{"dawdlers-closed", "closes a connection on which a request is not whole after 2 s", []string{"CON-12"},
			func(l *lite) {
				l.line = func(c *client) (string, error) {
					if _, err := c.in.Peek(1); err != nil {
						return "", err
					}
					c.conn.SetReadDeadline(time.Now().Add(patience))
					defer c.conn.SetReadDeadline(time.Time{})
					return readLine(c)
				}
			}},
		{"unfinished-request-forgotten", "forgets what has come of a request that is not whole after 1 s", []string{"CON-12"},
			func(l *lite) {
				l.line = func(c *client) (string, error) {
					for {
						if _, err := c.in.Peek(1); err != nil {
							return "", err
						}
						c.conn.SetReadDeadline(time.Now().Add(patience / 2))
						line, err := readLine(c)
						c.conn.SetReadDeadline(time.Time{})
						if !errors.Is(err, os.ErrDeadlineExceeded) {
							return line, err
						}
					}
				}
			}},
		{"slow-readers-closed", "closes a connection whose client has taken nothing for 2 s", []string{"CON-12"},
			func(l *lite) {
				l.send = func(c *client, p []byte) (int, error) {
					c.conn.SetWriteDeadline(time.Now().Add(patience))
					return c.conn.Write(p)
				}
			}},
	}
}

// departures are faults in what a client leaves behind that does not leave politely, or when many do.
func departures() []Mutant {
	onReset := func(then func(*lite)) func(*lite) {
		return func(l *lite) {
			l.left = func(_ *client, err error) {
				if err != errEnd && err != errLongLine && err != io.EOF {
					then(l)
				}
			}
		}
	}
	// afterMany does something once n clients have left.
	afterMany := func(n int64, then func(*lite)) func(*lite) {
		return func(l *lite) {
			var gone atomic.Int64
			l.left = func(*client, error) {
				if gone.Add(1) == n {
					then(l)
				}
			}
		}
	}
	return []Mutant{
		{"reset-stops-server", "dies of a connection that is reset", []string{"CON-07"}, onReset(func(l *lite) { l.crash() })},
		{"reset-closes-listener", "accepts nobody any more after a connection was reset", []string{"CON-07"},
			onReset(func(l *lite) { l.ln.Close() })},
		{"reset-keeps-lock", "never unlocks the store that a client had locked when it was reset", []string{"CON-07"},
			func(l *lite) {
				mu := wideLock(l)
				onReset(func(*lite) {
					mu.Lock()
					l.running.Go(func() { <-l.done; mu.Unlock() })
				})(l)
			}},
		{"reset-empties-value", "empties the value that was being set when its client was reset", []string{"CON-07"},
			func(l *lite) {
				l.set = func(c *client, args []string) error {
					err := runSet(c, args)
					if err != nil && err != io.EOF && len(args) == 2 {
						c.save(c, args[0], "")
					}
					return err
				}
			}},
		{"churn-stops-server", "dies when 100 clients have left", []string{"CON-08"}, afterMany(100, func(l *lite) { l.crash() })},
		{"churn-closes-listener", "accepts nobody any more when 100 clients have left", []string{"CON-08"},
			afterMany(100, func(l *lite) { l.ln.Close() })},
		{"churn-empties-store", "forgets everything when 100 clients have left", []string{"CON-08"},
			afterMany(100, func(l *lite) {
				l.mu.Lock()
				defer l.mu.Unlock()
				clear(l.values)
			})},
	}
}

// wideLock is a lock that every use of the store needs, for faults that hold it too long. The server's own lock is not for that: it
// could not be stopped.
func wideLock(l *lite) *sync.Mutex {
	var mu sync.Mutex
	save, load := l.save, l.load
	l.save = func(c *client, key, value string) {
		mu.Lock()
		defer mu.Unlock()
		save(c, key, value)
	}
	l.load = func(c *client, key string) (string, bool) {
		mu.Lock()
		defer mu.Unlock()
		return load(c, key)
	}
	return &mu
}
