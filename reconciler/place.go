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
	at     os.FileInfo
	folder string // the path of at
	rest   string
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
			return place{info, path, rest}
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
	return place{rest: filepath.Join(path, rest)}
}

// folderOf returns the folder that path is in, without symbolic links, so that
// ".." can be taken off by its text.
func folderOf(path string) string {
	folder := filepath.Dir(path)
	if resolved, err := filepath.EvalSymlinks(folder); err == nil {
		return resolved
	}
	return folder
}

// path returns where the file is, or would be made, without symbolic links.
func (p place) path() string {
	there, err := filepath.EvalSymlinks(p.folder)
	if err != nil {
		there = p.folder
	}
	return filepath.Join(there, p.rest)
}

// is reports whether two places are the same file. Hard links are.
func (p place) is(other place) bool {
	return p.at != nil && other.at != nil && os.SameFile(p.at, other.at) && p.rest == other.rest
}
