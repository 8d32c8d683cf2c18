package mutant

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// losing are faults in when, and in which order, a set reaches the file.
func losing() []Mutant {
	const gap = 5 * time.Millisecond
	return durables([]disk{
		{"memory-only", "keeps nothing in its folder", []string{"DUR-01", "DUR-02", "DUR-03", "DUR-04", "DUR-05"},
			func(d *durable) { d.write = func([]byte) error { return nil } }},
		{"written-at-exit", "writes its values down when it is told to stop, not before", []string{"DUR-01", "DUR-04"},
			func(d *durable) {
				var kept []byte
				d.write = func(record []byte) error { kept = append(kept, record...); return nil }
				d.quit = func() {
					d.order.Lock()
					_, err := d.log.Write(kept)
					d.must(err)
					d.crash()
				}
			}},
		{"buffered", "leaves records in a buffer until it is full, or until it is told to stop", []string{"DUR-01", "DUR-04"},
			func(d *durable) {
				var out *bufio.Writer
				d.write = func(record []byte) error {
					if out == nil {
						out = bufio.NewWriterSize(d.log, 64<<10)
					}
					_, err := out.Write(record)
					return err
				}
				d.quit = func() {
					d.order.Lock()
					if out != nil {
						d.must(out.Flush())
					}
					d.crash()
				}
			}},
		{"written-behind", "says STORED, and writes a moment later", []string{"DUR-01"},
			func(d *durable) {
				queue := make(chan []byte, 1<<16)
				d.write = func(record []byte) error { queue <- record; return nil }
				d.running.Go(func() {
					for {
						d.pause(gap)
						select {
						case record := <-queue:
							_, err := d.log.Write(record)
							d.must(err)
						case <-d.done:
							return
						}
					}
				})
			}},
		{"shown-before-written", "shows a value to everybody before it is written, and says STORED after", []string{"DUR-03"},
			func(d *durable) {
				good := d.keep
				d.keep = func(c *client, key, value string) {
					d.replay(key, value)
					d.pause(gap)
					good(c, key, value)
				}
			}},
		{"file-in-another-order", "writes down sets of one key in another order than it shows them in", []string{"DUR-05"},
			func(d *durable) {
				var turn atomic.Int64
				d.keep = func(_ *client, key, value string) {
					d.replay(key, value)
					if turn.Add(1)%2 == 0 {
						d.pause(gap)
					}
					d.order.Lock()
					defer d.order.Unlock()
					d.must(d.write(d.encode(key, value)))
				}
			}},
		{"first-record-counts", "appends every set, and reads the first of a key", []string{"DUR-02"},
			func(d *durable) {
				good := d.replay
				d.replay = func(key, value string) {
					if _, ok := d.load(nil, key); !ok {
						good(key, value)
					}
				}
				d.keep = func(_ *client, key, value string) {
					d.order.Lock()
					defer d.order.Unlock()
					d.must(d.write(d.encode(key, value)))
					good(key, value)
				}
			}},
		{"new-keys-only", "writes a key down when it is new, not when it gets another value", []string{"DUR-02"},
			func(d *durable) {
				good := d.write
				known := map[string]bool{}
				d.write = func(record []byte) error {
					key, _, _, _ := decodeRecord(bufio.NewReader(strings.NewReader(string(record))))
					if known[key] {
						return nil
					}
					known[key] = true
					return good(record)
				}
			}},
		{"refused-sets-written", "writes a set down before it is found wrong", []string{"DUR-02"},
			func(d *durable) {
				d.verdict = func(c *client, s request) bool {
					if !c.isGood(c, s) {
						d.must(d.write(d.encode(s.key, s.block.value)))
						return false
					}
					return true
				}
			}},
		{"snapshot-over-log", "reads the snapshot of the last orderly stop after what was set since", []string{"DUR-02"},
			func(d *durable) {
				snapshot := filepath.Join(d.folder, "snapshot")
				d.quit = func() {
					d.order.Lock()
					var all []byte
					for key, value := range d.values {
						all = append(all, d.encode(key, value)...)
					}
					d.must(os.WriteFile(snapshot, all, 0o600))
					d.crash()
				}
				good := d.open
				d.open = func() error {
					if err := good(); err != nil {
						return err
					}
					file, err := os.Open(snapshot)
					if err != nil {
						return nil // there was no stop yet
					}
					defer file.Close()
					for in := bufio.NewReader(file); ; {
						key, value, _, err := d.decode(in)
						if err != nil {
							return nil
						}
						d.replay(key, value)
					}
				}
			}},
		{"truncates-at-start", "empties its file when it opens it", []string{"DUR-01"},
			func(d *durable) {
				d.open = func() (err error) { d.log, err = os.Create(d.path); return err }
			}},
	})
}

