package verify

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// TopLevel are the names that the root of the repository may hold. Others are
// refused, but for those that begin with a dot or that .gitignore names.
func TopLevel() []string {
	return []string{
		"go.mod", "go.sum", "api", "reconciler", "observer", "cmd", "config", "hack",
		"Makefile", "README.md", "LICENSE",
	}
}

// Layout returns every name in the root of the tree that has no place there.
func Layout(tree fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(tree, ".")
	if err != nil {
		return nil, fmt.Errorf("cannot list the root: %w", err)
	}
	var faults []string
	for _, entry := range entries {
		if name := entry.Name(); !slices.Contains(TopLevel(), name) && !untracked(name) {
			faults = append(faults, name+": the root of the repository is fixed; see TopLevel")
		}
	}
	return faults, nil
}

func untracked(name string) bool {
	return name[0] == '.' || name == "bin" || slices.Contains([]string{".out", ".test", ".prof"}, path.Ext(name))
}
