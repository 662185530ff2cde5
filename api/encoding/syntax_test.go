package encoding_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/api/encoding"
)

func TestDecodeFindsTheLineOfASyntaxError(t *testing.T) {
	tests := map[string]struct {
		text string
		line int
	}{
		"indentation":      {header + "spec:\n  port: 1\n    ip: x\n", 5},
		"list in mapping":  {header + "spec:\n  - a\n  port: 1\n", 5},
		"open quote":       {header + "spec:\n  ip: \"::1\n  port: 1\n", 4},
		"open brace":       {header + "spec: {port: 1\n", 3},
		"tab":              {header + "spec:\n\tport: 1\n", 4},
		"no colon":         {header + "spec:\n  port: 1\n  ip 3\n  logLevel: warn\n", 5},
		"unknown anchor":   {header + "spec:\n  ip: *x\n", 4},
		"at sign":          {header + "spec:\n  ip: @x\n", 4},
		"control letter":   {header + "spec:\n  ip: \x01\n", 4},
		"first line":       {"a: b: c\n", 1},
		"in a second file": {header + "spec: {}\n---\n{", 5},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(faultsOf(t, tt.text), "\n")
			if want := fmt.Sprintf("temporal.yaml:%d: not valid YAML: ", tt.line); !strings.HasPrefix(got, want) {
				t.Errorf("want %s…\ngot  %s", want, got)
			}
		})
	}
}

func TestDecodeOfALongFileWithASyntaxErrorIsQuick(t *testing.T) {
	text := header + strings.Repeat("# filler\n", 10000) + "spec: {\n"
	if got := faultsOf(t, text); len(got) != 1 || !strings.Contains(got[0], "not valid YAML") {
		t.Errorf("got %v", got)
	}
}

func TestDecodeRefusesBytesThatAreNoText(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"too large": {strings.Repeat("#", encoding.MaxFileSize+1), "temporal.yaml: larger than 1 MiB (1048577 bytes)"},
		"latin-1":   {header + "# gr\xf6\xdfe\n", "temporal.yaml:3: not UTF-8 text (save the file as UTF-8)"},
		"UTF-16":    {"\xff\xfea\x00", "temporal.yaml:1: not UTF-8 text"},
		"tab":       {header + "spec:\n\tport: 1\n", "temporal.yaml:4: not valid YAML: a tab in the indentation (indent the line with spaces)"},
		"NUL":       {"a: \x00\n", "temporal.yaml:1: not valid YAML: control characters are not allowed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(faultsOf(t, tt.text), "\n")
			if !strings.Contains(got, tt.want) {
				t.Errorf("want …%s…\ngot  %s", tt.want, got)
			}
		})
	}
}

// Ten aliases of ten aliases of ten … are a billion values in a few lines.
func TestDecodeBoundsAliases(t *testing.T) {
	var b strings.Builder
	b.WriteString(header + "metadata:\n  labels: {}\nspec:\n  dynamicConfig:\n    a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 10; i++ {
		alias := fmt.Sprintf("*a%d", i-1)
		fmt.Fprintf(&b, "    a%d: &a%d [%s]\n", i, i, strings.Join(strings.Fields(strings.Repeat(alias+" ", 10)), ", "))
	}
	got := strings.Join(faultsOf(t, b.String()), "\n")
	if !strings.Contains(got, "more values than can be read, aliases included") {
		t.Errorf("got %.500s", got)
	}
	_, err := encoding.Edit([]byte(b.String()), encoding.Change{Path: []string{"spec", "port"}, Value: 1})
	if err == nil || !strings.Contains(err.Error(), "aliases") {
		t.Errorf("edited, %v", err)
	}
}

func TestDecodeBoundsDepth(t *testing.T) {
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	for name, text := range map[string]string{
		"nested":        header + "spec: {dynamicConfig: {a: " + deep + "}}\n",
		"its own alias": header + "spec: {dynamicConfig: {a: &x [*x]}}\n",
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(faultsOf(t, text), "\n")
			if !strings.Contains(got, "nested too deeply") && !strings.Contains(got, "not valid YAML") {
				t.Errorf("got %.500s", got)
			}
		})
	}
}

func TestDecodeNeverTellsAValueOfTheEnvironment(t *testing.T) {
	const secret = "s3cret"
	tests := map[string]string{
		"invalid names": "spec:\n  env: {1A: s3cret, TEMPORAL_A: s3cret, STIGMER_B: s3cret}\n",
		"wrong types":   "spec:\n  env: {A: [s3cret], B: {s3cret: s3cret}, C: !s3cret x}\n",
		"not a mapping": "spec:\n  env: s3cret\n",
		"too far left":  "spec:\n  env:\n  API_KEY: s3cret\n",
		"a NUL":         "spec:\n  env: {A: \"s3cret\\0\"}\n",
		"twice":         "spec:\n  env: {A: s3cret, A: s3cret}\n",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := encoding.Decode("temporal.yaml", []byte(header+text), home)
			if err == nil {
				t.Fatal("accepted")
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("told:\n%s", err)
			}
			for _, fault := range err.(*encoding.InvalidError).Faults {
				if strings.Contains(fault.Value, secret) {
					t.Errorf("told as a value: %+v", fault)
				}
			}
		})
	}
}

func TestErrorsCannotForgeLines(t *testing.T) {
	_, err := encoding.Decode("a\nb.yaml", []byte(header+"spec: {\"x\\ny\": 1, ip: \"a\\nb\"}\n"), home)
	if err == nil {
		t.Fatal("accepted")
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if !strings.HasPrefix(line, `a\nb.yaml:`) {
			t.Errorf("a line of its own: %q", line)
		}
	}
}
