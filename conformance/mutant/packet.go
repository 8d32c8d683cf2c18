package mutant

import (
	"bytes"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// packets are faults that show when TCP cuts the bytes where the server did not expect it.
func packets() []Mutant {
	return []Mutant{
		{"packet-is-request", "takes every packet for one whole request", []string{"FRM-07", "FRM-08", "FRM-09", "FRM-10", "FRM-11"},
			func(l *lite) {
				l.line = func(c *client) (string, error) {
					c.skip(c.in.Buffered())
					return c.packetLine()
				}
				l.block = func(c *client, _ int64) (block, error) {
					value := strings.TrimSuffix(c.skip(c.in.Buffered()), "\r\n")
					return block{value, int64(len(value))}, nil
				}
			}},
		{"request-per-packet", "runs the first request of a packet and forgets the others", []string{"FRM-09", "FRM-10"},
			func(l *lite) {
				l.line = func(c *client) (string, error) {
					c.skip(c.in.Buffered())
					return readLine(c)
				}
			}},
		{"set-in-two-packets", "reads the block afresh, and loses what came with the command line", []string{"FRM-11"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					c.skip(c.in.Buffered())
					return readBlock(c, size)
				}
			}},
		{"set-in-one-packet", "refuses a set when its block did not come with its command line", []string{"FRM-11", "FRM-07"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					if c.in.Buffered() == 0 {
						return block{length: -1}, nil
					}
					return readBlock(c, size)
				}
			}},
		{"packet-ends-line", "takes the end of a packet for the end of a command line", []string{"FRM-07", "FRM-08"},
			func(l *lite) { l.line = func(c *client) (string, error) { return c.packetLine() } }},
		{"packet-ends-block", "takes the end of a packet for the end of a block", []string{"FRM-07", "FRM-08", "SET-14"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					packet, err := c.ahead()
					if err != nil || bytes.Contains(packet, []byte("\r\n")) {
						return readBlock(c, size)
					}
					value := c.skip(len(packet))
					return block{value, int64(len(value))}, nil
				}
			}},
		{"block-ending-in-one-packet", "does not see the CRLF of a block when a packet ends between the two", []string{"FRM-08"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					return blockByPackets(c)
				}
			}},
		{"cr-at-packet-end-is-crlf", "takes a CR at the end of a packet for CRLF, and the LF that follows for a line", []string{"FRM-08"},
			func(l *lite) {
				l.receive = func(c *client, p []byte) (int, error) {
					n, err := c.conn.Read(p)
					if n > 0 && n < len(p) && p[n-1] == '\r' {
						p[n] = '\n'
						n++
					}
					return n, err
				}
			}},
		{"lf-at-packet-start-lost", "loses the LF when a packet ends between CR and LF", []string{"FRM-08"},
			func(l *lite) {
				var afterCR sync.Map // *client to bool
				l.receive = func(c *client, p []byte) (int, error) {
					n, err := c.conn.Read(p)
					if n == 0 {
						return n, err
					}
					if was, _ := afterCR.Swap(c, p[n-1] == '\r'); was == true && p[0] == '\n' {
						n = copy(p, p[1:n])
					}
					return n, err
				}
			}},
		{"long-key-block-as-it-came", "throws away, of the block of a set with too long a key, what has come already", []string{"FRM-08"},
			func(l *lite) {
				l.set = func(c *client, args []string) error {
					if len(args) == 2 && len(args[0]) > l.maxKey {
						c.skip(c.in.Buffered())
						return c.refuse()
					}
					return runSet(c, args)
				}
			}},
		{"unknown-cut-twice", "answers an unknown command twice when it came in several packets", []string{"FRM-08", "FRM-07"},
			func(l *lite) {
				var packets sync.Map // *client to how many have come
				l.receive = func(c *client, p []byte) (int, error) {
					n, _ := packets.LoadOrStore(c, 0)
					packets.Store(c, n.(int)+1)
					return c.conn.Read(p)
				}
				l.line = func(c *client) (string, error) {
					if c.in.Buffered() == 0 {
						packets.Store(c, 0)
					}
					return readLine(c)
				}
				l.unknown = func(c *client, _ string) error {
					if n, _ := packets.Load(c); n != nil && n.(int) > 1 {
						c.refuse()
					}
					return c.refuse()
				}
			}},
		{"cr-at-packet-end-dropped", "drops a CR at the end of a packet when the next packet does not begin with LF", []string{"FRM-15"},
			func(l *lite) {
				var held sync.Map // *client to whether a CR waits
				l.receive = func(c *client, p []byte) (int, error) {
					for {
						n, err := c.conn.Read(p[1:])
						if n == 0 {
							return n, err
						}
						was, _ := held.Swap(c, p[n] == '\r')
						from := 1
						if p[0] = '\r'; was == true && p[1] == '\n' {
							from = 0
						}
						if p[n] == '\r' {
							n--
						}
						if n = copy(p, p[from:n+1]); n > 0 {
							return n, err
						}
					}
				}
			}},
		{"lf-at-packet-start-skipped", "skips a LF at the start of a packet, as the end of a line that is over", []string{"FRM-16"},
			func(l *lite) {
				var afterCR sync.Map // *client to bool
				l.receive = func(c *client, p []byte) (int, error) {
					for {
						n, err := c.conn.Read(p)
						if n == 0 {
							return n, err
						}
						if was, _ := afterCR.Swap(c, p[n-1] == '\r'); was != true && p[0] == '\n' {
							n = copy(p, p[1:n])
						}
						if n > 0 {
							return n, err
						}
					}
				}
			}},
		{"byte-lost-at-1024", "loses the byte on which its 1024-byte buffer fills", []string{"SET-14"},
			func(l *lite) {
				l.receive = func(c *client, p []byte) (int, error) {
					n, err := c.conn.Read(p[:min(len(p), 1024)])
					return min(n, 1023), err
				}
			}},
		{"set-of-200-parts-refused", "refuses a set that comes in more than 200 packets", []string{"FRM-07"},
			func(l *lite) {
				var counts sync.Map // *client to the packets since its last request
				l.receive = func(c *client, p []byte) (int, error) {
					n, _ := counts.LoadOrStore(c, 0)
					counts.Store(c, n.(int)+1)
					return c.conn.Read(p)
				}
				good := l.run
				l.run = func(c *client, line string) error { err := good(c, line); counts.Delete(c); return err }
				l.verdict = func(c *client, s request) bool {
					n, _ := counts.LoadOrStore(c, 0)
					return n.(int) <= 200 && l.isGood(c, s)
				}
			}},
		{"cut-line-gathered-in-256", "gathers a command line that comes in parts in 256 bytes", []string{"FRM-08"},
			func(l *lite) {
				l.line = func(c *client) (string, error) {
					if _, err := c.in.Peek(1); err != nil {
						return "", err
					}
					p, _ := c.in.Peek(c.in.Buffered())
					line, err := readLine(c)
					if bytes.IndexByte(p, '\n') < 0 {
						line = line[:min(len(line), 256)]
					}
					return line, err
				}
			}},
		{"cr-lost-where-buffer-ends", "loses a CR that is the last byte of a packet which just fills its buffer of 4096 bytes", []string{"FRM-08", "SET-13"},
			func(l *lite) {
				l.receive = func(c *client, p []byte) (int, error) {
					n, err := c.conn.Read(p[:min(len(p), 4096)])
					if n == 4096 && p[n-1] == '\r' {
						n--
					}
					return n, err
				}
			}},
		{"line-end-missed-where-buffer-ends", "takes a LF at the start of its buffer of 4096 bytes for an empty line, and the CR before it for the line's end", []string{"FRM-08"},
			func(l *lite) {
				var full sync.Map // *client to whether what it sent before filled the buffer and ended in CR
				l.receive = func(c *client, p []byte) (int, error) {
					if len(p) <= 4096 {
						full.Delete(c)
						return c.conn.Read(p)
					}
					n, err := c.conn.Read(p[1:4097])
					cut, _ := full.Swap(c, n == 4096 && p[n] == '\r')
					if cut == true && n > 0 && p[1] == '\n' {
						p[0] = '\n' // two of them, the first of which has the CR
						return n + 1, err
					}
					return copy(p, p[1:n+1]), err
				}
			}},
		{"byte-lost-at-2048", "loses the last byte of a packet that just fills its buffer of 2048 bytes", []string{"SET-14"},
			func(l *lite) {
				l.receive = func(c *client, p []byte) (int, error) {
					n, err := c.conn.Read(p)
					if n == 2048 {
						n--
					}
					return n, err
				}
			}},
		{"large-block-ending-in-one-packet", "does not see the CRLF of a block of more than 2000 bytes when a packet ends between the two", []string{"FRM-11"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					if size <= 2000 || size > c.maxValue {
						return readBlock(c, size)
					}
					return blockByPackets(c)
				}
			}},
	}
}

