package encoding_test

import (
	"bytes"
	"cmp"
	"errors"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/config/samples"
)

func seed(f *testing.F) {
	f.Helper()
	f.Add(samples.Temporal())
	f.Add(samples.AllFields())
	f.Add(bytes.Replace(samples.AllFields(), []byte("name: all-fields"), []byte("name: temporal"), 1)) // as its file is called
	for _, text := range []string{
		"", "# c\n", "---\n", "a", "[]", "{}", "spec:", "spec: {port: }", "\ufeffspec: {}\n", "a: &a [*a]", "a: &a x\nb: *a\n",
		"spec:\n  port: |\n    x\n", "spec: {? port : 1}\n", "? spec\n: port: 1\n", "spec:\r\n  port: 1\r\n", "- a\n- b: {c: d}\n",
		"spec:\n  port: 1\n...\n---\n", "a: \"x\n y\"\nspec:\n  ip: 'it''s'\n", "<<: {spec: 1}\n", "spec: !!map {port: !x 1}\n",
		header + "spec: {dynamicConfig: {a: {b: [1, .5, 0x1F, 1e3, ~, 2026-01-31]}}}\n",
		header + "status: {conditions: [{type: Ready, status: \"True\", reason: A, message: b, lastTransitionTime: 2026-01-31T12:00:00Z}]}\n",
	} {
		f.Add([]byte(text))
	}
}

// FuzzDecode: an object or faults, never both, never neither; what is decoded
// survives being written and read again.
func FuzzDecode(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		object, err := encoding.Decode("temporal.yaml", data, home)
		if err != nil {
			checkInvalid(t, err)
			return
		}
		text, err := encoding.Encode(object)
		if err != nil {
			t.Fatal(err)
		}
		again, err := encoding.Decode("temporal.yaml", text, home)
		if err != nil {
			t.Fatalf("written:\n%s\n%v", text, err)
		}
		if diff := gocmp.Diff(object, again); diff != "" {
			t.Fatalf("lost:\n%s", diff)
		}
	})
}

// FuzzDecodeStatus: the same for files of the daemon.
func FuzzDecodeStatus(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		object, err := encoding.DecodeStatus("temporal.yaml", data)
		if err != nil {
			checkInvalid(t, err)
			return
		}
		text, err := encoding.Encode(object)
		if err != nil {
			t.Fatal(err)
		}
		again, err := encoding.DecodeStatus("temporal.yaml", text)
		if err != nil {
			t.Fatalf("written:\n%s\n%v", text, err)
		}
		if second, err := encoding.Encode(again); err != nil || !bytes.Equal(text, second) {
			t.Fatalf("two texts, %v:\n%s\n%s", err, text, second)
		}
	})
}

// FuzzEdit: an edit fails, or it changes nothing when repeated, keeps every
// comment, and leaves all bytes as they were but those of one place.
func FuzzEdit(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, change := range []encoding.Change{
			set(false, "spec", "enabled"), set("::1", "spec", "ip"), set(1, "spec", "ui", "port"), remove("spec", "port"), remove("spec"),
			set("2026-01-31T12:00:00Z", "metadata", "annotations", "local.stigmer.ai/restarted-at"),
		} {
			edited, err := encoding.Edit(data, change)
			if err != nil {
				continue
			}
			again, err := encoding.Edit(edited, change)
			if err != nil || !bytes.Equal(edited, again) {
				t.Fatalf("%s, again: %v\n%q\n%q", change, err, edited, again)
			}
			if !change.Delete {
				keepsComments(t, change, data, edited)
			}
		}
	})
}

// keepsComments checks that each line that is a comment, and cannot be anything
// else, is in the text as often as it was.
func keepsComments(t *testing.T, change encoding.Change, before, after []byte) {
	t.Helper()
	if bytes.ContainsAny(before, "|>\"'\r") {
		return // A "#" may be part of a text there; TestEditProperty has those.
	}
	for line := range bytes.SplitSeq(before, []byte("\n")) {
		comment := bytes.TrimSpace(line)
		if bytes.HasPrefix(comment, []byte("#")) && bytes.Count(after, comment) < bytes.Count(before, comment) {
			t.Fatalf("%s lost %q:\n%q\n%q", change, comment, before, after)
		}
	}
}

// FuzzEditRoundTrip: a valid file that a command changes is a valid file, and
// says what it said but for what was changed.
func FuzzEditRoundTrip(f *testing.F) {
	f.Add(samples.Temporal(), 7300, "info")
	f.Add(samples.AllFields(), 1, "error")
	f.Add([]byte(header), 65000, "warn")
	f.Add([]byte(header+"spec: {port: 7233, logLevel: warn} # c\n"), 7234, "debug")
	f.Add([]byte(header+"spec:\r\n  logLevel: 'warn'\r\n"), 7234, "x: y")
	f.Fuzz(func(t *testing.T, data []byte, port int, level string) {
		before, err := encoding.Decode("temporal.yaml", data, home)
		if err != nil {
			return
		}
		edited, err := encoding.Edit(data, set(port, "spec", "port"), set(level, "spec", "logLevel"))
		if err != nil {
			return
		}
		after, err := encoding.Decode("temporal.yaml", edited, home)
		if err != nil {
			checkInvalid(t, err) // Not every port and level is allowed.
			return
		}
		// What is empty has its default.
		if int(after.Spec.Port) != cmp.Or(port, int(v1alpha1.DefaultPort)) || after.Spec.LogLevel != cmp.Or(level, v1alpha1.DefaultLogLevel) {
			t.Fatalf("port %d and level %q were set:\n%s\n%s", port, level, data, edited)
		}
		after.Spec.Port, after.Spec.LogLevel = before.Spec.Port, before.Spec.LogLevel
		// They follow the port unless they are set.
		after.Spec.UI.Port, after.Spec.HTTPPort, after.Spec.MetricsPort = before.Spec.UI.Port, before.Spec.HTTPPort, before.Spec.MetricsPort
		if diff := gocmp.Diff(before, after); diff != "" {
			t.Fatalf("the edit changed more (-before +after):\n%s\n%s\n%s", diff, data, edited)
		}
	})
}

func checkInvalid(t *testing.T, err error) {
	t.Helper()
	var invalid *encoding.InvalidError
	if !errors.As(err, &invalid) || len(invalid.Faults) == 0 {
		t.Fatalf("not an InvalidError with faults: %v", err)
	}
	if lines := strings.Count(err.Error(), "\n") + 1; lines != len(invalid.Faults) {
		t.Fatalf("%d faults in %d lines:\n%s", len(invalid.Faults), lines, err)
	}
}
