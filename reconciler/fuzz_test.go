package reconciler

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/api/redact"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/config/samples"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// FuzzReadDaemonInfo: a lock that says anything is never taken for one that is
// not there, and what is understood reads the same when it is written anew.
func FuzzReadDaemonInfo(f *testing.F) {
	whole, err := json.Marshal(DaemonInfo{Identity: observed.Identity{BootID: "b", PID: 12, StartTicks: 345}, Version: "v1", Temporal: "/t", Detached: true})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{string(whole), string(whole[:len(whole)/2]), "", "null", "{}\n{}", `{"identity":[]}`, `{"identity":{"pid":-1}}`, "\x00\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		home := Home(t.TempDir())
		if err := os.WriteFile(home.DaemonLock(), data, 0o600); err != nil {
			t.Fatal(err)
		}
		info, err := home.ReadDaemonInfo()
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), home.DaemonLock()) {
				t.Errorf("a lock that says %q: %v", data, err)
			}
			return
		}
		written, err := json.Marshal(info)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(home.DaemonLock(), written, 0o600); err != nil {
			t.Fatal(err)
		}
		if again, err := home.ReadDaemonInfo(); err != nil || again != info {
			t.Errorf("%+v is read again as %+v, %v", info, again, err)
		}
	})
}

// FuzzReadStatus: of a status file that says anything, what was last in force
// is valid and of this instance, or nothing is known; and writing what was read
// keeps no secret.
func FuzzReadStatus(f *testing.F) {
	f.Add(samples.Temporal())
	f.Add(samples.AllFields())
	f.Add([]byte(strings.Replace(string(samples.AllFields()), "metadata:", "metadata:\n  generation: 3", 1)))
	f.Add([]byte("status: {conditions: [{type: Ready, status: Perhaps}]}"))
	f.Add([]byte("metadata: {name: temporal, generation: 1}\nspec: {env: {API_TOKEN: hunter2, A: b}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		home := Home(t.TempDir())
		path := home.Status("temporal")
		if err := os.MkdirAll(home.StatusDir(), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		last, err := home.ReadStatus("temporal")
		if err != nil || last == nil {
			return
		}
		if object := home.lastGood("temporal", last); object != nil {
			if object.Name != "temporal" || object.Generation <= 0 || len(v1alpha1.Validate(object, object)) > 0 {
				t.Errorf("%q was in force as %+v", data, object)
			}
		}
		if err := (&sink{path: path}).write(last); err != nil {
			t.Fatal(err)
		}
		again, err := home.ReadStatus("temporal")
		if err != nil || again == nil {
			t.Fatalf("%q, written anew: %v", data, err)
		}
		for name, value := range again.Spec.Env {
			if redact.IsSecret(name, value) && value != redact.Hidden {
				t.Errorf("the status has %s=%q", name, value)
			}
		}
	})
}

// FuzzInstanceName: a file is an instance's when the instance's file has its name.
func FuzzInstanceName(f *testing.F) {
	for _, seed := range []string{"temporal.yaml", ".temporal.yaml", "a/b.yaml", "temporal.yaml~", "A.yaml", ".yaml", "-.yaml", "temporal.yml", "a..yaml"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		name, ok := instanceName(file)
		if !ok {
			return
		}
		home := Home("/home")
		if home.Desired(name) != "/home/desired/"+file || strings.ContainsAny(name, "./\\\x00\n ") || strings.HasPrefix(name, "-") {
			t.Errorf("%q is the file of %q", file, name)
		}
	})
}
