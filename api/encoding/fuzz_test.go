package encoding_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/config/samples"
)

func seed(f *testing.F) {
	f.Helper()
	f.Add(samples.Temporal())
	f.Add(samples.AllFields())
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
		if diff := cmp.Diff(object, again); diff != "" {
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

// FuzzEdit: an edit fails, or it can be read, changes nothing when repeated,
// and leaves the bytes around one place as they were.
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
			if !change.Delete && len(edited) < len(data) && bytes.Count(edited, []byte("\n")) < bytes.Count(data, []byte("\n"))-2 {
				t.Fatalf("%s lost lines:\n%q\n%q", change, data, edited)
			}
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
