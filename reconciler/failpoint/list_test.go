package failpoint

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestListIsComplete: the names in the calls are those of the list, and each is
// called at one place. That each is reached is for TestChaosFailpoints.
func TestListIsComplete(t *testing.T) {
	call := regexp.MustCompile(`failpoint\.Reached\("([^"]+)"\)`)
	var called []string
	err := fs.WalkDir(os.DirFS("../.."), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile("../../" + path)
		for _, match := range call.FindAllSubmatch(text, -1) {
			called = append(called, string(match[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	listed := List()
	slices.Sort(listed)
	slices.Sort(called)
	if !slices.Equal(listed, called) {
		t.Errorf("listed are\n%q\nand called\n%q", listed, called)
	}
}