// crashing are faults that show when a kill comes in the midst of something.
func crashing() []Mutant {
	// inTwo writes a record in two pieces.
	inTwo := func(d *durable) {
		d.write = func(record []byte) error {
			_, err := d.log.Write(record[:len(record)/2])
			d.must(err)
			d.pause(time.Millisecond)
			_, err = d.log.Write(record[len(record)/2:])
			return err
		}
	}
	return durables([]disk{
		{"torn-record-refused", "does not start when the last record is not whole", []string{"DUR-04"},
			func(d *durable) {
				inTwo(d)
				d.torn = func(int64) error { return errTorn }
			}},
		{"torn-record-served", "takes what there is of the last record for its value", []string{"DUR-04"},
			func(d *durable) {
				inTwo(d)
				d.decode = func(in *bufio.Reader) (string, string, int, error) {
					head, err := in.Peek(recordHead)
					if err == nil {
						k, v := int(head[0]), int(head[4])|int(head[5])<<8|int(head[6])<<16
						in.Discard(recordHead)
						text := make([]byte, k+v)
						n, _ := io.ReadFull(in, text)
						if n >= k {
							return string(text[:k]), string(text[k:n]), recordHead + n, nil
						}
					}
					return "", "", 0, io.EOF
				}
			}},
		{"torn-record-left", "appends behind a record that is not whole, and then reads no further than that", []string{"DUR-04"},
			func(d *durable) {
				inTwo(d)
				d.torn = func(int64) error { return nil }
			}},
		{"rewritten-in-place", "writes all values anew at each set, over the old file", []string{"DUR-04"},
			func(d *durable) {
				d.keep = func(c *client, key, value string) {
					d.order.Lock()
					defer d.order.Unlock()
					all := d.encode(key, value)
					for k, v := range d.values {
						if k != key {
							all = append(all, d.encode(k, v)...)
						}
					}
					d.must(d.log.Truncate(0))
					_, err := d.log.Seek(0, io.SeekStart)
					d.must(err)
					d.pause(time.Millisecond)
					_, err = d.log.Write(all)
					d.must(err)
					d.replay(key, value)
				}
			}},
		{"compacts-in-place", "writes its file anew when it starts, over the old one", []string{"DUR-10"},
			func(d *durable) {
				good := d.open
				d.open = func() error {
					if err := good(); err != nil {
						return err
					}
					d.must(d.log.Truncate(0))
					_, err := d.log.Seek(0, io.SeekStart)
					d.must(err)
					for key, value := range d.values {
						d.must(d.write(d.encode(key, value)))
						time.Sleep(time.Millisecond)
					}
					return nil
				}
			}},
		{"lock-file", "does not start while the lock file is there that a kill has left", []string{"DUR-01"},
			func(d *durable) {
				lock := filepath.Join(d.folder, "lock")
				good := d.open
				d.open = func() error {
					file, err := os.OpenFile(lock, os.O_CREATE|os.O_EXCL, 0o600)
					if err != nil {
						return fmt.Errorf("another server is using the folder: %w", err)
					}
					file.Close()
					return good()
				}
				d.quit = func() { os.Remove(lock); d.crash() }
			}},
	})
}

// living are faults of the process: how it starts and ends, and what it does besides.
func living() []Mutant {
	return durables([]disk{
		{"address-in-use", "listens without SO_REUSEADDR", []string{"DUR-08"},
			func(d *durable) {
				d.listen = func(addr string) (net.Listener, error) {
					config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
						if e := c.Control(func(fd uintptr) { err = reuseNothing(fd) }); e != nil {
							return e
						}
						return err
					}}
					return config.Listen(context.Background(), "tcp", addr)
				}
			}},
		{"ignores-sigterm", "does nothing when it is told to stop", []string{"DUR-09"},
			func(d *durable) { d.quit = func() {} }},
		{"waits-for-clients", "told to stop, waits until the last client has left", []string{"DUR-09"},
			func(d *durable) {
				d.quit = func() {
					for {
						d.mu.Lock()
						n := len(d.conns)
						d.mu.Unlock()
						if n == 0 {
							d.crash()
							return
						}
						time.Sleep(time.Millisecond)
					}
				}
			}},
		{"file-for-each-key", "takes keys for the names of files in its folder", []string{"DUR-11"},
			func(d *durable) {
				d.keep = func(_ *client, key, value string) {
					d.order.Lock()
					defer d.order.Unlock()
					path := filepath.Join(d.folder, key)
					_ = os.MkdirAll(filepath.Dir(path), 0o700)
					if err := os.WriteFile(path, []byte(value), 0o600); err != nil {
						d.must(d.write(d.encode(key, value)))
					}
					d.replay(key, value)
				}
			}},
		{"files-shown", "answers a get of a key that it does not know with the file of that name", []string{"DUR-11"},
			func(d *durable) {
				good := d.load
				d.load = func(c *client, key string) (string, bool) {
					if value, ok := good(c, key); ok {
						return value, ok
					}
					text, err := os.ReadFile(filepath.Join(d.folder, key))
					return string(text), err == nil
				}
			}},
		{"spins", "goes on asking a connection that has ended whether there is more", []string{"DUR-12"},
			func(d *durable) {
				d.left = func(_ *client, err error) {
					if errors.Is(err, io.EOF) {
						d.running.Go(func() {
							for !d.over() {
							}
						})
					}
				}
			}},
		{"polls", "looks for new clients all the time", []string{"DUR-12"},
			func(d *durable) {
				good := d.listen
				d.listen = func(addr string) (net.Listener, error) {
					ln, err := good(addr)
					return eager{ln}, err
				}
			}},
	})
}

// over reports whether the server is being stopped.
func (d *durable) over() bool {
	select {
	case <-d.done:
		return true
	default:
		return false
	}
}

// eager is a listener that does not wait in Accept.
type eager struct{ net.Listener }

func (l eager) Accept() (net.Conn, error) {
	for {
		l.Listener.(*net.TCPListener).SetDeadline(time.Now().Add(time.Microsecond))
		conn, err := l.Listener.Accept()
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return conn, err
		}
	}
}

// disk is a Mutant of the durability family, as its list is written.
type disk struct {
	name, fault string
	rules       []string
	change      func(*durable)
}

func durables(list []disk) (all []Mutant) {
	for _, m := range list {
		all = append(all, Mutant{m.name, m.fault, m.rules, func(l *lite) { l.onDisk = m.change }})
	}
	return all
}
