package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// A folder of ours says so in a file: nothing is written into one that holds something else, and one whose database
// has gone is not taken for an empty one.
const (
	markerName  = "MEMLITE"
	markerTemp  = "MEMLITE.new"
	markerBegun = "memlite store 1, being created\n"
	markerWhole = "memlite store 1\n"
	lockName    = "LOCK" // Pebble's
)

// A folder is where a Disk keeps its files, locked against other servers.
type folder struct {
	fs   vfs.FS
	name string
	lock *pebble.Lock
	// whole is whether the store in it has been whole before: then its database must be there.
	whole bool
}

// lockFolder makes the folder if it is not there, and locks it, unless it holds something else.
func lockFolder(files vfs.FS, name string) (*folder, error) {
	f := &folder{fs: files, name: name}
	if err := f.check(); err != nil {
		return nil, err
	}
	if err := f.make(); err != nil {
		return nil, err
	}
	lock, err := pebble.LockDirectory(name, files)
	var path *fs.PathError
	switch {
	case err == nil:
	case errors.As(err, &path):
		return nil, err
	default:
		return nil, fmt.Errorf("another server is using it: stop that one, or choose another folder (%w)", err)
	}
	f.lock = lock
	// Once more, now that nobody else can be at it.
	if err = f.check(); err == nil && !f.whole {
		err = f.mark(markerBegun)
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return f, nil
}

// check looks at what is in the folder.
func (f *folder) check() error {
	text, err := f.read(markerName)
	switch {
	case err == nil && text == markerWhole:
		f.whole = true
		return nil
	case err == nil && text == markerBegun:
		return nil
	case err == nil:
		return fmt.Errorf("its file %s is not of this version of memlite: choose another folder, or use the memlite that made it", markerName)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	names, err := f.fs.List(f.name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, name := range names {
		if name != lockName && name != markerTemp {
			return fmt.Errorf("it holds something else (%s): choose an empty folder", name)
		}
	}
	return nil
}

func (f *folder) read(name string) (string, error) {
	file, err := f.fs.Open(f.fs.PathJoin(f.name, name))
	if err != nil {
		return "", err
	}
	defer file.Close()
	var text strings.Builder
	_, err = io.Copy(&text, io.LimitReader(file, 1<<10))
	return text.String(), err
}

// make creates the folder and those above it. A name is safe only when the folder it is in has been synced.
func (f *folder) make() error {
	var above []string
	for dir := f.name; ; {
		if _, err := f.fs.Stat(dir); err == nil {
			break
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		parent := f.fs.PathDir(dir)
		if parent == dir {
			break
		}
		above = append(above, parent)
		dir = parent
	}
	if err := f.fs.MkdirAll(f.name, 0o755); err != nil {
		return err
	}
	for _, dir := range above {
		if err := syncFolder(f.fs, dir); err != nil {
			return err
		}
	}
	return nil
}

// mark writes the marker, in one step: it is never seen half written.
func (f *folder) mark(text string) error {
	temp := f.fs.PathJoin(f.name, markerTemp)
	file, err := f.fs.Create(temp, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = file.Write([]byte(text))
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := f.fs.Rename(temp, f.fs.PathJoin(f.name, markerName)); err != nil {
		return err
	}
	return syncFolder(f.fs, f.name)
}

func syncFolder(files vfs.FS, name string) error {
	dir, err := files.OpenDir(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
