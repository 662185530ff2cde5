package actuator

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// FuzzParseParent: a process cannot change its parent by its name.
func FuzzParseParent(f *testing.F) {
	if data, err := os.ReadFile("/proc/self/stat"); err == nil {
		f.Add(data)
	}
	for _, seed := range []string{"temporal", "a) S 1 (b", ")", "", "x) R", "(((\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if parent := parseParent(data); parent != 0 && !strings.Contains(string(data), strings.TrimPrefix(strconv.Itoa(parent), "-")) {
			t.Errorf("the parent in %q is %d", data, parent)
		}
		stat := fmt.Appendf(nil, "42 (%s) S 7 42 40 0 -1 4194304\n", data)
		if parent := parseParent(stat); parent != 7 {
			t.Errorf("the parent in %q is %d", stat, parent)
		}
	})
}

// FuzzRecord: whatever a program is called, its record is three lines and
// names it; and whatever a record says, its pid is a number of its first line.
func FuzzRecord(f *testing.F) {
	for _, seed := range []string{"/usr/bin/temporal", "", "a\nb\r", "12\n34", "0", "-1", "99999999999999999999", "\x00", strings.Repeat("1", 5000)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "temporal.pid")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(data), "\n")
		if pid, ok := readPID(path); ok && (pid <= 0 || !strings.Contains(first, strconv.Itoa(pid))) {
			t.Errorf("%q is pid %d", data, pid)
		}
		written := record{pid: 12, command: string(data), started: time.Unix(1700000000, 0)}
		if err := written.write(path); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		lines := strings.Split(string(content), "\n")
		if err != nil || len(lines) != 4 || lines[0] != "12" || lines[2] != "1700000000" {
			t.Errorf("the record of %q is %q, %v", data, content, err)
		}
		if pid, ok := readPID(path); !ok || pid != 12 {
			t.Errorf("the record of %q is read as %d, %t", data, pid, ok)
		}
	})
}
