package observer

import (
	"os"
	"path/filepath"
	"strings"
)

// maxLinks is how many symbolic links Linux follows in one look-up.
const maxLinks = 40

// resolve returns the path without symbolic links, those of its last part
// included, whether or not there is a file yet: two paths to one database
// meet at one place. The parts that do not exist stay as they are.
func resolve(path string) string {
	for range maxLinks {
		folder, name := split(path)
		path = join(resolveFolder(folder), name)
		link, err := os.Readlink(path)
		if err != nil {
			return path
		}
		if !filepath.IsAbs(link) {
			// Not cleaned: ".." behind a linked folder is not where the link is.
			link = join(filepath.Dir(path), link)
		}
		path = link
	}
	return path
}

// resolveFolder resolves as much of the folder as exists.
func resolveFolder(folder string) string {
	real, err := filepath.EvalSymlinks(folder)
	if err == nil {
		return real
	}
	parent, name := split(folder)
	if parent == folder || name == "" {
		return folder
	}
	return join(resolveFolder(parent), name)
}

// split cuts an absolute path before its last part, and cleans nothing.
func split(path string) (folder, name string) {
	path = strings.TrimRight(path, "/")
	i := strings.LastIndexByte(path, '/')
	if i <= 0 {
		return "/", path[i+1:]
	}
	return path[:i], path[i+1:]
}

// join puts them together again.
func join(folder, name string) string { return strings.TrimRight(folder, "/") + "/" + name }
