package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestReading(t *testing.T) {
	c := dial(t, serve(t, func(s net.Conn) { _, _ = io.WriteString(s, "STORED\r\nabc\ndef\x00ghi\r\nrest") }))
	for _, want := range []string{"STORED\r\n", "abc\n"} {
		if line, err := c.ReadLine(100); string(line) != want || err != nil {
			t.Errorf("line %q %v, want %q", line, err, want)
		}
	}
	if p, err := c.ReadN(4); string(p) != "def\x00" || err != nil {
		t.Errorf("%q %v", p, err)
	}
	if line, err := c.ReadLine(5); string(line) != "ghi\r\n" || err != nil {
		t.Errorf("a line of just the longest length: %q %v", line, err)
	}
	if line, err := c.ReadLine(100); string(line) != "rest" || KindOf(err) != Closed {
		t.Errorf("%q %v, want what came and closed", line, err)
	}
	if p, err := c.ReadN(1); len(p) != 0 || KindOf(err) != Closed {
		t.Errorf("%q %v after the end", p, err)
	}
	if p, reset, err := c.ReadToEnd(10); len(p) != 0 || reset || err != nil {
		t.Errorf("%q %v %v at the end", p, reset, err)
	}
}

func TestKindsOfEnd(t *testing.T) {
	hang := make(chan bool)
	t.Cleanup(func() { close(hang) })
	for name, c := range map[string]struct {
		serve func(net.Conn)
		want  Kind
		got   string
	}{
		"silence":       {func(s net.Conn) { <-hang }, Timeout, ""},
		"half a line":   {func(s net.Conn) { _, _ = io.WriteString(s, "STOR"); <-hang }, Timeout, "STOR"},
		"closed":        {func(s net.Conn) { _, _ = s.Read(make([]byte, 1)) }, Closed, ""},
		"closed midway": {func(s net.Conn) { _, _ = io.CopyN(s, s, 1) }, Closed, "x"},
		"reset":         {func(s net.Conn) { _, _ = s.Read(make([]byte, 1)); _ = s.(*net.TCPConn).SetLinger(0) }, Reset, ""},
		"no line end":   {func(s net.Conn) { _, _ = s.Write(make([]byte, 500)); <-hang }, Overlong, strings.Repeat("\x00", 64)},
	} {
		t.Run(name, func(t *testing.T) {
			cl := dial(t, serve(t, c.serve))
			cl.Wait = 150 * time.Millisecond
			_ = cl.Send([]byte("x"))
			line, err := cl.ReadLine(64)
			if KindOf(err) != c.want || string(line) != c.got {
				t.Errorf("%q %v (%s), want %q, %s", line, err, KindOf(err), c.got, c.want)
			}
			var typed *Error
			if !errors.As(err, &typed) || typed.Op != "read" || typed.Unwrap() == nil {
				t.Errorf("%#v", err)
			}
		})
	}
}

// late is a context whose timer runs late, as on a busy machine.
type late struct {
	context.Context
	end time.Time
}

func (l late) Deadline() (time.Time, bool) { return l.end, true }

// Whoever asks why there was no connection learns that the time was over.
func TestDialAtDeadline(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err = Dial(late{ctx, time.Now()}, ln.Addr().String(), time.Second, NewTranscript())
	if err == nil || ctx.Err() == nil {
		t.Errorf("error %v, and the context's %v", err, ctx.Err())
	}
}

func TestDialErrors(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		ctx  context.Context
		addr string
		want Kind
	}{
		{context.Background(), ln.Addr().String(), Connect},
		{context.Background(), "unix://" + filepath.Join(t.TempDir(), "none"), Connect},
		{context.Background(), "nonsense", Local},
		{gone, ln.Addr().String(), Local},
	} {
		if _, err := Dial(c.ctx, c.addr, time.Second, NewTranscript()); KindOf(err) != c.want {
			t.Errorf("%s: %v (%s), want %s", c.addr, err, KindOf(err), c.want)
		}
	}
	if KindOf(nil) != "" || KindOf(io.EOF) != Local {
		t.Error("kinds of nil and of a foreign error")
	}
}

// An endpoint that does not read cannot hold Send for ever; one that has closed is left for reading to tell.
func TestSending(t *testing.T) {
	hang := make(chan bool)
	t.Cleanup(func() { close(hang) })
	c := dial(t, serve(t, func(s net.Conn) { <-hang }))
	c.Wait = 100 * time.Millisecond
	var err error
	for range 1000 { // until the system's buffers are full
		if err = c.Send(make([]byte, 64<<10)); err != nil {
			break
		}
	}
	if KindOf(err) != Timeout {
		t.Errorf("%v (%s), want a timeout", err, KindOf(err))
	}

	c = dial(t, serve(t, func(s net.Conn) { _, _ = io.WriteString(s, "ERROR\r\n") }))
	for range 50 {
		if err := c.Send([]byte("get k\r\n")); err != nil {
			t.Fatalf("%v", err)
		}
		time.Sleep(time.Millisecond)
	}
	if line, err := c.ReadLine(100); string(line) != "ERROR\r\n" && KindOf(err) != Reset {
		t.Errorf("%q %v, want what was sent before the end, or the reset", line, err)
	}
}

