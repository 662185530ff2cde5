package stubtemporal

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
)

func TestClusterIDStaysWithTheFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	ask := func(variables []string, flags ...string) string {
		s := launch(t, variables, flags...).awaitStart(t)
		defer s.Process.Kill()
		return s.client(t).cluster(t)
	}
	first := ask(nil, "--db-filename", folder+"/a")
	if len(first) != len("32049b68-7872-4094-8e63-d0dd59896a83") {
		t.Errorf("cluster id %q is no UUID", first)
	}
	if again := ask(nil, "--db-filename", folder+"/a"); again != first {
		t.Errorf("cluster id after a restart is %s, want %s", again, first)
	}
	seen := map[string]bool{first: true}
	for _, other := range []string{ask(nil, "--db-filename", folder+"/b"), ask(nil), ask(nil)} {
		if seen[other] {
			t.Errorf("cluster id %s twice", other)
		}
		seen[other] = true
	}
	if got := ask([]string{"STUB_CLUSTER=x"}, "--db-filename", folder+"/a"); got != "x" {
		t.Errorf("cluster id is %s, want that of STUB_CLUSTER", got)
	}
}

func TestRefusesDatabases(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"":                                 "no such table: cluster_metadata_info",
		databaseHeader() + "\n":            "no such table: cluster_metadata_info",
		databaseHeader() + "\ncluster 1-2": "no such table: cluster_metadata_info",
		"SQLite format 3":                  "file is not a database (26)",
	} {
		path := filepath.Join(t.TempDir(), "temporal.db")
		must(t, os.WriteFile(path, []byte(content), 0o600))
		s := launch(t, nil, "--db-filename", path)
		if got := s.exitCode(); got != 1 || !strings.Contains(s.stderr.String(), want) {
			t.Errorf("%q: exit code %d, stderr %q, want %q", content, got, s.stderr, want)
		}
		if left, err := os.ReadFile(path); err != nil || string(left) != content {
			t.Errorf("%q became %q, %v", content, left, err)
		}
	}
}

func TestKillDuringTheBootSpoilsTheFile(t *testing.T) {
	t.Parallel()
	path, port := filepath.Join(t.TempDir(), "temporal.db"), freePort(t)
	s := launch(t, []string{"STUB_BOOT=1h"}, "--db-filename", path, "--port", port)
	until(t, "the file", func() bool { info, err := os.Stat(path); return err == nil && info.Size() > 0 })
	if conn, err := net.Dial("tcp4", "127.0.0.1:"+port); err == nil {
		conn.Close()
		t.Error("the port is open before the database is there")
	}
	must(t, s.Process.Kill())
	s.exitCode()
	if again := launch(t, nil, "--db-filename", path); again.exitCode() != 1 {
		t.Error("the stub starts on what a killed boot has left")
	}
}

func TestBootsSlowly(t *testing.T) {
	t.Parallel()
	path, begin := filepath.Join(t.TempDir(), "temporal.db"), time.Now()
	s := launch(t, []string{"STUB_BOOT=20ms"}, "--db-filename", path).awaitStart(t)
	if took := time.Since(begin); took < 20*time.Millisecond {
		t.Errorf("booted in %s, want at least 20ms", took)
	}
	s.client(t).cluster(t)
	if end := launch(t, []string{"STUB_BOOT=1h", "STUB_LIFETIME=1ms"}, "--db-filename", path+"2"); end.exitCode() != 1 {
		t.Error("a boot outlives STUB_LIFETIME")
	}
}

func TestWritesNeedTheFile(t *testing.T) {
	t.Parallel()
	for how, spoil := range map[string]func(path string) error{
		"deleted":  os.Remove,
		"replaced": func(path string) error { return replace(path) },
	} {
		path := filepath.Join(t.TempDir(), "temporal.db")
		s := launch(t, nil, "--db-filename", path).awaitStart(t)
		c := s.client(t)
		for method, code := range c.codes(t) {
			if code != codes.OK {
				t.Errorf("before: %s is %s", method, code)
			}
		}
		must(t, spoil(path))
		for method, code := range c.codes(t) {
			if want := map[bool]codes.Code{true: codes.Unavailable}[writes(method)]; code != want {
				t.Errorf("%s: %s is %s, want %s", how, method, code, want)
			}
		}
	}
}

// replace puts another file at the path.
func replace(path string) error {
	if err := os.WriteFile(path+".new", nil, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// until waits for what only looking again can tell.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	patience := time.After(20 * time.Second)
	for !is() {
		select {
		case <-again.C:
		case <-patience:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
