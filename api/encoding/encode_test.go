package encoding_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// full returns an object with a spec and a status as the daemon writes it.
func full() *v1alpha1.Temporal {
	code := int32(1)
	noon := metav1.NewTime(time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC).Local())
	t := v1alpha1.Complete(v1alpha1.New("orders"), home)
	t.Generation = 4
	t.Spec.DynamicConfig = map[string]v1alpha1.JSONValue{
		"a": {Raw: []byte(`{"b":[true,null,"on"],"c":1e3,"z":1.0}`)}, "b": {Raw: []byte(`"7"`)}, "c": {Raw: []byte(`18446744073709551615`)},
	}
	t.Spec.Env = map[string]string{"A": "0o17", "B": "yes", "C": "", "D": "1e3", "E": " lead", "F": "two\nlines\n", "G": "\u2028\x01", "H": "0x1F", "I": "1_000", "J": "2026-01-31", "K": "12:30:45", "L": "<<", "M": "~", "N": "=", "O": ".inf"}
	t.Status = v1alpha1.TemporalStatus{
		ObservedGeneration: 4, Situation: "Converged", Message: "It runs: all # is well", RestartCount: 2,
		Process:   &v1alpha1.ProcessStatus{PID: 12, StartTime: noon, Executable: "/bin/temporal"},
		LastExit:  &v1alpha1.ExitStatus{PID: 11, ExitCode: &code, Signal: "killed", Time: noon},
		Endpoints: &v1alpha1.EndpointsStatus{Frontend: "127.0.0.1:7233", UI: "http://127.0.0.1:8233"},
		Lock:      &v1alpha1.LockStatus{Path: home + "/orders.lock", Holder: "pid 12 (temporal)"},
		Binary:    &v1alpha1.BinaryStatus{Path: "/bin/temporal", Source: "PATH"},
		Storage:   &v1alpha1.StorageStatus{Type: v1alpha1.StorageFile, Path: "/x.db"},
		Conditions: []metav1.Condition{
			{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: "Serving", Message: "ok", LastTransitionTime: noon},
			{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionUnknown, Reason: "NotLooked", LastTransitionTime: noon},
		},
	}
	return t
}

func encode(t *testing.T, object *v1alpha1.Temporal) string {
	t.Helper()
	data, err := encoding.Encode(object)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestEncodeThenDecodeStatusLosesNothing(t *testing.T) {
	for name, object := range map[string]*v1alpha1.Temporal{"full": full(), "bare": v1alpha1.New("bare"), "zero": {TypeMeta: full().TypeMeta}} {
		t.Run(name, func(t *testing.T) {
			text := encode(t, object)
			got, err := encoding.DecodeStatus("status.yaml", []byte(text))
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			if diff := cmp.Diff(object, got); diff != "" {
				t.Errorf("(-written +read):\n%s\n%s", diff, text)
			}
			if again := encode(t, got); again != text {
				t.Errorf("the second text differs:\n%s\n%s", text, again)
			}
		})
	}
}

func TestEncodeThenDecodeKeepsTheSpec(t *testing.T) {
	object := full()
	got, err := encoding.Decode("orders.yaml", []byte(encode(t, object)), home)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(object.Spec, got.Spec); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
}

func TestEncodeIsPlain(t *testing.T) {
	const want = `apiVersion: local.stigmer.ai/v1alpha1
kind: Temporal
metadata:
  name: orders
spec:
  port: 7300
`
	object := v1alpha1.New("orders")
	object.Spec.Port = 7300
	if diff := cmp.Diff(want, encode(t, object)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEncodeFailsOnAValueThatIsNoJSON(t *testing.T) {
	object := v1alpha1.New("orders")
	object.Spec.DynamicConfig = map[string]v1alpha1.JSONValue{"a": {Raw: []byte("{")}}
	_, err := encoding.Encode(object)
	if err == nil || !strings.HasPrefix(err.Error(), `cannot encode Temporal "orders": `) {
		t.Errorf("got %v", err)
	}
}

func TestDecodeStatusForgivesWhatANewerVersionWrote(t *testing.T) {
	const text = header + `metadata: {name: orders, newer: 1}
spec: {newer: [1], port: 7300, ui: {newer: {a: b}}}
status:
  restartCount: 3
  observedGeneration: 0
  newer: {deep: [~]}
  conditions:
    - {type: Ready, status: "True", reason: R, message: "", newer: x, lastTransitionTime: "2026-01-31T12:00:00Z"}
`
	got, err := encoding.DecodeStatus("orders.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got.Status.RestartCount != 3 || len(got.Status.Conditions) != 1 || got.Spec.Port != 7300 || got.Spec.IP != "" {
		t.Errorf("got %+v", got)
	}
}

func TestDecodeStatusRefuses(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"nothing":          {"", "orders.yaml:1: the file is empty (the daemon writes it again)"},
		"cut short":        {header + "status:\n  message: \"It", "orders.yaml:4: not valid YAML"},
		"another kind":     {"apiVersion: v1\nkind: Pod\n", `orders.yaml:1: apiVersion: unsupported value "v1"`},
		"no kind":          {"a: b\n", "orders.yaml:1: kind: missing"},
		"a list":           {"[]", "is a list, not a mapping"},
		"a wrong type":     {header + "status: {restartCount: many}\n", `orders.yaml:3: status.restartCount: "many" is a text, not a whole number`},
		"a wrong time":     {header + "status: {process: {pid: 1, startTime: soon}}\n", "orders.yaml:3: status.process.startTime: not a time"},
		"a list as status": {header + "status: []\n", "orders.yaml:3: status: is a list, not a mapping"},
		"zeros":            {strings.Repeat("\x00", 4096), "not valid YAML"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := encoding.DecodeStatus("orders.yaml", []byte(tt.text))
			var invalid *encoding.InvalidError
			if got != nil || !errors.As(err, &invalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("want …%s…\ngot  %v", tt.want, err)
			}
		})
	}
}
