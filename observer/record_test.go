package observer

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

func TestParseRecord(t *testing.T) {
	corrupt := observed.Record{Format: observed.RecordCorrupt}
	current := observed.Record{Format: observed.RecordCurrent, PID: 12, Command: "temporal", Started: time.Unix(1700000000, 0)}
	cases := map[string]struct {
		data string
		want observed.Record
	}{
		"current":              {"12\ntemporal\n1700000000\n", current},
		"no last newline":      {"12\ntemporal\n1700000000", current},
		"DOS lines":            {"12\r\ntemporal\r\n1700000000\r\n", current},
		"blank lines after":    {"12\ntemporal\n1700000000\n\n\n", current},
		"legacy":               {"12\n", observed.Record{Format: observed.RecordLegacy, PID: 12}},
		"legacy, bare":         {"12", observed.Record{Format: observed.RecordLegacy, PID: 12}},
		"empty":                {"", corrupt},
		"blank":                {"\n\n", corrupt},
		"two lines":            {"12\ntemporal\n", corrupt},
		"four lines":           {"12\ntemporal\n1700000000\nx\n", corrupt},
		"no pid":               {"x\ntemporal\n1700000000\n", corrupt},
		"pid 0":                {"0\n", corrupt},
		"negative pid":         {"-12\n", corrupt},
		"pid too large":        {"99999999999\n", corrupt},
		"no command":           {"12\n\n1700000000\n", corrupt},
		"no start":             {"12\ntemporal\nyesterday\n", corrupt},
		"start before time":    {"12\ntemporal\n-5\n", corrupt},
		"torn":                 {"12\ntempo", corrupt},
		"zeros after a crash":  {strings.Repeat("\x00", 20), corrupt},
		"as large as allowed":  {"12\n" + strings.Repeat("\n", maxRecord-3), observed.Record{Format: observed.RecordLegacy, PID: 12}},
		"larger than any":      {"12\n" + strings.Repeat("\n", maxRecord), corrupt},
		"one very long number": {strings.Repeat("1", maxRecord), corrupt},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := parseRecord([]byte(c.data)); got != c.want {
				t.Errorf("parseRecord = %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestReadRecord(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	must(t, os.WriteFile(path("good"), []byte("12\ntemporal\n1700000000\n"), 0o600))
	must(t, os.WriteFile(path("huge"), bytes.Repeat([]byte("1\n"), 1<<20), 0o600))
	must(t, os.Mkdir(path("folder"), 0o700))
	must(t, unix.Mkfifo(path("fifo"), 0o600))
	must(t, os.Symlink(path("good"), path("link")))
	cases := map[string]struct {
		knowledge observed.Knowledge
		format    observed.RecordFormat
		reason    string
	}{
		"good":      {observed.Known, observed.RecordCurrent, ""},
		"huge":      {observed.Known, observed.RecordCorrupt, ""},
		"none":      {observed.Absent, "", "there is no pid record"},
		"folder":    {observed.Unknown, "", "a folder"},
		"fifo":      {observed.Unknown, "", "a named pipe"},
		"link":      {observed.Unknown, "", "a symbolic link"},
		"good/file": {observed.Unknown, "", "not a directory"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := readRecord(path(name))
			if r.Knowledge != c.knowledge || r.Value.Format != c.format || !strings.Contains(r.Reason, c.reason) {
				t.Errorf("readRecord = %+v", r)
			}
		})
	}
}

func TestMatches(t *testing.T) {
	started := time.Unix(1700000000, 0).Add(900 * time.Millisecond)
	p := observed.Process{Identity: observed.Identity{PID: 12}, Started: started}
	record := func(format observed.RecordFormat, pid int, at int64) observed.Fact[observed.Record] {
		return observed.Is(observed.Record{Format: format, PID: pid, Started: time.Unix(at, 0)})
	}
	cases := map[string]struct {
		record observed.Fact[observed.Record]
		want   observed.Knowledge
	}{
		"same second":        {record(observed.RecordCurrent, 12, 1700000000), observed.Known},
		"a second early":     {record(observed.RecordCurrent, 12, 1699999999), observed.Known},
		"a second late":      {record(observed.RecordCurrent, 12, 1700000001), observed.Known},
		"two seconds early":  {record(observed.RecordCurrent, 12, 1699999998), observed.Absent},
		"two seconds late":   {record(observed.RecordCurrent, 12, 1700000002), observed.Absent},
		"at the end of time": {record(observed.RecordCurrent, 12, 1<<62), observed.Absent},
		"another pid":        {record(observed.RecordCurrent, 13, 1700000000), observed.Absent},
		"legacy":             {record(observed.RecordLegacy, 12, 0), observed.Absent},
		"no record":          {observed.None[observed.Record](""), observed.Absent},
		"unreadable":         {observed.Unsure[observed.Record](""), observed.Unknown},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := matches(c.record, p); got != c.want {
				t.Errorf("matches = %s, want %s", got, c.want)
			}
		})
	}
}
