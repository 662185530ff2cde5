package database

import (
	"os"
	"path/filepath"
	"testing"
)

func TestScratch(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new")
	scratch, err := MakeScratch(folder)
	must(t, err)
	put(t, filepath.Join(scratch.Dir, "half"), "made")
	other, err := MakeScratch(folder)
	must(t, err)
	if len(inFolder(t, folder)) != 2 {
		t.Errorf("a folder in use was removed: %q", inFolder(t, folder))
	}
	must(t, scratch.Close())
	must(t, other.Close())
	is(t, inFolder(t, folder), []string{})
}

// What a killed process leaves is removed by the next one, and nothing else is.
func TestLeftoversAreSwept(t *testing.T) {
	folder := t.TempDir()
	killed, name := begin(t, "scratch", folder)
	killed.kill()
	put(t, filepath.Join(folder, name, "half"), "made")
	alive, kept := begin(t, "scratch", folder)
	defer alive.kill()
	if _, err := os.Stat(filepath.Join(folder, name)); !os.IsNotExist(err) {
		t.Errorf("the leftover is there: %v", err)
	}
	put(t, filepath.Join(folder, scratchPrefix+"file"), "somebody's")
	scratch, err := MakeScratch(folder)
	must(t, err)
	must(t, scratch.Close())
	is(t, inFolder(t, folder), []string{kept, scratchPrefix + "file"})
}
