package mutant

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// readLine reads up to the first LF, which is a line's end with or without a CR before it.
func readLine(c *client) (string, error) {
	line, err := c.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", errLongLine
	}
	if err != nil {
		return "", err // an unfinished line at the end of the stream is dropped
	}
	c.ending = "\n"
	if bytes.HasSuffix(line, []byte("\r\n")) {
		c.ending = "\r\n"
	}
	return string(line[:len(line)-len(c.ending)]), nil
}

func splitSpaces(line string) []string {
	return strings.FieldsFunc(line, func(r rune) bool { return r == ' ' })
}

func runLine(c *client, line string) error {
	words := c.tokens(line)
	if len(words) == 0 {
		return c.unknown(c, line)
	}
	switch words[0] {
	case "set":
		return c.set(c, words[1:])
	case "get":
		return c.get(c, words[1:])
	case "end":
		return c.end(c, words[1:])
	}
	return c.unknown(c, line)
}

// runSet judges count and size first: they decide whether a block follows, whatever the key is.
func runSet(c *client, args []string) error {
	if len(args) != 2 {
		return c.refuse()
	}
	size, ok := c.size(args[1])
	if !ok {
		return c.refuse()
	}
	b, err := c.block(c, size)
	if err != nil {
		return err
	}
	if !c.verdict(c, request{args[0], size, b}) {
		return c.refuse()
	}
	c.save(c, args[0], b.value)
	return c.reply(c, c.stored)
}

func runGet(c *client, args []string) error {
	if len(args) != 1 || !c.keyOK(args[0]) {
		return c.refuse()
	}
	if value, ok := c.load(c, args[0]); ok {
		return c.reply(c, c.found(args[0], value))
	}
	return c.reply(c, c.missing)
}

func runEnd(c *client, args []string) error {
	if len(args) > 0 {
		return c.refuse()
	}
	return errEnd
}

func (c *client) refuse() error { return c.reply(c, c.refused) }

func foundReply(key, value string) string {
	return fmt.Sprintf("VALUE %s %d\r\n%s\r\nEND", key, len(value), value)
}

func (l *lite) isGood(_ *client, s request) bool {
	return l.keyOK(s.key) && s.size <= l.maxValue && s.block.length == s.size
}

// readBlock reads a block that ends as its command line did. It keeps no more than a good one can need.
func readBlock(c *client, size int64) (block, error) {
	keep := size + int64(len(c.ending))
	if size > c.maxValue {
		keep = 0
	}
	var value, tail []byte // tail: the last bytes, where the ending is looked for across chunks
	var length int64
	for {
		chunk, err := c.in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return block{}, err
		}
		length += int64(len(chunk))
		if room := keep - int64(len(value)); room > 0 {
			value = append(value, chunk[:min(int64(len(chunk)), room)]...)
		}
		tail = append(tail, chunk[max(0, len(chunk)-2):]...)
		tail = tail[max(0, len(tail)-2):]
		if strings.HasSuffix(string(tail), c.ending) {
			length -= int64(len(c.ending))
			return block{string(value[:min(int64(len(value)), length)]), length}, nil
		}
	}
}

// readSize reads 1 to 10 decimal digits.
func readSize(token string) (int64, bool) {
	if len(token) > 10 || strings.ContainsFunc(token, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, false
	}
	n, err := strconv.ParseInt(token, 10, 64)
	return n, err == nil
}

func isControl(r rune) bool { return r <= 0x20 || r == 0x7f }

// readCounted reads exactly size bytes and the two that should be CRLF, as a server does that trusts the size.
func readCounted(c *client, size int64) (block, error) {
	raw := make([]byte, size+2)
	if _, err := io.ReadFull(c.in, raw); err != nil {
		return block{}, err
	}
	if string(raw[size:]) != "\r\n" {
		return block{length: -1}, nil
	}
	return block{string(raw[:size]), size}, nil
}
