package mutant

import (
	"bufio"
	"errors"
	"net"
	"strings"
	"sync"
	"time"
)

// lite is a server of the lite dialect, and the list of what a mutant can change in it: newLite sets all of these right. State that
// only one mutant needs lives in that mutant's change function.
type lite struct {
	maxClients int
	maxKey     int   // bytes
	maxValue   int64 // bytes
	maxLine    int   // bytes of a command line, its LF included

	accept  func(net.Conn)                             // a connection is here
	admit   func() bool                                // takes a place for a client, false when there is none
	release func()                                     // gives the place back
	receive func(c *client, p []byte) (int, error)     // bytes from the client
	send    func(c *client, p []byte) (int, error)     // bytes to the client
	line    func(c *client) (string, error)            // the next command line, without its ending; sets c.ending
	run     func(c *client, line string) error         // answers it
	tokens  func(line string) []string                 // splits it
	block   func(c *client, size int64) (block, error) // the data block of a set, up to its ending
	set     func(c *client, args []string) error       //
	get     func(c *client, args []string) error       //
	end     func(c *client, args []string) error       //
	unknown func(c *client, line string) error         // any other line
	size    func(token string) (int64, bool)           // reads a size
	keyOK   func(key string) bool                      //
	verdict func(c *client, s request) bool            // is this set stored?
	name    func(key string) string                    // what the store calls the key
	load    func(c *client, key string) (string, bool) //
	save    func(c *client, key, value string)         //
	reply   func(c *client, text string) error         // queues one reply, without its last line ending
	left    func(c *client, err error)                 // the connection is over: errEnd, io.EOF, a reset

	onDisk func(*durable) // for mutants with a folder: what is changed in durable

	stored, missing, refused string
	found                    func(key, value string) string

	mu     sync.Mutex // guards what follows
	values map[string]string
	conns  map[net.Conn]bool
	ln     net.Listener

	places  chan bool     // holds one element per client
	done    chan struct{} // closed by stop
	once    sync.Once
	running sync.WaitGroup
}

// client is one connection.
type client struct {
	*lite
	conn   net.Conn
	in     *bufio.Reader
	out    *bufio.Writer
	ending string // of the last command line: CRLF or a bare LF
}

// block is what a set sent as its data: its value, and its true length, which is larger than the value's when bytes beyond
// the limit were thrown away.
type block struct {
	value  string
	length int64
}

// request is a set with a readable size.
type request struct {
	key   string
	size  int64
	block block
}

var (
	errEnd      = errors.New("the client said end")
	errLongLine = errors.New("command line too long")
)

func newLite() *lite {
	l := &lite{
		maxClients: 1024,
		maxKey:     250,
		maxValue:   1 << 20,
		maxLine:    8192,
		stored:     "STORED",
		missing:    "NOT-FOUND",
		refused:    "ERROR",
		found:      foundReply,
		receive:    func(c *client, p []byte) (int, error) { return c.conn.Read(p) },
		send:       func(c *client, p []byte) (int, error) { return c.conn.Write(p) },
		line:       readLine,
		run:        runLine,
		tokens:     splitSpaces,
		block:      readBlock,
		set:        runSet,
		get:        runGet,
		end:        runEnd,
		unknown:    func(c *client, _ string) error { return c.refuse() },
		size:       readSize,
		name:       func(key string) string { return key },
		reply:      func(c *client, text string) error { _, err := c.out.WriteString(text + "\r\n"); return err },
		left:       func(*client, error) {},
		values:     map[string]string{},
		conns:      map[net.Conn]bool{},
		done:       make(chan struct{}),
	}
	l.accept = func(conn net.Conn) { l.running.Go(func() { l.attend(conn) }) }
	l.admit = l.takePlace
	l.release = func() { <-l.places }
	l.keyOK = func(key string) bool { return len(key) <= l.maxKey && !strings.ContainsFunc(key, isControl) }
	l.verdict = l.isGood
	l.load = func(_ *client, key string) (string, bool) {
		l.mu.Lock()
		defer l.mu.Unlock()
		value, ok := l.values[l.name(key)]
		return value, ok
	}
	l.save = func(_ *client, key, value string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.values[l.name(key)] = value
	}
	return l
}

func (l *lite) serve(ln net.Listener) error {
	l.mu.Lock()
	l.ln = ln
	l.mu.Unlock()
	l.places = make(chan bool, l.maxClients)
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil { // no file descriptor, or gone before it was accepted: neither is a reason to stop serving
			l.pause(10 * time.Millisecond)
			continue
		}
		if l.track(conn) {
			l.accept(conn)
		}
	}
}

// attend serves one connection from its first byte to its last.
func (l *lite) attend(conn net.Conn) {
	defer l.forget(conn)
	c := &client{lite: l, conn: conn}
	c.in = bufio.NewReaderSize(c, l.maxLine)
	c.out = bufio.NewWriter(writer{c})
	if !l.admit() {
		if !l.over() { // a process that has died refuses nobody
			c.reply(c, c.refused)
			c.linger()
		}
		return
	}
	err := c.converse()
	c.left(c, err)
	l.release()
	c.linger()
}

// converse answers requests until the connection is to be closed, and says why that is.
func (c *client) converse() error {
	for {
		line, err := c.line(c)
		if errors.Is(err, errLongLine) {
			c.reply(c, c.refused)
		}
		if err != nil {
			return err
		}
		if err := c.run(c, line); err != nil {
			return err
		}
	}
}

// Read lets the client have its replies before it is waited for: it may be waiting for them.
func (c *client) Read(p []byte) (int, error) {
	if err := c.out.Flush(); err != nil {
		return 0, err
	}
	return c.receive(c, p)
}

// writer sends through the hook.
type writer struct{ c *client }

func (w writer) Write(p []byte) (int, error) { return w.c.send(w.c, p) }

// linger sends what is left, closes the sending side and reads on for a moment: closing with bytes unread makes the
// kernel send a reset, which can overtake the replies.
func (c *client) linger() {
	c.out.Flush()
	if tcp, ok := c.conn.(*net.TCPConn); ok {
		tcp.CloseWrite()
		tcp.SetReadDeadline(time.Now().Add(time.Second))
		for scrap := make([]byte, 4096); ; {
			if _, err := tcp.Read(scrap); err != nil {
				return
			}
		}
	}
}

// takePlace waits a moment for one at the limit: a client that has just closed may not have been noticed.
func (l *lite) takePlace() bool {
	select {
	case l.places <- true:
		return true
	case <-time.After(50 * time.Millisecond):
		return false
	case <-l.done:
		return false
	}
}

func (l *lite) track(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.done:
		conn.Close()
		return false
	default:
		l.conns[conn] = true
		return true
	}
}

func (l *lite) forget(conn net.Conn) {
	l.mu.Lock()
	delete(l.conns, conn)
	l.mu.Unlock()
	conn.Close()
}

// crash is what the end of the process would be: no listener, no connections.
func (l *lite) crash() {
	l.once.Do(func() {
		close(l.done)
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.ln != nil {
			l.ln.Close()
		}
		for conn := range l.conns {
			conn.Close()
		}
	})
}

func (l *lite) over() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// stop ends everything and waits until it has ended.
func (l *lite) stop() {
	l.crash()
	l.running.Wait()
}

// pause sleeps, unless the server is stopped.
func (l *lite) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-l.done:
	}
}
