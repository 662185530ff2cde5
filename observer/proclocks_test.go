package observer

import (
	"slices"
	"testing"
)

func TestParseFdinfo(t *testing.T) {
	const head = "pos:\t0\nflags:\t02100002\nmnt_id:\t24\nino:\t131\n"
	exclusive := heldLock{kind: "FLOCK", mode: "WRITE", taker: 1234, major: 8, minor: 0x1f, inode: 131}
	shared := exclusive
	shared.mode = "READ"
	cases := map[string]struct {
		data string
		want []heldLock
	}{
		"none":       {head, nil},
		"empty":      {"", nil},
		"exclusive":  {head + "lock:\t1: FLOCK  ADVISORY  WRITE 1234 08:1f:131 0 EOF\n", []heldLock{exclusive}},
		"shared":     {head + "lock:\t1: FLOCK  ADVISORY  READ 1234 08:1f:131 0 EOF\n", []heldLock{shared}},
		"two":        {head + "lock:\t1: FLOCK  ADVISORY  READ 1234 08:1f:131 0 EOF\nlock:\t2: FLOCK  ADVISORY  WRITE 1234 08:1f:131 0 EOF\n", []heldLock{shared, exclusive}},
		"no taker":   {head + "lock:\t1: FLOCK  ADVISORY  WRITE 0 08:1f:131 0 EOF\n", []heldLock{{kind: "FLOCK", mode: "WRITE", major: 8, minor: 0x1f, inode: 131}}},
		"waiting":    {head + "lock:\t1: -> FLOCK  ADVISORY  WRITE 1234 08:1f:131 0 EOF\n", nil},
		"cut short":  {head + "lock:\t1: FLOCK  ADVISORY", nil},
		"no device":  {head + "lock:\t1: FLOCK  ADVISORY  WRITE 1234 131 0 EOF\n", nil},
		"not hex":    {head + "lock:\t1: FLOCK  ADVISORY  WRITE 1234 zz:1f:131 0 EOF\n", nil},
		"no inode":   {head + "lock:\t1: FLOCK  ADVISORY  WRITE 1234 08:1f:x 0 EOF\n", nil},
		"no number":  {head + "lock:\t1: FLOCK  ADVISORY  WRITE x 08:1f:131 0 EOF\n", nil},
		"in a value": {head + "inotify lock:\t1: FLOCK  ADVISORY  WRITE 1234 08:1f:131 0 EOF\n", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := parseFdinfo([]byte(c.data)); !slices.Equal(got, c.want) {
				t.Errorf("parseFdinfo = %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestParseLocks(t *testing.T) {
	const data = `1: POSIX  ADVISORY  WRITE 3568 fd:00:2531452 0 EOF
2: FLOCK  ADVISORY  WRITE 3517 fd:00:2531448 0 EOF
2: -> FLOCK  ADVISORY  WRITE 99 fd:00:2531448 0 EOF
3: OFDLCK ADVISORY  READ -1 00:06:1028 0 0
4: FLOCK  ADVISORY  READ 3548 fd:00:2531452 0 EOF
nonsense
`
	var exclusive []int
	for _, l := range parseLocks([]byte(data)) {
		if l.exclusiveFlock() {
			exclusive = append(exclusive, l.taker)
		}
	}
	if !slices.Equal(exclusive, []int{3517}) {
		t.Errorf("exclusive flocks were taken by %v", exclusive)
	}
	if got := len(parseLocks([]byte(data))); got != 4 {
		t.Errorf("%d locks, want 4", got)
	}
}
