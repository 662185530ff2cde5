package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// process is what /proc says. The tests read it themselves: the program's own
// eyes are under test.
type process struct {
	pid  int
	args []string
	env  []string
	stat procStat
}

// procStat are the fields of /proc/<pid>/stat that the tests ask for.
type procStat struct {
	state                       string
	parent, session, tty, ticks int
}

func (p process) isDaemon() bool   { return slices.Contains(p.args, "daemon") }
func (p process) isTemporal() bool { return slices.Contains(p.args, "start-dev") }

// processesOf returns every living process that names the home in its command
// line or carries the mark of one of its instances.
func processesOf(home string) []process {
	entries, _ := os.ReadDir("/proc")
	var found []process
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		p, alive := readProcess(pid)
		if alive && p.belongsTo(home) {
			found = append(found, p)
		}
	}
	return found
}

func (p process) belongsTo(home string) bool {
	return slices.ContainsFunc(p.env, func(v string) bool { return strings.HasPrefix(v, "STIGMER_INSTANCE="+home+"/") }) ||
		strings.Contains(strings.Join(p.args, " "), home)
}

// readProcess returns false for a process that is gone or a zombie.
func readProcess(pid int) (process, bool) {
	folder := filepath.Join("/proc", strconv.Itoa(pid))
	stat, err := os.ReadFile(filepath.Join(folder, "stat"))
	if err != nil {
		return process{}, false
	}
	p := process{pid: pid, stat: parseStat(string(stat))}
	p.args = readStrings(filepath.Join(folder, "cmdline"))
	p.env = readStrings(filepath.Join(folder, "environ"))
	return p, p.stat.state != "Z" && p.stat.state != "X"
}

// parseStat splits behind the name, which may contain anything.
func parseStat(text string) procStat {
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	number := func(i int) int { n, _ := strconv.Atoi(fields[i-3]); return n }
	return procStat{state: fields[0], parent: number(4), session: number(6), tty: number(7), ticks: number(22)}
}

func readStrings(path string) []string {
	data, _ := os.ReadFile(path)
	return strings.FieldsFunc(string(data), func(r rune) bool { return r == 0 })
}

// descriptors returns what the process has open, by descriptor.
func descriptors(t testing.TB, pid int) map[int]string {
	t.Helper()
	folder := filepath.Join("/proc", strconv.Itoa(pid), "fd")
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	open := map[int]string{}
	for _, entry := range entries {
		fd, _ := strconv.Atoi(entry.Name())
		if target, err := os.Readlink(filepath.Join(folder, entry.Name())); err == nil {
			open[fd] = target
		}
	}
	return open
}

func workingFolder(t testing.TB, pid int) string {
	t.Helper()
	folder, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "cwd"))
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// signalProcess sends one of the signals that the tests are about.
func signalProcess(t testing.TB, pid int, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, s); err != nil {
		t.Fatalf("cannot send %s to pid %d: %v", s, pid, err)
	}
}