// pipelines are faults that show when requests do not wait for replies.
func pipelines() []Mutant {
	closeAfter := func(requests int) func(*lite) {
		return func(l *lite) {
			var counts sync.Map // *client to how many it has sent
			l.run = func(c *client, line string) error {
				n, _ := counts.LoadOrStore(c, 1)
				counts.Store(c, n.(int)+1)
				if err := runLine(c, line); err != nil || n.(int) < requests {
					return err
				}
				return errEnd
			}
		}
	}
	// unread does something with replies for which the socket has no room, instead of waiting until it has.
	unread := func(instead func(*client) error) func(*lite) {
		return func(l *lite) {
			l.send = func(c *client, p []byte) (int, error) {
				if tcp, ok := c.conn.(*net.TCPConn); ok {
					tcp.SetWriteBuffer(16 << 10) // little room, whatever the system's settings are
				}
				c.conn.SetWriteDeadline(time.Now().Add(5 * time.Millisecond))
				n, err := c.conn.Write(p)
				if errors.Is(err, os.ErrDeadlineExceeded) {
					return len(p), instead(c)
				}
				return n, err
			}
		}
	}
	return []Mutant{
		{"error-flushes-input", "throws away what it has received when it answers ERROR", []string{"FRM-10"},
			func(l *lite) {
				good := l.reply
				l.reply = func(c *client, text string) error {
					if text == c.refused {
						c.skip(c.in.Buffered())
					}
					return good(c, text)
				}
			}},
		{"errors-overtake", "sends ERROR at once, before the replies that are queued", []string{"FRM-10"},
			func(l *lite) {
				good := l.reply
				l.reply = func(c *client, text string) error {
					if text == c.refused {
						_, err := c.send(c, []byte(text+"\r\n"))
						return err
					}
					return good(c, text)
				}
			}},
		{"equal-replies-merged", "sends one reply where two in a row would be the same", []string{"FRM-09"},
			func(l *lite) {
				var last sync.Map // *client to the last reply of the packet
				good := l.reply
				l.reply = func(c *client, text string) error {
					if was, _ := last.Swap(c, text); was == text && c.out.Buffered() > 0 {
						return nil
					}
					return good(c, text)
				}
			}},
		{"burst-of-500", "answers the first 500 requests of a burst and forgets the others", []string{"FRM-09"},
			func(l *lite) {
				var counts sync.Map // *client to the number of requests since it was last waited for
				l.line = func(c *client) (string, error) {
					n, _ := counts.LoadOrStore(c, 0)
					if c.in.Buffered() == 0 {
						n = 0
					}
					for n.(int) == 500 {
						c.out.Flush()
						c.skip(c.in.Buffered())
						c.conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
						_, err := c.in.Peek(1)
						c.conn.SetReadDeadline(time.Time{})
						if err != nil {
							n = 0
						}
					}
					counts.Store(c, n.(int)+1)
					return readLine(c)
				}
			}},
		{"large-replies-late", "sends a value of more than 60,000 bytes when it has answered what came with the request", []string{"FRM-09"},
			func(l *lite) {
				var late sync.Map // *client to what is to be sent
				reply, line := l.reply, l.line
				l.reply = func(c *client, text string) error {
					if len(text) <= 60_000 {
						return reply(c, text)
					}
					before, _ := late.Swap(c, "")
					queued, _ := before.(string)
					late.Store(c, queued+text+"\r\n")
					return nil
				}
				l.line = func(c *client) (string, error) {
					if c.in.Buffered() == 0 {
						if text, ok := late.LoadAndDelete(c); ok {
							c.out.WriteString(text.(string))
						}
					}
					return line(c)
				}
			}},
		{"connection-for-one-request", "closes the connection after one request", []string{"FRM-12"}, closeAfter(1)},
		{"connection-for-ten-requests", "closes the connection after ten requests", []string{"FRM-12"}, closeAfter(10)},
		{"connection-for-10000-requests", "closes the connection after 10,000 requests", []string{"SET-19"}, closeAfter(10_000)},
		{"unread-replies-dropped", "drops replies when the client has many to read", []string{"FRM-13"},
			unread(func(*client) error { return nil })},
		{"unread-replies-beyond-4mib-dropped", "drops replies when 4 MiB wait for the client to read", []string{"FRM-13"},
			func(l *lite) {
				of := outboxes(l, func(waiting int) bool { return waiting < 4<<20 })
				l.left = func(c *client, _ error) { c.out.Flush(); of(c).close(10 * time.Second) }
			}},
		{"unread-replies-close", "closes the connection when the client has many replies to read", []string{"FRM-13"},
			unread(func(*client) error { return errEnd })},
		{"unread-replies-hang", "serves a client no more when it has had many replies to read", []string{"FRM-13"},
			unread(func(c *client) error { <-c.done; return errEnd })},
	}
}

