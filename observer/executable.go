package observer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

// statEnvFile looks for what would be in the way of a start.
func statEnvFile(path string) observed.Fact[string] {
	info, err := os.Lstat(path)
	switch {
	case path == "":
		return observed.None[string]("no path was asked about")
	case missing(err):
		return observed.None[string]("there is no " + path)
	case err != nil:
		return observed.Unsure[string](fmt.Sprintf("cannot look at %s: %v", path, err))
	}
	return observed.Is(kindOf(info.Mode()))
}

// findExecutable returns the first candidate that exists, with the reason why
// it cannot be run if that is so: a broken choice of the user is not passed
// over in silence.
func findExecutable(candidates []Candidate) observed.Fact[observed.Executable] {
	var places []string
	for _, c := range candidates {
		if c.Path == "" {
			continue
		}
		if path, problem, found := c.find(); found {
			return observed.Is(observed.Executable{Path: path, Source: c.Source, Problem: problem})
		}
		places = append(places, fmt.Sprintf("%s (%s)", c.Path, c.Source))
	}
	if len(places) == 0 {
		return observed.None[observed.Executable]("there is no place to look for Temporal")
	}
	return observed.None[observed.Executable]("Temporal is not at any of: " + strings.Join(places, ", "))
}

// find looks at one candidate.
func (c Candidate) find() (path, problem string, found bool) {
	if !strings.Contains(c.Path, "/") {
		return findInPath(c.Path)
	}
	problem, found = problemOf(c.Path)
	if found && !filepath.IsAbs(c.Path) {
		problem = "is not an absolute path"
	}
	return c.Path, problem, found
}

// findInPath looks a name up in PATH as a shell does: the first file that can
// be run, and failing that the first one of that name. Relative folders,
// which depend on where the daemon happens to run, are left out.
func findInPath(name string) (path, problem string, found bool) {
	for _, folder := range filepath.SplitList(os.Getenv("PATH")) {
		if !filepath.IsAbs(folder) {
			continue
		}
		candidate := filepath.Join(folder, name)
		switch p, exists := problemOf(candidate); {
		case exists && p == "":
			return candidate, "", true
		case exists && !found:
			path, problem, found = candidate, p, true
		}
	}
	return path, problem, found
}

// problemOf says whether there is something at the path, and why it cannot be
// run, which is empty when it can.
func problemOf(path string) (problem string, exists bool) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		_, err := os.Lstat(path)
		return "is a symbolic link to nothing", err == nil
	case errors.Is(err, unix.ENOTDIR):
		return "", false
	case err != nil:
		return fmt.Sprintf("cannot be looked at: %v", err), true
	case !info.Mode().IsRegular():
		return "is " + kindOf(info.Mode()), true
	case unix.Access(path, unix.X_OK) != nil:
		return "is not executable", true
	case info.Size() == 0:
		return "is empty", true
	}
	return "", true
}
