package mutant

import (
	"errors"
	"io"
	"strings"
	"time"
)

// ending are faults in how a client leaves.
func ending() []Mutant {
	// impatient reads ahead of its replies, and closes soon after the client's last word, however much of them is still to be sent.
	impatient := func(last error) func(*lite) {
		return func(l *lite) {
			of := outboxes(l, func(int) bool { return true })
			l.left = func(c *client, err error) {
				c.out.Flush()
				patience := 10 * time.Second
				if err == last {
					patience = 20 * time.Millisecond
				}
				if !of(c).close(patience) {
					c.conn.Close()
				}
			}
		}
	}
	return []Mutant{
		{"end-says-bye", "answers end with BYE", []string{"END-01"},
			func(l *lite) {
				l.end = func(c *client, args []string) error {
					if len(args) == 0 {
						c.reply(c, "BYE")
					}
					return runEnd(c, args)
				}
			}},
		{"end-says-end", "answers end with END", []string{"END-01"},
			func(l *lite) {
				l.end = func(c *client, args []string) error {
					if len(args) == 0 {
						c.reply(c, "END")
					}
					return runEnd(c, args)
				}
			}},
		{"end-unknown", "does not know end", []string{"END-01"},
			func(l *lite) { l.end = func(c *client, _ []string) error { return c.refuse() } }},
		{"end-stays-open", "leaves the connection open, silent, after end", []string{"END-01"},
			func(l *lite) {
				l.end = func(c *client, args []string) error {
					err := runEnd(c, args)
					if err == errEnd {
						c.out.Flush()
						io.Copy(io.Discard, c.conn)
					}
					return err
				}
			}},
		{"end-drops-replies", "closes without sending the replies that are still queued", []string{"END-02"},
			func(l *lite) {
				l.left = func(c *client, err error) {
					if err == errEnd {
						c.out.Reset(io.Discard)
					}
				}
			}},
		{"end-waits-20ms", "closes 20 ms after end, whether the client has taken its replies or not", []string{"END-02"}, impatient(errEnd)},
		{"end-overtakes", "closes as soon as a packet has an end in it, before what precedes it is run", []string{"END-02"},
			func(l *lite) {
				l.line = func(c *client) (string, error) {
					line, err := readLine(c)
					ahead, _ := c.in.Peek(c.in.Buffered())
					if err == nil && strings.Contains("\n"+string(ahead), "\nend\r\n") {
						return "", errEnd
					}
					return line, err
				}
			}},
		{"end-runs-the-rest", "runs what follows end in the same packet", []string{"END-03"},
			func(l *lite) {
				l.left = func(c *client, err error) {
					if err == errEnd {
						c.runBuffered()
					}
				}
			}},
		{"end-runs-the-rest-silently", "runs what follows end in the same packet and says nothing", []string{"END-03"},
			func(l *lite) {
				l.left = func(c *client, err error) {
					if err == errEnd {
						c.out.Flush()
						c.out.Reset(io.Discard)
						c.runBuffered()
					}
				}
			}},
		{"end-with-arguments", "leaves on end whatever follows it on the line", []string{"END-04"},
			func(l *lite) { l.end = func(c *client, _ []string) error { return runEnd(c, nil) } }},
		{"end-as-prefix", "leaves on any line that begins with end", []string{"END-04"},
			func(l *lite) {
				l.unknown = func(c *client, line string) error {
					if strings.HasPrefix(line, "end") {
						return errEnd
					}
					return c.refuse()
				}
				l.end = func(c *client, _ []string) error { return runEnd(c, nil) }
			}},
		{"end-with-arguments-silent", "says nothing to end with arguments", []string{"END-04"},
			func(l *lite) {
				l.end = func(c *client, args []string) error {
					if len(args) > 0 {
						return nil
					}
					return runEnd(c, args)
				}
			}},
		{"end-stops-server", "exits when one client says end", []string{"END-05"},
			func(l *lite) {
				l.left = func(_ *client, err error) {
					if err == errEnd {
						l.crash()
					}
				}
			}},
		{"close-stops-server", "exits when one client closes its connection", []string{"END-05"},
			func(l *lite) {
				l.left = func(_ *client, err error) {
					if err == io.EOF {
						l.crash()
					}
				}
			}},
		{"end-disconnects-all", "closes every client's connection when one says end", []string{"END-05"},
			func(l *lite) {
				l.left = func(_ *client, err error) {
					if err == errEnd {
						l.mu.Lock()
						defer l.mu.Unlock()
						for conn := range l.conns {
							conn.Close()
						}
					}
				}
			}},
		{"end-closes-listener", "accepts nobody any more once a client has said end", []string{"END-05"},
			func(l *lite) {
				l.left = func(_ *client, err error) {
					if err == errEnd {
						l.ln.Close()
					}
				}
			}},
		{"half-close-drops-replies", "closes at once when the client has shut its sending side", []string{"END-06"},
			func(l *lite) {
				l.receive = func(c *client, p []byte) (int, error) {
					n, err := c.conn.Read(p)
					if err != nil || n == len(p) {
						return n, err
					}
					c.conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond)) // EOF close behind the data
					more, err := c.conn.Read(p[n:])
					c.conn.SetReadDeadline(time.Time{})
					if errors.Is(err, io.EOF) {
						return 0, io.EOF
					}
					return n + more, nil
				}
			}},
		{"half-close-waits-20ms", "closes 20 ms after the client has shut its sending side, whether it has taken its replies or not", []string{"END-06"}, impatient(io.EOF)},
		{"unfinished-line-with-cr-run", "runs a command line that the end of the stream cut off between CR and LF", []string{"END-07"},
			func(l *lite) {
				l.line = func(c *client) (string, error) {
					line, err := c.in.ReadString('\n')
					if errors.Is(err, io.EOF) && strings.HasSuffix(line, "\r") {
						line, err = line+"\n", nil
					}
					c.ending = "\r\n"
					return strings.TrimRight(line, c.ending), err
				}
			}},
		{"unfinished-lf-block-stored", "stores a block of the right size that the end of the stream cut off, where the line ended in a bare LF", []string{"END-07"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					if c.ending == "\r\n" || size > c.maxValue {
						return readBlock(c, size)
					}
					value, err := c.in.ReadString('\n')
					if errors.Is(err, io.EOF) && int64(len(value)) == size {
						return block{value, size}, nil
					}
					value = strings.TrimSuffix(value, "\n")
					return block{value, int64(len(value))}, err
				}
			}},
		{"unfinished-block-stored", "stores a block of the right size that the end of the stream cut off from its CRLF", []string{"END-07"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					var raw string
					for !strings.HasSuffix(raw, c.ending) {
						more, err := c.in.ReadString('\n')
						raw += more
						if err != nil {
							value := strings.TrimRight(raw, "\r")
							return block{value, int64(len(value))}, nil
						}
					}
					value := strings.TrimSuffix(raw, c.ending)
					return block{value, int64(len(value))}, nil
				}
			}},
		{"unfinished-line-run", "runs a command line that the end of the stream cut off", []string{"END-07"},
			func(l *lite) {
				l.line = func(c *client) (string, error) {
					line, err := c.in.ReadString('\n')
					if errors.Is(err, io.EOF) && line != "" {
						err = nil
					}
					c.ending = "\r\n"
					return strings.TrimRight(line, c.ending), err
				}
			}},
		{"unfinished-request-error", "says ERROR to a request that the end of the stream cut off", []string{"END-07"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					b, err := readBlock(c, size)
					if err != nil {
						c.refuse()
					}
					return b, err
				}
			}},
	}
}

// runBuffered runs the whole requests that have been received already.
func (c *client) runBuffered() {
	for {
		ahead, _ := c.in.Peek(c.in.Buffered())
		if !strings.Contains(string(ahead), "\n") {
			return
		}
		line, err := c.line(c)
		if err == nil {
			err = c.run(c, line)
		}
		if err != nil {
			return
		}
	}
}
