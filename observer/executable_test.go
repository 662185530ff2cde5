package observer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

// bin makes a folder of files in every state that an executable can be in.
func bin(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	must(t, os.WriteFile(at("good"), []byte("#!/bin/sh\n"), 0o755))
	must(t, os.WriteFile(at("plain"), []byte("text"), 0o644))
	must(t, os.WriteFile(at("empty"), nil, 0o755))
	must(t, os.Mkdir(at("folder"), 0o755))
	must(t, unix.Mkfifo(at("fifo"), 0o755))
	must(t, os.Symlink(at("good"), at("link")))
	must(t, os.Symlink(at("nothing"), at("dangling")))
	must(t, os.Symlink(at("loop"), at("loop")))
	return folder
}

func TestStatEnvFile(t *testing.T) {
	folder := bin(t)
	for name, want := range map[string]observed.Fact[string]{
		"loop/deep": observed.Unsure[string]("cannot look at " + folder + "/loop/deep: lstat " + folder + "/loop/deep: too many levels of symbolic links"),
		"plain":     observed.Is("a file"), "folder": observed.Is("a folder"), "dangling": observed.Is("a symbolic link"),
		"nothing":    observed.None[string]("there is no " + folder + "/nothing"),
		"plain/deep": observed.None[string]("there is no " + folder + "/plain/deep"),
	} {
		if got := statEnvFile(filepath.Join(folder, name)); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	if got := statEnvFile(""); !got.IsAbsent() {
		t.Errorf("no path: %+v", got)
	}
}

func TestFindExecutable(t *testing.T) {
	folder := bin(t)
	cases := map[string]string{
		"good": "", "link": "", "plain": "is not executable", "empty": "is empty", "folder": "is a folder",
		"fifo": "is a named pipe", "dangling": "is a symbolic link to nothing", "loop": "cannot be looked at",
	}
	for name, problem := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(folder, name)
			e := findExecutable([]Candidate{
				{Path: filepath.Join(folder, "nothing"), Source: "nowhere"},
				{Path: filepath.Join(folder, "good", "below"), Source: "below a file"},
				{Path: path, Source: "spec.binary.path"},
				{Path: filepath.Join(folder, "good"), Source: "PATH"},
			})
			if !e.IsKnown() || e.Value.Path != path || e.Value.Source != "spec.binary.path" {
				t.Fatalf("executable = %+v", e)
			}
			if !strings.HasPrefix(e.Value.Problem, problem) || (problem == "") != (e.Value.Problem == "") {
				t.Errorf("problem = %q, want %q", e.Value.Problem, problem)
			}
		})
	}
}

func TestFindExecutableNowhere(t *testing.T) {
	if e := findExecutable(nil); !e.IsAbsent() || e.Reason == "" {
		t.Errorf("no candidates: %+v", e)
	}
	e := findExecutable([]Candidate{{Path: "", Source: "unset"}, {Path: "/none/a", Source: "one"}, {Path: "no-such-name", Source: "PATH"}})
	if !e.IsAbsent() || !strings.HasSuffix(e.Reason, "/none/a (one), no-such-name (PATH)") {
		t.Errorf("executable = %+v", e)
	}
}

func TestFindExecutableInPath(t *testing.T) {
	folder, other := bin(t), t.TempDir()
	must(t, os.WriteFile(filepath.Join(other, "plain"), []byte("#!/bin/sh\n"), 0o755))
	t.Chdir(folder)
	cases := map[string]struct{ path, name, want, problem string }{
		"found":                   {folder, "good", filepath.Join(folder, "good"), ""},
		"first that can be run":   {folder + ":" + other, "plain", filepath.Join(other, "plain"), ""},
		"none that can be run":    {folder, "plain", filepath.Join(folder, "plain"), "is not executable"},
		"not the current folder":  {".", "good", "", ""},
		"not an empty entry":      {":" + other + ":", "good", "", ""},
		"a folder is passed over": {folder + ":" + other, "folder", filepath.Join(folder, "folder"), "is a folder"},
		"no PATH":                 {"", "good", "", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PATH", c.path)
			e := findExecutable([]Candidate{{Path: c.name, Source: "PATH"}})
			if e.Value != (observed.Executable{Path: c.want, Source: source(c.want), Problem: c.problem}) {
				t.Errorf("executable = %+v", e)
			}
		})
	}
}

// source is the source of a candidate that was found.
func source(path string) string {
	if path == "" {
		return ""
	}
	return "PATH"
}

// A relative path depends on where the daemon happens to run.
func TestFindExecutableRelative(t *testing.T) {
	t.Chdir(bin(t))
	e := findExecutable([]Candidate{{Path: "./good", Source: "spec.binary.path"}})
	if e.Value.Problem != "is not an absolute path" {
		t.Errorf("executable = %+v", e)
	}
}
