package observer

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// fileBuild is the name of a file in which no version is found.
func fileBuild(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	return fmt.Sprintf("file %d-%d", info.Size(), info.ModTime().UnixNano())
}

// The real one, where the project has built it.
func TestBuildOfTheRealTemporal(t *testing.T) {
	path, err := filepath.Abs("../bin/temporal")
	must(t, err)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("there is no Temporal to read: %v", err)
	}
	link := t.TempDir() + "/temporal"
	must(t, os.Symlink(path, link))
	b := newBuilds()
	for _, path := range []string{path, link} {
		if got := b.of(path); !strings.HasPrefix(got, "temporal-server 1.") {
			t.Errorf("build of %s = %q", path, got)
		}
	}
	if len(b.known) != 1 {
		t.Errorf("read %d times", len(b.known))
	}
}

// A quiet pass does not read the file again, and a changed file is another one.
func TestBuildIsRemembered(t *testing.T) {
	path := t.TempDir() + "/temporal"
	written := time.Unix(1_700_000_000, 123456789)
	put := func(content string, written time.Time) {
		t.Helper()
		must(t, os.WriteFile(path, []byte(content), 0o700))
		must(t, os.Chtimes(path, time.Time{}, written))
	}
	put("one", written)
	b := newBuilds()
	want := "file 3-1700000000123456789"
	if got := b.of(path); got != want {
		t.Fatalf("build = %q, want %q", got, want)
	}
	for p := range b.known {
		b.known[p] = "remembered"
	}
	if got := b.of(path); got != "remembered" {
		t.Errorf("build = %q, read again", got)
	}
	for name, change := range map[string]func(){
		"time":  func() { put("one", written.Add(1)) },
		"size":  func() { put("three", written) },
		"inode": func() { must(t, os.Rename(path, path+".old")); put("one", written) },
	} {
		change()
		if got := b.of(path); got == "remembered" || got != fileBuild(t, path) {
			t.Errorf("%s: build = %q", name, got)
		}
	}
}

func TestBuildMemoryIsBounded(t *testing.T) {
	b := newBuilds()
	for i := range maxBuilds + 5 {
		b.put(program{size: int64(i)}, "x")
	}
	if len(b.known) > maxBuilds {
		t.Errorf("%d are remembered", len(b.known))
	}
}

// A path at which there is nothing to run has no build, and nobody waits for it.
func TestBuildOfNoFile(t *testing.T) {
	folder := t.TempDir()
	must(t, unix.Mkfifo(folder+"/fifo", 0o700))
	b := newBuilds()
	for _, path := range []string{folder, folder + "/fifo", folder + "/none", folder + "/none/x"} {
		if got := b.of(path); got != "" {
			t.Errorf("build of %s = %q", path, got)
		}
	}
	if len(b.known) != 0 {
		t.Errorf("remembered %v", b.known)
	}
}

// A file that was replaced or written after it was looked at is not taken for
// the one that was looked at.
func TestBuildOfAReplacedFile(t *testing.T) {
	path := t.TempDir() + "/temporal"
	must(t, os.WriteFile(path, []byte("one"), 0o700))
	if version, err := (program{size: 3}).serverVersion(path); err == nil {
		t.Errorf("version = %q", version)
	}
}

// A build is told of an executable that can be run, and only of that.
func TestBuildInTheState(t *testing.T) {
	path := t.TempDir() + "/temporal"
	must(t, os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700))
	target := Target{Executables: []Candidate{{Path: path, Source: "test"}}}
	if e := look1(t, target).Executable.Value; e.Build != fileBuild(t, path) || e.Problem != "" {
		t.Errorf("executable = %+v", e)
	}
	must(t, os.Chmod(path, 0o600))
	if e := look1(t, target).Executable.Value; e.Build != "" || e.Problem == "" {
		t.Errorf("executable = %+v", e)
	}
}
