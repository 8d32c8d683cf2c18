package store

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// explain makes one line of what went wrong with a folder: what it is, and what to do about it.
func explain(folder string, err error) error {
	advice := ""
	switch {
	case vfs.IsNoSpaceError(err):
		advice = "free some space on that disk, then start the server again"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		advice = "the server must be able to write there: change that, or choose another folder"
	case pebble.IsCorruptionError(err), errors.Is(err, pebble.ErrDBDoesNotExist), errors.Is(err, fs.ErrNotExist):
		advice = "files in it are damaged or missing: put back a copy of the folder, or choose another one to begin empty"
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		advice = "it must be a folder"
	}
	text := strings.Join(strings.Fields(err.Error()), " ")
	if advice != "" {
		text += " (" + advice + ")"
	}
	return &folderError{fmt.Sprintf("folder %s: %s", folder, text), err}
}

// A folderError is an error with a text of its own; the system's can be asked for.
type folderError struct {
	text  string
	cause error
}

func (e *folderError) Error() string { return e.text }
func (e *folderError) Unwrap() error { return e.cause }