// Pieces arrive apart, which is what they are for.
func TestSendApart(t *testing.T) {
	reads := make(chan string, 10)
	c := dial(t, serve(t, func(s net.Conn) {
		buf := make([]byte, 100)
		for {
			n, err := s.Read(buf)
			if err != nil {
				return
			}
			reads <- string(buf[:n])
		}
	}))
	if err := c.SendApart([][]byte{[]byte("a"), []byte("bc"), []byte("d")}, 50*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	c.Close()
	var got []string
	for all := ""; all != "abcd"; {
		p := <-reads
		got, all = append(got, p), all+p
	}
	if len(got) < 2 {
		t.Errorf("arrived as %q", got)
	}
}

func TestHalfCloseAndAbort(t *testing.T) {
	heard := make(chan error, 1)
	addr := serve(t, func(s net.Conn) {
		p, err := io.ReadAll(s)
		heard <- err
		_, _ = s.Write(bytes.ToUpper(p))
	})
	c := dial(t, addr)
	_ = c.Send([]byte("get k"))
	c.CloseWrite()
	if p, reset, err := c.ReadToEnd(100); string(p) != "GET K" || reset || err != nil || <-heard != nil {
		t.Errorf("%q %v %v after half-close", p, reset, err)
	}
	c = dial(t, addr)
	_ = c.Send([]byte("get k"))
	c.Abort()
	if err := <-heard; err == nil {
		t.Error("the other side has not noticed the reset")
	}
	c.Close()
	if _, err := c.ReadN(1); KindOf(err) != Local {
		t.Errorf("reading a closed client: %v", err)
	}
}

func TestUnixSocket(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a path with a drive is no address")
	}
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	accept(t, ln, func(s net.Conn) { _, _ = io.Copy(s, s) })
	c := dial(t, "unix://"+path)
	_ = c.Send([]byte("echo\r\n"))
	c.CloseWrite()
	if p, _, err := c.ReadToEnd(100); string(p) != "echo\r\n" || err != nil {
		t.Errorf("%q %v", p, err)
	}
	c.Abort() // has no reset, and must not mind
}

// A stream without an end is not kept.
func TestEndlessStream(t *testing.T) {
	c := dial(t, serve(t, func(s net.Conn) {
		p := bytes.Repeat([]byte("x"), 1<<16)
		for range 1 << 14 {
			if _, err := s.Write(p); err != nil {
				return
			}
		}
	}))
	for range 100 {
		if p, _, err := c.ReadToEnd(1000); len(p) != 1000 || KindOf(err) != Overlong {
			t.Fatalf("%d bytes, %v", len(p), err)
		}
		if line, err := c.ReadLine(1000); len(line) != 1000 || KindOf(err) != Overlong {
			t.Fatalf("%d bytes, %v", len(line), err)
		}
	}
	if held := cap(c.buf); held > 1<<20 {
		t.Errorf("%d bytes are held", held)
	}
}

// However a stream is cut, what is read is what was sent, in order and whole.
func FuzzReadLine(f *testing.F) {
	f.Add([]byte("STORED\r\nVALUE k 3\r\nabc\r\nEND\r\n"), uint8(1), uint8(20))
	f.Add([]byte("\n\n\r\n\x00"), uint8(3), uint8(2))
	f.Add([]byte("no line end at all"), uint8(7), uint8(5))
	f.Fuzz(func(t *testing.T, stream []byte, piece, most uint8) {
		a, b := net.Pipe()
		defer a.Close()
		go func() {
			for p := range chunks(stream, int(piece)+1) {
				_, _ = b.Write(p)
			}
			b.Close()
		}()
		c := &Client{Wait: 10 * time.Second, conn: a, log: NewTranscript()}
		var got []byte
		for {
			line, err := c.ReadLine(int(most) + 1)
			got = append(got, line...)
			if i := bytes.IndexByte(line, '\n'); i >= 0 && i != len(line)-1 {
				t.Fatalf("a line with a line end inside: %q", line)
			}
			if len(line) > int(most)+1 && KindOf(err) != Closed {
				t.Fatalf("%d bytes, longest %d: %v", len(line), int(most)+1, err)
			}
			if KindOf(err) == Closed {
				break
			}
			if err != nil && KindOf(err) != Overlong {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got, stream) {
			t.Errorf("read %q of %q", got, stream)
		}
	})
}

func chunks(p []byte, n int) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(p) > 0 {
			k := min(n, len(p))
			if !yield(p[:k]) {
				return
			}
			p = p[k:]
		}
	}
}

func dial(t *testing.T, addr string) *Client {
	t.Helper()
	c, err := Dial(context.Background(), addr, 10*time.Second, NewTranscript())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// serve hands each connection to handle and closes it afterwards.
func serve(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accept(t, ln, handle)
	return ln.Addr().String()
}

func accept(t *testing.T, ln net.Listener, handle func(net.Conn)) {
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			s, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer s.Close()
				handle(s)
			}()
		}
	}()
}
