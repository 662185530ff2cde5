package reconciler

import (
	"os"
	"path/filepath"
)

// maxLinks bounds a walk along symbolic links; the kernel's own bound is 40.
const maxLinks = 40

// place says which file a path leads to, whether it exists or not: the last
// folder on the way that is there, or the file itself, and what is to be made
// below it.
type place struct {
	at   os.FileInfo
	rest string
	// path is where the file is, or would be made, without symbolic links. Of a
	// place that is unseen it is what the path itself says.
	path   string
	unseen bool
}

// placeOf follows symbolic links, also those that lead to nothing: a program
// that writes to such a path makes the file that the link names. The place of
// no path is none.
func placeOf(path string) place {
	if path == "" {
		return place{}
	}
	rest := ""
	for links := 0; links < maxLinks; {
		if info, err := os.Stat(path); err == nil {
			return place{at: info, rest: rest, path: filepath.Join(withoutLinks(path), rest)}
		}
		target, err := os.Readlink(path)
		switch {
		case err != nil:
			path, rest = filepath.Dir(path), filepath.Join(filepath.Base(path), rest)
			continue
		case !filepath.IsAbs(target):
			target = filepath.Join(folderOf(path), target)
		}
		path = target
		links++
	}
	return place{path: filepath.Join(path, rest)}
}

// folderOf returns the folder that path is in, without symbolic links, so that
// ".." can be taken off by its text.
func folderOf(path string) string {
	return withoutLinks(filepath.Dir(path))
}

// withoutLinks returns the path without symbolic links; as it is where they
// cannot be followed.
func withoutLinks(path string) string {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		return resolved
	}
	return path
}

// is reports whether two places are the same file. Hard links are. Of two that are
// unseen their names decide; whoever then starts a server still has to lock the
// database.
func (p place) is(other place) bool {
	if p.unseen && other.unseen {
		return p.path == other.path
	}
	return p.at != nil && other.at != nil && os.SameFile(p.at, other.at) && p.rest == other.rest
}
