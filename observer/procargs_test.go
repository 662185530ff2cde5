package observer

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// procArgsData builds kern.procargs2 as XNU does.
func procArgsData(count int, executable string, words ...string) []byte {
	data := binary.NativeEndian.AppendUint32(nil, uint32(count))
	data = append(data, executable+"\x00\x00\x00\x00"...)
	return append(data, strings.Join(words, "\x00")+"\x00"...)
}

func TestParseProcArgs(t *testing.T) {
	const executable = "/opt/temporal"
	cases := map[string]struct {
		data []byte
		args []string
		mark string
	}{
		"arguments and mark":   {procArgsData(2, executable, "temporal", "server", "A=1", "STIGMER_INSTANCE=/h/t", "", "x"), []string{"temporal", "server"}, "/h/t"},
		"an empty argument":    {procArgsData(3, executable, "temporal", "", "server", "A=1"), []string{"temporal", "", "server"}, ""},
		"no environment":       {procArgsData(1, executable, "temporal"), []string{"temporal"}, ""},
		"mark as an argument":  {procArgsData(2, executable, "t", "STIGMER_INSTANCE=x", "A=1"), []string{"t", "STIGMER_INSTANCE=x"}, ""},
		"mark after the end":   {procArgsData(1, executable, "t", "A=1", "", "STIGMER_INSTANCE=x"), []string{"t"}, ""},
		"environment cut":      {procArgsData(1, executable, "t", "STIGMER_INSTANCE=x")[:len(procArgsData(1, executable, "t", "STIGMER_INSTANCE=x"))-1], []string{"t"}, "x"},
		"nothing but the path": {procArgsData(0, executable), nil, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p, err := parseProcArgs(c.data)
			if err != nil || p.executable != executable || !slices.Equal(p.args, c.args) || p.environ.mark != c.mark {
				t.Errorf("parseProcArgs = %+v, %v", p, err)
			}
		})
	}
}

func TestParseProcArgsRefuses(t *testing.T) {
	for name, data := range map[string][]byte{
		"nothing":            nil,
		"half a number":      {1, 0},
		"no path":            {1, 0, 0, 0},
		"path without end":   {1, 0, 0, 0, 'x'},
		"too few arguments":  procArgsData(9, "/t", "a", "b", "c", "d", "e", "f", "g"),
		"a billion":          procArgsData(1<<30, "/t", "a"),
		"a negative number":  procArgsData(-1, "/t", "a"),
		"an argument cut":    procArgsData(1, "/t", "argument")[:12],
		"nothing after path": procArgsData(1, "/t")[:8],
	} {
		if p, err := parseProcArgs(data); err == nil {
			t.Errorf("%s: parseProcArgs = %+v", name, p)
		}
	}
}
