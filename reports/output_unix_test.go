//go:build unix

package reports

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestOutputToADevice(t *testing.T) {
	r := load(t)
	o := Output{Format: "json", Path: os.DevNull}
	if err := o.Prepare(); err != nil {
		t.Error(err)
	}
	if err := o.Write(r); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Fatal("the device was replaced by a file")
	}
	if _, err := os.Stat("/dev/full"); err != nil {
		return // Linux has it
	}
	o.Path = "/dev/full"
	if err := o.Write(r); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("full: error %v", err)
	}
}

func TestOutputToAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o666); err != nil {
		t.Fatal(err)
	}
	o := Output{Format: "json", Path: path}
	prepared := make(chan error, 1)
	go func() { prepared <- o.Prepare() }()
	select {
	case err := <-prepared:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Prepare waits for a reader of the pipe")
	}
	read := make(chan []byte, 1)
	go func() {
		f, err := os.Open(path)
		if err != nil {
			close(read)
			return
		}
		defer f.Close()
		b, _ := io.ReadAll(f)
		read <- b
	}()
	r := load(t)
	if err := o.Write(r); err != nil {
		t.Fatal(err)
	}
	select {
	case b := <-read:
		if !bytes.Equal(b, jsonOf(t, r)) {
			t.Error("the reader of the pipe got something else")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the reader of the pipe got nothing")
	}
}
