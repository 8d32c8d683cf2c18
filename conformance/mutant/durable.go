package mutant

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// durable is lite with a file: a log of records, one for each set, read when the server starts. Like lite it lists what a mutant can
// change; newDurable sets all of it right.
type durable struct {
	*lite
	folder string
	path   string // of the log

	encode func(key, value string) []byte                               // one record
	decode func(in *bufio.Reader) (key, value string, n int, err error) // and back; n is its length in bytes
	replay func(key, value string)                                      // a record that was read
	torn   func(whole int64) error                                      // the log ends in the middle of a record, behind whole bytes
	open   func() error                                                 // reads the log, and has it ready for more
	write  func(record []byte) error                                    // puts a record where it survives a kill
	keep   func(c *client, key, value string)                           // what a set does
	listen func(addr string) (net.Listener, error)
	quit   func() // SIGTERM was received

	order sync.Mutex // held from the record to the value, so that both have one order
	log   *os.File
}

var errTorn = errors.New("the record is not whole")

func newDurable(folder string) *durable {
	d := &durable{lite: newLite(), folder: folder, path: filepath.Join(folder, "log"), encode: encodeRecord, decode: decodeRecord}
	show := d.save
	d.replay = func(key, value string) { show(nil, key, value) }
	d.torn = func(whole int64) error { return d.log.Truncate(whole) }
	d.open = d.openLog
	d.write = func(record []byte) error { _, err := d.log.Write(record); return err }
	d.keep = func(c *client, key, value string) {
		d.order.Lock()
		defer d.order.Unlock()
		d.must(d.write(d.encode(key, value)))
		show(c, key, value)
	}
	d.save = func(c *client, key, value string) { d.keep(c, key, value) }
	d.listen = func(addr string) (net.Listener, error) { return net.Listen("tcp", addr) }
	d.quit = d.crash
	return d
}

// must ends a server that cannot write: what it says it has stored would not be.
func (d *durable) must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// openLog reads the log to its last whole record, and goes on behind that.
func (d *durable) openLog() (err error) {
	if d.log, err = os.OpenFile(d.path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	whole := int64(0)
	for in := bufio.NewReader(d.log); ; {
		key, value, n, err := d.decode(in)
		if err == io.EOF {
			break
		}
		if err != nil {
			if err := d.torn(whole); err != nil {
				return err
			}
			break
		}
		d.replay(key, value)
		whole += int64(n)
	}
	_, err = d.log.Seek(0, io.SeekEnd)
	return err
}

const recordHead = 12 // lengths of key and value, checksum

func encodeRecord(key, value string) []byte {
	record := make([]byte, recordHead, recordHead+len(key)+len(value))
	binary.LittleEndian.PutUint32(record, uint32(len(key)))
	binary.LittleEndian.PutUint32(record[4:], uint32(len(value)))
	binary.LittleEndian.PutUint32(record[8:], crc32.ChecksumIEEE([]byte(key+value)))
	return append(append(record, key...), value...)
}

func decodeRecord(in *bufio.Reader) (key, value string, n int, err error) {
	head := make([]byte, recordHead)
	if n, err := io.ReadFull(in, head); err == io.EOF {
		return "", "", n, io.EOF
	} else if err != nil {
		return "", "", n, errTorn
	}
	k, v := binary.LittleEndian.Uint32(head), binary.LittleEndian.Uint32(head[4:])
	if k > 1<<10 || v > 1<<21 {
		return "", "", recordHead, errTorn
	}
	text := make([]byte, k+v)
	if _, err := io.ReadFull(in, text); err != nil || crc32.ChecksumIEEE(text) != binary.LittleEndian.Uint32(head[8:]) {
		return "", "", recordHead, errTorn
	}
	return string(text[:k]), string(text[k:]), recordHead + len(text), nil
}

// GoodDurable is the server without a fault that keeps its values in a file: every rule that restarts it must pass on it.
func GoodDurable() Mutant {
	return Mutant{Name: "good-durable", Fault: "none", change: func(l *lite) { l.onDisk = func(*durable) {} }}
}

// variable names the mutant that a process is to be.
const variable = "MEMLITE_MUTANT"

// Command is a line for the shell that runs the mutant, with {port} and {data}. Program is one that calls Main first of all.
func (m Mutant) Command(program string) string {
	return fmt.Sprintf("%s=%s exec '%s' {port} {data}", variable, m.Name, strings.ReplaceAll(program, "'", `'\''`))
}

// Main is what a program becomes that was started with Command: the mutant's server, which keeps its values in a folder where that is
// what it is about. It returns at once if the program was started in another way.
func Main() {
	name := os.Getenv(variable)
	if name == "" {
		return
	}
	err := fmt.Errorf("no mutant %s, or no port and folder given: %q", name, os.Args)
	for _, m := range append(All(), Good(), GoodDurable()) {
		if m.Name == name && len(os.Args) == 3 {
			err = m.serve("127.0.0.1:"+os.Args[1], os.Args[2])
			break
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve is the program's life.
func (m Mutant) serve(addr, folder string) error {
	if !m.Process() {
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			return err
		}
		return m.Serve(ln)
	}
	d := newDurable(folder)
	m.lite().onDisk(d)
	told, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := d.open(); err != nil {
		return err
	}
	ln, err := d.listen(addr)
	if err != nil {
		return err
	}
	context.AfterFunc(told, func() { d.quit() })
	err = d.serve(ln)
	d.stop()
	return err
}
