package database

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// Backup is one backup in a folder of backups.
type Backup struct {
	// Path of the file.
	Path string
	// Kind and Made are from its name.
	Kind observed.BackupKind
	Made time.Time
	// Size in bytes.
	Size int64
	// Meta is the record beside it.
	Meta observed.Fact[observed.Meta]
}

// List returns the backups in the folder, the newest first. Files with names
// that no backup has are passed over; a folder that is not there holds none.
func List(folder string) ([]Backup, error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("cannot list backups: %w", err)
	}
	var backups []Backup
	for _, entry := range entries {
		backup, ok := parse(folder, entry.Name())
		if !ok {
			continue
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			backup.Size, backup.Meta = info.Size(), ReadMeta(backup.Path)
			backups = append(backups, backup)
		}
	}
	slices.SortFunc(backups, func(a, b Backup) int {
		if c := b.Made.Compare(a.Made); c != 0 {
			return c
		}
		return strings.Compare(a.Path, b.Path)
	})
	return backups, nil
}

// parse reads a name as observed.BackupPath makes them.
func parse(folder, name string) (Backup, bool) {
	stamp, rest, found := strings.Cut(name, "-")
	kind := observed.BackupKind(strings.TrimSuffix(rest, ".db"))
	made, err := observed.ParseStamp(stamp)
	if !found || err != nil || kind != observed.BackupByHand && kind != observed.BackupBeforeUpgrade {
		return Backup{}, false
	}
	path := observed.BackupPath(folder, made, kind)
	return Backup{Path: path, Kind: kind, Made: made}, filepath.Base(path) == name
}

// KindOf returns why the backup at path was made, as its name says; empty when
// no backup has such a name.
func KindOf(path string) observed.BackupKind {
	backup, ok := parse(filepath.Dir(path), filepath.Base(path))
	if !ok {
		return ""
	}
	return backup.Kind
}

// Prune removes the oldest backups of the kind, until keep of them are left. It
// removes no backup that a person asked for, none at all when keep is less
// than 1, and never one of those that are spared: a clock that was set back makes
// the newest look old.
func Prune(folder string, kind observed.BackupKind, keep int, spared []string) error {
	if kind == observed.BackupByHand || keep < 1 {
		return nil
	}
	backups, err := List(folder)
	if err != nil {
		return err
	}
	backups = slices.DeleteFunc(backups, func(b Backup) bool { return b.Kind != kind })
	for i := keep; i < len(backups); i++ {
		if slices.Contains(spared, backups[i].Path) {
			continue
		}
		if err := RemoveBackup(backups[i].Path); err != nil {
			return fmt.Errorf("cannot remove an old backup: %w", err)
		}
	}
	return nil
}

// RemoveBackup removes a backup. Its record goes first: a backup without one is still
// listed, and removed the next time.
func RemoveBackup(path string) error {
	for _, name := range append([]string{observed.MetaPath(path), path}, observed.CompanionPaths(path)...) {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
