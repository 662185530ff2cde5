package observer

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// addFiles seeds the target with what this kernel says now, where it does.
func addFiles(f *testing.F, paths ...string) {
	f.Helper()
	for _, path := range paths {
		if data, err := os.ReadFile(path); err == nil && len(data) < 64<<10 {
			f.Add(data)
		}
	}
}

// FuzzParseStat: what is read stands in the text, and a process cannot change
// it by its name.
func FuzzParseStat(f *testing.F) {
	addFiles(f, "/proc/self/stat", "/proc/1/stat")
	for _, seed := range []string{statLine("temporal", "S"), statLine("a) R (b", "Z"), "42 (x) S 1 2", ")", "x) S 1 2 3"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parseStat(data)
		if err != nil && s != (procStat{}) {
			t.Errorf("parseStat(%q) = %+v with an error", data, s)
		}
		if ticks := strconv.FormatUint(s.startTicks, 10); err == nil && !bytes.Contains(data, []byte(ticks)) {
			t.Errorf("parseStat(%q) made up the start %s", data, ticks)
		}
		named, err := parseStat([]byte(statLine(string(data), "S")))
		if want := (procStat{state: 'S', parent: 7, group: 42, session: 40, startTicks: 123456}); err != nil || named != want {
			t.Errorf("named %q a process is %+v, %v", data, named, err)
		}
	})
}

// FuzzParseStatusUID: the user is the one of the first line that says one.
func FuzzParseStatusUID(f *testing.F) {
	addFiles(f, "/proc/self/status", "/proc/1/status")
	for _, seed := range []string{"Uid:\t1\t2\t3\t4\n", "Uid:\n", "Name:\tUid:\nUid: 0 4294967295", "Uid:\t1\t-1\n", "Uid: 1 4294967296"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		uid, ok := parseStatusUID(data)
		if !ok {
			return
		}
		if uid < 0 || uid > 1<<32-1 {
			t.Errorf("user %d in %q", uid, data)
		}
		if again, ok := parseStatusUID(fmt.Appendf(nil, "Name:\tx\nUid:\t1\t%d\t1\t1\n", uid)); !ok || again != uid {
			t.Errorf("user %d is read as %d, %t", uid, again, ok)
		}
		if after, ok := parseStatusUID(append(bytes.Clone(data), "\nUid:\t7\t7\t7\t7\n"...)); !ok || after != uid {
			t.Errorf("a later line makes user %d of %d", after, uid)
		}
	})
}

// FuzzParsePasswd: a name is the first field of a line with that user id.
func FuzzParsePasswd(f *testing.F) {
	if data, err := os.ReadFile("/etc/passwd"); err == nil {
		f.Add(data, 0)
	}
	f.Add([]byte("root:x:0:0:root:/root:/bin/sh\n"), 0)
	f.Add([]byte("a:::\n:x:1:\n::1"), 1)
	f.Add([]byte("ann:x:01:1:\nbob:x:1:1:"), 1)
	f.Fuzz(func(t *testing.T, data []byte, uid int) {
		name := parsePasswd(data, uid)
		if strings.ContainsAny(name, ":\n") {
			t.Errorf("uid %d is %q", uid, name)
		}
		line := fmt.Sprintf("%s:x:%d:", name, uid)
		if name != "" && parsePasswd([]byte(line), uid) != name {
			t.Errorf("%q is not user %q", line, name)
		}
		found := false
		for text := range strings.SplitSeq(string(data), "\n") {
			fields := strings.Split(text, ":")
			found = found || len(fields) > 2 && fields[0] == name && fields[2] == strconv.Itoa(uid)
		}
		if name != "" && !found {
			t.Errorf("no line of %q makes uid %d %q", data, uid, name)
		}
	})
}

// FuzzParseEnviron: another reader, which splits the whole text, finds the same.
func FuzzParseEnviron(f *testing.F) {
	addFiles(f, "/proc/self/cmdline")
	f.Add([]byte("STIGMER_INSTANCE=/h/t\x00A=1\x00"))
	f.Add([]byte("STIGMER_INSTANCE=\x00STIGMER_INSTANCE=b\x00STIGMER_LAUNCH=c"))
	f.Add([]byte("STIGMER_INSTANCE=a\x00STIGMER_INSTANCE=b\x00"))
	f.Add([]byte("\x00\x00="))
	f.Fuzz(func(t *testing.T, data []byte) {
		var words []string
		if len(data) > 0 {
			words = strings.Split(strings.TrimSuffix(string(data), "\x00"), "\x00")
		}
		args, err := parseArgs(bytes.NewReader(data))
		if err == nil && !slices.Equal(args, words) {
			t.Errorf("parseArgs(%q) = %q", data, args)
		}
		mark := ""
		for _, word := range words {
			if value, found := strings.CutPrefix(word, observed.MarkVariable+"="); found && mark == "" {
				mark = value
			}
		}
		if e, err := parseEnviron(bytes.NewReader(data)); err == nil && e.mark != mark {
			t.Errorf("parseEnviron(%q) = %+v, want mark %q", data, e, mark)
		}
	})
}

// FuzzParseProcArgs: what is read can be written as XNU does, and reads the same.
func FuzzParseProcArgs(f *testing.F) {
	f.Add(procArgsData(2, "/opt/temporal", "temporal", "server", "STIGMER_INSTANCE=/h/t", ""))
	f.Add(procArgsData(0, ""))
	f.Add(procArgsData(3, "/t", "a", "", "b"))
	f.Add([]byte{255, 255, 255, 255, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parseProcArgs(data)
		if err != nil {
			return
		}
		if len(p.args) > len(data) || p.environ.mark != "" && !bytes.Contains(data, []byte(observed.MarkVariable+"="+p.environ.mark)) {
			t.Errorf("parseProcArgs(%q) = %+v", data, p)
		}
		if len(p.args) > 0 && p.args[0] == "" {
			return // The padding before the first argument swallows it.
		}
		written := procArgsData(len(p.args), p.executable, p.args...)
		again, err := parseProcArgs(written)
		if err != nil || again.executable != p.executable || !slices.Equal(again.args, p.args) {
			t.Errorf("%+v is read again as %+v, %v", p, again, err)
		}
	})
}

// FuzzParseLocks: a lock that is read can be written as the kernel does, and
// reads the same; one that is waited for is none.
func FuzzParseLocks(f *testing.F) {
	addFiles(f, "/proc/locks", "/proc/self/fdinfo/0")
	f.Add([]byte("lock:\t1: FLOCK  ADVISORY  WRITE 1234 08:1f:131 0 EOF\n"))
	f.Add([]byte("1: -> FLOCK  ADVISORY  WRITE 1234 08:1f:131 0 EOF\n"))
	f.Add([]byte("3: OFDLCK ADVISORY  READ -1 00:06:1028 0 0\nlock:lock: : :\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, l := range slices.Concat(parseFdinfo(data), parseLocks(data)) {
			line := fmt.Sprintf("%s ADVISORY %s %d %02x:%02x:%d 0 EOF", l.kind, l.mode, l.taker, l.major, l.minor, l.inode)
			if utf8.ValidString(line) && !slices.Equal(parseLocks([]byte("1: "+line)), []heldLock{l}) {
				t.Errorf("%+v in %q is not read again from %q", l, data, line)
			}
			if waits := parseLocks([]byte("1: -> " + line)); len(waits) > 0 {
				t.Errorf("a lock that is waited for is %+v", waits)
			}
		}
	})
}
