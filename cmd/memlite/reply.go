package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The longest line and the largest value that the client reads. They bound its memory, whatever a server sends.
const (
	maxReplyLine  = 64 << 10
	maxReplyValue = 1 << 30
)

// reply is what a server answered to one request.
type reply struct {
	wire []byte // as it came
	text []byte // the same with its lines ended by LF; values are untouched
	good bool   // it is the reply that was asked for
}

// readReply reads one reply to a command called name: a line, or VALUE lines with their blocks up to a line that
// is none. On an error the reply holds what had come by then.
func readReply(in *bufio.Reader, name string) (reply, error) {
	var r reply
	found := false
	for {
		line, err := r.line(in)
		if err != nil {
			return r, err
		}
		words := strings.Fields(line)
		if len(words) > 0 && words[0] == "VALUE" {
			found = true
			if err := r.block(in, words); err != nil {
				return r, err
			}
			continue
		}
		switch {
		case found:
			r.good = line == "END"
		case name == "get", name == "gets", name == "set":
			r.good = line == "STORED" && name == "set"
		default:
			r.good = !strings.Contains(line, "ERROR") && !strings.HasPrefix(line, "NOT")
		}
		return r, nil
	}
}

// line reads a line and returns it without its end. A server that ends its lines in LF is read too.
func (r *reply) line(in *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		r.wire = append(r.wire, part...)
		if errors.Is(err, bufio.ErrBufferFull) && len(line) < maxReplyLine {
			continue
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			r.text = append(r.text, part...)
			return "", err
		}
		break
	}
	if !bytes.HasSuffix(line, []byte("\n")) {
		r.text = append(r.text, line...)
		return "", fmt.Errorf("the reply has a line of more than %d bytes", maxReplyLine)
	}
	line = bytes.TrimSuffix(line[:len(line)-1], []byte("\r"))
	r.text = append(append(r.text, line...), '\n')
	return string(line), nil
}

// block reads the value that the words of a VALUE line announce, and the end of its line. The size is the third
// word, or the fourth where flags come before it.
func (r *reply) block(in *bufio.Reader, words []string) error {
	at := 2
	if len(words) > 3 {
		at = 3
	}
	if at >= len(words) {
		return fmt.Errorf("%q announces no size", strings.Join(words, " "))
	}
	size, err := strconv.ParseUint(words[at], 10, 64)
	if err != nil || size > maxReplyValue {
		return fmt.Errorf("%q announces no size that can be read", strings.Join(words, " "))
	}
	var value bytes.Buffer
	_, err = io.CopyN(&value, in, int64(size))
	r.wire = append(r.wire, value.Bytes()...)
	r.text = append(r.text, value.Bytes()...)
	if err != nil {
		return err
	}
	_, err = r.line(in)
	return err
}
