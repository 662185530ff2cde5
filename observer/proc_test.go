package observer

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// statLine is /proc/<pid>/stat of a process with this name and state.
func statLine(name, state string) string {
	return fmt.Sprintf("42 (%s) %s 7 42 40 0 -1 4194304 105 0 0 0 1 2 3 4 20 0 8 0 "+
		"123456 12345 678 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n", name, state)
}

func TestParseStat(t *testing.T) {
	want := procStat{state: 'S', parent: 7, group: 42, session: 40, startTicks: 123456}
	for _, name := range []string{"temporal", "a b", "", ")", "a) R 1 (b", "((", "x) S 1 2 3 4 5 6 7 8 9", "\n", "é"} {
		if got, err := parseStat([]byte(statLine(name, "S"))); err != nil || got != want {
			t.Errorf("parseStat(%q) = %+v, %v", name, got, err)
		}
	}
}

func TestParseStatRefuses(t *testing.T) {
	good := statLine("x", "S")
	for name, data := range map[string]string{
		"nothing":      "",
		"no name":      "42 S 7",
		"cut short":    good[:40],
		"long state":   statLine("x", "SS"),
		"parent":       strings.Replace(good, " 7 ", " x ", 1),
		"start":        strings.Replace(good, " 123456 ", " -1 ", 1),
		"only a name":  "42 (x)",
		"only a brace": ")",
	} {
		if got, err := parseStat([]byte(data)); err == nil {
			t.Errorf("%s: parseStat(%q) = %+v", name, data, got)
		}
	}
}

func TestProcessState(t *testing.T) {
	for letters, want := range map[string]observed.ProcessState{
		"RSDIWPK": observed.StateRunning, "Tt": observed.StateStopped, "ZXx": observed.StateDead,
	} {
		for _, letter := range []byte(letters) {
			if got := (procStat{state: letter}).processState(); got != want {
				t.Errorf("%c is %s, want %s", letter, got, want)
			}
		}
	}
}

func TestParseStatusUID(t *testing.T) {
	cases := map[string]struct {
		data string
		uid  int
		ok   bool
	}{
		"effective": {"Name:\tx\nUid:\t1\t2\t3\t4\nGid:\t5\t5\t5\t5\n", 2, true},
		"root":      {"Uid:\t0\t0\t0\t0\n", 0, true},
		"missing":   {"Name:\tUid:\n", 0, false},
		"short":     {"Uid:\t1\n", 0, false},
		"no number": {"Uid:\ta\tb\n", 0, false},
		"empty":     {"", 0, false},
	}
	for name, c := range cases {
		if uid, ok := parseStatusUID([]byte(c.data)); uid != c.uid || ok != c.ok {
			t.Errorf("%s: %d, %v", name, uid, ok)
		}
	}
}

func TestParsePasswd(t *testing.T) {
	data := []byte("# a comment\nroot:x:0:0:root:/root:/bin/sh\n\nbroken\nann:x:10:10::/:\nbob:x:10:10::/:\nlast:x:1:1:::")
	for uid, want := range map[int]string{0: "root", 10: "ann", 1: "last", 2: "", 100: ""} {
		if got := parsePasswd(data, uid); got != want {
			t.Errorf("uid %d is %q, want %q", uid, got, want)
		}
	}
}

func TestUserNames(t *testing.T) {
	u := newUserNames()
	for uid, want := range map[int]string{0: "root", -1: "", 1999999999: "uid 1999999999"} {
		for range 2 {
			if got := u.name(uid); got != want {
				t.Errorf("name(%d) = %q, want %q", uid, got, want)
			}
		}
	}
}

func TestParseEnviron(t *testing.T) {
	cases := map[string]struct {
		data string
		want environment
	}{
		"all":                {"A=1\x00STIGMER_INSTANCE=/h/t\x00STIGMER_LAUNCH=d\x00STIGMER_SPEC=s\x00STIGMER_RESTARTED_AT=r\x00STIGMER_BUILD=b\x00", environment{mark: "/h/t", digest: "d", spec: "s", restartedAt: "r", build: "b"}},
		"last NUL missing":   {"STIGMER_INSTANCE=/h/t", environment{mark: "/h/t"}},
		"first one counts":   {"STIGMER_INSTANCE=a\x00STIGMER_INSTANCE=b\x00", environment{mark: "a"}},
		"equals in value":    {"STIGMER_INSTANCE=a=b\x00", environment{mark: "a=b"}},
		"newline in value":   {"X=\nSTIGMER_INSTANCE=a\x00", environment{}},
		"a longer name":      {"STIGMER_INSTANCES=a\x00XSTIGMER_INSTANCE=b\x00", environment{}},
		"no value":           {"STIGMER_INSTANCE\x00", environment{}},
		"empty":              {"", environment{}},
		"empty entries":      {"\x00\x00STIGMER_INSTANCE=a\x00\x00", environment{mark: "a"}},
		"beyond one read":    {strings.Repeat("A=1\x00", 5000) + "STIGMER_INSTANCE=a\x00", environment{mark: "a"}},
		"a value of 128 KiB": {"A=" + strings.Repeat("x", 128<<10) + "\x00STIGMER_INSTANCE=a\x00", environment{mark: "a"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got, err := parseEnviron(strings.NewReader(c.data)); err != nil || got != c.want {
				t.Errorf("parseEnviron = %+v, %v", got, err)
			}
			if got, err := parseEnviron(iotest.OneByteReader(strings.NewReader(c.data))); err != nil || got != c.want {
				t.Errorf("parseEnviron by single bytes = %+v, %v", got, err)
			}
		})
	}
}

// An environment that cannot be read whole proves neither a mark nor none.
func TestParseEnvironRefuses(t *testing.T) {
	endless := func(text string) io.Reader { return io.MultiReader(strings.NewReader(text), &repeated{text}) }
	for name, r := range map[string]io.Reader{
		"an entry without end":   endless("x"),
		"entries without number": endless("A=1\x00"),
		"a failing read":         iotest.ErrReader(errors.New("refused")),
	} {
		if _, err := parseEnviron(r); err == nil {
			t.Errorf("%s is taken for an environment", name)
		}
	}
}

// repeated is a text without end.
type repeated struct{ text string }

func (r *repeated) Read(buffer []byte) (int, error) {
	n := 0
	for n+len(r.text) <= len(buffer) {
		n += copy(buffer[n:], r.text)
	}
	return n, nil
}

func TestParseArgs(t *testing.T) {
	for data, want := range map[string][]string{
		"":              {},
		"a\x00b\x00":    {"a", "b"},
		"a\x00\x00b":    {"a", "", "b"},
		"set by itself": {"set by itself"},
	} {
		if got, err := parseArgs(strings.NewReader(data)); err != nil || !slices.Equal(got, want) {
			t.Errorf("parseArgs(%q) = %q, %v", data, got, err)
		}
	}
}
