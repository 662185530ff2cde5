package database

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/failpoint"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
)

// maxRecord is more than any record needs, in bytes.
const maxRecord = 4 << 20

// WriteMeta records what is known of the database at path, for good.
func WriteMeta(path string, meta observed.Meta) error { return write(observed.MetaPath(path), meta) }

// MoveMeta makes the record of the database at from that of the one at path, for
// good. Where there is none, it was moved before.
func MoveMeta(from, path string) error {
	record, target := observed.MetaPath(from), observed.MetaPath(path)
	there, err := plainfile.Exists(record)
	if err == nil && there {
		_, err = plainfile.Exists(target)
	}
	if err != nil || !there {
		return err
	}
	if err := os.Rename(record, target); err != nil {
		return fmt.Errorf("cannot move the record: %w", err)
	}
	return syncFolders(record, target)
}

// WriteFirstBoot marks the database at path as one whose first boot has not come
// to its end, for good.
func WriteFirstBoot(path string, boot observed.FirstBoot) error {
	return write(observed.FirstBootPath(path), boot)
}

// WriteObjects writes a list of objects, see Objects, to the file.
func WriteObjects(file string, objects []string) error { return write(file, objects) }

// ReadMeta returns what is recorded of the database at path.
func ReadMeta(path string) observed.Fact[observed.Meta] {
	return read[observed.Meta](observed.MetaPath(path))
}

// ReadFirstBoot returns the marker of a first boot of the database at path.
func ReadFirstBoot(path string) observed.Fact[observed.FirstBoot] {
	return read[observed.FirstBoot](observed.FirstBootPath(path))
}

// RemoveFirstBoot takes the marker away, for good. A missing one is a success.
func RemoveFirstBoot(path string) error {
	marker := observed.FirstBootPath(path)
	found, err := plainfile.Exists(marker)
	if err == nil && found {
		err = os.Remove(marker)
	}
	if err != nil {
		return fmt.Errorf("cannot remove %s: %w", marker, err)
	}
	if !found {
		return nil
	}
	return syncFolders(marker)
}

// write replaces the file in one step, and only when it is a plain file. The
// temporary file has a fixed name, so that a crash leaves at most one behind,
// and it is made anew each time, so that nothing that stands there is written
// through.
func write(path string, value any) error {
	content, err := json.MarshalIndent(value, "", "  ")
	if err == nil {
		_, err = plainfile.Exists(path)
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
	if err := replace(path, temp, append(content, '\n')); err != nil {
		_ = os.Remove(temp)
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return syncFolders(path)
}

func replace(path, temp string, content []byte) error {
	if err := os.Remove(temp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	failpoint.Reached("meta/written")
	err = os.Rename(temp, path)
	failpoint.Reached("meta/renamed")
	return err
}

// read reads a record. What is there and cannot be understood is Unknown.
func read[T any](path string) observed.Fact[T] {
	f, err := openRegular(path, os.O_RDONLY|unix.O_NOFOLLOW)
	if errors.Is(err, os.ErrNotExist) {
		return observed.None[T]("there is no " + path)
	}
	if err != nil {
		return observed.Unsure[T](err.Error())
	}
	defer f.Close()
	var value T
	if err := json.NewDecoder(io.LimitReader(f, maxRecord)).Decode(&value); err != nil {
		return observed.Unsure[T](fmt.Sprintf("cannot understand %s: %v", path, err))
	}
	return observed.Is(value)
}
