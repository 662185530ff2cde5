package reconciler

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// Home is the folder that holds everything of one user's instances. Its value
// is an absolute path without symbolic links, because it is part of the mark
// by which processes are recognised.
type Home string

// desiredSuffix is how the name of a desired file and of a status file ends.
const desiredSuffix = ".yaml"

// OpenHome returns the home at path, which may not exist yet. It refuses a
// folder that another user owns or can write to: whoever can write there can
// run programs as this user.
func OpenHome(path string) (Home, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("cannot use %q as the home folder: %w", path, err)
	}
	resolved, err := filepath.EvalSymlinks(absolute)
	if errors.Is(err, fs.ErrNotExist) {
		if folder, err := filepath.EvalSymlinks(filepath.Dir(absolute)); err == nil {
			absolute = filepath.Join(folder, filepath.Base(absolute))
		}
		return Home(absolute), nil
	}
	if err != nil {
		return "", fmt.Errorf("cannot use %s as the home folder: %w", absolute, err)
	}
	return Home(resolved), checkPrivate(resolved)
}

// CreateHome makes the home at path, with mode 0700, unless it exists.
func CreateHome(path string) (Home, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("cannot use %q as the home folder: %w", path, err)
	}
	if err := checkPlace(absolute); err != nil {
		return "", err
	}
	if err := os.MkdirAll(absolute, 0o700); err != nil {
		return "", fmt.Errorf("cannot create the home folder: %w", err)
	}
	home, err := OpenHome(absolute)
	if err != nil {
		return "", err
	}
	for _, dir := range []string{home.DesiredDir(), home.StatusDir(), home.LogDir()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", fmt.Errorf("cannot create the home folder: %w", err)
		}
		if err := checkPrivate(dir); err != nil {
			return "", err
		}
	}
	return home, nil
}

// checkPlace refuses to make a home as root in a folder of somebody else, which
// is what "sudo stigmer local" would do where sudo keeps $HOME: afterwards that
// user could not use it.
func checkPlace(path string) error {
	info, err := os.Stat(path)
	if err == nil {
		return nil // It is judged by its own owner.
	}
	for errors.Is(err, fs.ErrNotExist) && path != filepath.Dir(path) {
		path = filepath.Dir(path)
		info, err = os.Stat(path)
	}
	if err != nil {
		return fmt.Errorf("cannot use %s as the home folder: %w", path, err)
	}
	if owner := int(info.Sys().(*syscall.Stat_t).Uid); os.Geteuid() == 0 && owner != 0 {
		return fmt.Errorf("cannot make the home folder in %s: it belongs to user %d and this is root; run without sudo, as that user, or choose another folder with --home", path, owner)
	}
	return nil
}

// checkPrivate reports an error unless path is a folder of this user that
// nobody else can write to.
func checkPrivate(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("cannot use %s as the home folder: %w", path, err)
	}
	owner := int(info.Sys().(*syscall.Stat_t).Uid)
	switch {
	case !info.IsDir():
		return fmt.Errorf("cannot use %s as the home folder: it is not a folder", path)
	case owner != os.Geteuid():
		return fmt.Errorf("cannot use %s as the home folder: it belongs to user %d and this is user %d; run as that user, or choose another folder with --home", path, owner, os.Geteuid())
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("cannot use %s as the home folder: others can write to it (mode %04o); run 'chmod go-w %s'", path, info.Mode().Perm(), path)
	}
	return nil
}

// DesiredDir is where the desired files are.
func (h Home) DesiredDir() string { return filepath.Join(string(h), "desired") }

// StatusDir is where the status files are.
func (h Home) StatusDir() string { return filepath.Join(string(h), "status") }

// LogDir is where the logs are.
func (h Home) LogDir() string { return filepath.Join(string(h), "logs") }

// Desired is the file that says what the instance should be.
func (h Home) Desired(name string) string {
	return filepath.Join(h.DesiredDir(), name+desiredSuffix)
}

// Status is the file that says what the instance is.
func (h Home) Status(name string) string {
	return filepath.Join(h.StatusDir(), name+desiredSuffix)
}

// eventsSuffix is how the name of a file of events ends. It is not how that of
// a status file ends: a history does not make an instance known.
const eventsSuffix = ".events.jsonl"

// Events is the file that says what happened to the instance.
func (h Home) Events(name string) string {
	return filepath.Join(h.StatusDir(), name+eventsSuffix)
}

// DaemonLock is held by the daemon as long as it lives.
func (h Home) DaemonLock() string { return filepath.Join(string(h), "daemon.lock") }

// DaemonLog is where a detached daemon logs.
func (h Home) DaemonLog() string { return filepath.Join(h.LogDir(), "daemon.log") }

// Binary is where a Temporal of that version is looked for.
func (h Home) Binary(version string) string {
	return filepath.Join(string(h), "bin", "temporal-"+version)
}

// Files returns the places of one instance.
func (h Home) Files(name string) plan.Files {
	base := filepath.Join(string(h), name)
	return plan.Files{
		Mark:      base,
		Lock:      base + ".lock",
		Record:    base + ".pid",
		Log:       filepath.Join(h.LogDir(), name+".log"),
		NoEnvFile: base + ".no-env-file",
		DataDir:   base + "-data",
		BackupDir: filepath.Join(base+"-data", "backups"),
		SchemaDir: filepath.Join(string(h), "schemas"),
	}
}