// ahead is what has been received and not been read, a packet if nothing was left of an earlier one. It waits for the first byte.
func (c *client) ahead() ([]byte, error) {
	if _, err := c.in.Peek(1); err != nil {
		return nil, err
	}
	return c.in.Peek(c.in.Buffered())
}

// skip drops n bytes that have been received, and returns them.
func (c *client) skip(n int) string {
	p, _ := c.in.Peek(n)
	text := string(p)
	c.in.Discard(n)
	return text
}

// packetLine reads up to LF or to the end of the packet.
func (c *client) packetLine() (string, error) {
	packet, err := c.ahead()
	if err != nil {
		return "", err
	}
	line, _, found := strings.Cut(string(packet), "\n")
	c.skip(len(line))
	if found {
		c.skip(1)
	}
	c.ending = "\r\n"
	return strings.TrimSuffix(line, "\r"), nil
}

// blockByPackets reads a block up to a CRLF that is whole in one packet.
func blockByPackets(c *client) (block, error) {
	var value string
	for {
		packet, err := c.ahead()
		if err != nil {
			return block{}, err
		}
		if end := bytes.Index(packet, []byte("\r\n")); end >= 0 {
			value += c.skip(end + 2)[:end]
			return block{value, int64(len(value))}, nil
		}
		value += c.skip(len(packet))
	}
}
