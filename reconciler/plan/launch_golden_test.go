package plan

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

const adaHome = "/home/ada/.stigmer"

// complete returns the desired state of an instance whose file says spec.
func complete(spec v1alpha1.TemporalSpec, annotations map[string]string) Desired {
	d := testDesired()
	written := v1alpha1.New("temporal")
	written.Generation, written.Annotations, written.Spec = 1, annotations, spec
	d.Object = v1alpha1.Complete(written, adaHome)
	return d
}

// commandLine returns the arguments with each flag on a line of its own.
func commandLine(args []string) []string {
	var lines []string
	for _, arg := range args {
		if strings.HasPrefix(arg, "-") || len(lines) == 0 {
			lines = append(lines, arg)
			continue
		}
		lines[len(lines)-1] += " " + arg
	}
	return lines
}

// masked replaces the digests, after a look at their form.
func masked(t *testing.T, env []string) []string {
	t.Helper()
	var list []string
	for _, v := range env {
		name, digest, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "STIGMER_") && !slices.Contains(observed.Variables(), name) {
			t.Errorf("%s is not among the variables of a start", name)
		}
		if name == observed.LaunchVariable || name == observed.SpecVariable {
			if len(digest) != 32 || strings.Trim(digest, "0123456789abcdef") != "" {
				t.Errorf("digest %q, want 32 hexadecimal digits", digest)
			}
			v = name + "=DIGEST"
		}
		list = append(list, v)
	}
	return list
}

// TestGoldenLaunch has the whole launch of three instances.
func TestGoldenLaunch(t *testing.T) {
	no := false
	marks := []string{"STIGMER_INSTANCE=/home/ada/.stigmer/temporal", "STIGMER_LAUNCH=DIGEST", "STIGMER_SPEC=DIGEST", "STIGMER_BUILD=temporal-server 1.29.1"}
	dirs := []string{"/home/ada/.stigmer/temporal-data", "/home/ada/.stigmer/logs"}
	cases := []struct {
		name     string
		desired  Desired
		args     []string
		env      []string
		database string
		dirs     []string
	}{
		{
			name: "file and UI", desired: complete(v1alpha1.TemporalSpec{}, nil),
			args: []string{
				"server start-dev", "--output none", "--env-file /home/ada/.stigmer/temporal.no-env-file",
				"--ip 127.0.0.1", "--port 7233", "--http-port 7243", "--metrics-port 9233", "--log-level warn",
				"--ui-ip 127.0.0.1", "--ui-port 8233", "--db-filename /home/ada/.stigmer/temporal-data/temporal.db",
				"--sqlite-pragma busy_timeout=10000",
			},
			env: marks, database: "/home/ada/.stigmer/temporal-data/temporal.db",
			dirs: append(dirs[:2:2], "/home/ada/.stigmer/temporal-data"),
		},
		{
			name: "memory and headless",
			desired: complete(v1alpha1.TemporalSpec{
				UI: v1alpha1.UISpec{Enabled: &no}, Storage: v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory},
			}, nil),
			args: []string{
				"server start-dev", "--output none", "--env-file /home/ada/.stigmer/temporal.no-env-file",
				"--ip 127.0.0.1", "--port 7233", "--http-port 7243", "--metrics-port 9233", "--log-level warn", "--headless",
			},
			env: marks, dirs: dirs,
		},
		{
			name: "every field",
			desired: complete(v1alpha1.TemporalSpec{
				IP: "::1", Port: 7001, UI: v1alpha1.UISpec{Port: 7002}, HTTPPort: 7003, MetricsPort: 7004,
				Storage:       v1alpha1.StorageSpec{Type: v1alpha1.StorageFile, Path: "/data/dev/t.db"},
				Namespaces:    []v1alpha1.NamespaceSpec{{Name: "b"}, {Name: "a"}},
				DynamicConfig: map[string]v1alpha1.JSONValue{"y": {Raw: json.RawMessage(`1.0`)}, "x": {Raw: json.RawMessage(`"v"`)}},
				SQLitePragmas: map[string]string{"synchronous": "off", "journal_mode": "wal"},
				LogLevel:      "debug",
				Env:           map[string]string{"Z": "last", "A": "first"},
				ExtraArgs:     []string{"--search-attribute", "k=Keyword"},
			}, map[string]string{v1alpha1.RestartedAtAnnotation: "2026-01-02T03:00:00Z"}),
			args: []string{
				"server start-dev", "--output none", "--env-file /home/ada/.stigmer/temporal.no-env-file",
				"--ip ::1", "--port 7001", "--http-port 7003", "--metrics-port 7004", "--log-level debug",
				"--ui-ip ::1", "--ui-port 7002", "--db-filename /data/dev/t.db",
				`--dynamic-config-value x="v"`, "--dynamic-config-value y=1.0",
				"--sqlite-pragma busy_timeout=10000", "--sqlite-pragma journal_mode=wal", "--sqlite-pragma synchronous=off", "--search-attribute k=Keyword",
			},
			env:      append(append([]string{"A=first", "Z=last"}, marks...), "STIGMER_RESTARTED_AT=2026-01-02T03:00:00Z"),
			database: "/data/dev/t.db",
			dirs:     append(dirs[:2:2], "/data/dev"),
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := LaunchFor(c.desired, observed.Executable{Path: "/opt/temporal", Build: "temporal-server 1.29.1"})
			if diff := cmp.Diff(c.args, commandLine(got.Args)); diff != "" {
				t.Errorf("command line (-want +got):\n%s", diff)
			}
			got.Args, got.Env = nil, masked(t, got.Env)
			want := Launch{
				Executable: "/opt/temporal", Env: c.env, Dirs: c.dirs, DatabasePath: c.database,
				LockPath: "/home/ada/.stigmer/temporal.lock", RecordPath: "/home/ada/.stigmer/temporal.pid",
				LogPath: "/home/ada/.stigmer/logs/temporal.log", NoEnvFile: "/home/ada/.stigmer/temporal.no-env-file", Build: "temporal-server 1.29.1",
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("launch (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDigestTellsLaunchesApart: whatever a server is started with is in the
// digest, and what it is not started with is not.
func TestDigestTellsLaunchesApart(t *testing.T) {
	plain := launchDigest(complete(v1alpha1.TemporalSpec{}, nil))
	seen := map[string]string{plain: "nothing"}
	for name, spec := range map[string]v1alpha1.TemporalSpec{
		"env":            {Env: map[string]string{"A": "1"}},
		"binary path":    {Binary: v1alpha1.BinarySpec{Path: "/opt/x"}},
		"binary version": {Binary: v1alpha1.BinarySpec{Version: "0.0.1"}},
		"argument":       {ExtraArgs: []string{"A=1"}},
		"ip":             {IP: "::1"},
	} {
		digest := launchDigest(complete(spec, nil))
		if other, found := seen[digest]; found {
			t.Errorf("%s reads the same as %s", name, other)
		}
		seen[digest] = name
	}
	restart := map[string]string{v1alpha1.RestartedAtAnnotation: "2026-01-02T03:00:00Z"}
	if launchDigest(complete(v1alpha1.TemporalSpec{Health: v1alpha1.HealthSpec{FailureThreshold: 9}}, restart)) != plain {
		t.Error("the digest depends on what a server is not started with")
	}
}

// TestGoldenSpec: a change here, together with one of the launch, is a restart of every
// server that runs when stigmer is upgraded, and those in memory lose their workflows.
// A default that is new belongs to where it is used, and not into the object.
func TestGoldenSpec(t *testing.T) {
	no := false
	for want, spec := range map[string]v1alpha1.TemporalSpec{
		"da624ce4c7b4fccdcddcae8a03b20bc6": {},
		"c74af53a8f2dba5d6f8c6f523c9fd848": {UI: v1alpha1.UISpec{Enabled: &no}, Storage: v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory}, LogLevel: "error"},
	} {
		if got := specDigest(complete(spec, nil).Object.Spec); got != want {
			t.Errorf("the digest of %+v is %s, want %s", spec, got, want)
		}
	}
}

// TestSpecDigestTellsSpecsApart: a field is in the digest unless it is named here,
// as one that is not for the start.
func TestSpecDigestTellsSpecsApart(t *testing.T) {
	later := []string{"Enabled", "PortConflict", "Namespaces", "SearchAttributes", "Interval", "Health", "Restart", "TerminationGracePeriod"}
	plain := specDigest(v1alpha1.TemporalSpec{})
	for i, field := range reflect.VisibleFields(reflect.TypeFor[v1alpha1.TemporalSpec]()) {
		var spec v1alpha1.TemporalSpec
		data := `{"` + strings.Split(field.Tag.Get("json"), ",")[0] + `": ` + sampleOf(field.Name) + `}`
		if err := json.Unmarshal([]byte(data), &spec); err != nil || reflect.ValueOf(spec).Field(i).IsZero() {
			t.Fatalf("%s: %v", data, err)
		}
		if differs := specDigest(spec) != plain; differs == slices.Contains(later, field.Name) {
			t.Errorf("%s is in the digest: %t", field.Name, differs)
		}
	}
}

// sampleOf returns a value of the field, in JSON.
func sampleOf(field string) string {
	switch field {
	case "Enabled":
		return "false"
	case "Port", "HTTPPort", "MetricsPort":
		return "7"
	case "UI":
		return `{"port": 7}`
	case "Storage":
		return `{"type": "Memory"}`
	case "Binary":
		return `{"version": "7"}`
	case "Namespaces":
		return `[{"name": "a"}]`
	case "SearchAttributes", "DynamicConfig", "SQLitePragmas", "Env":
		return `{"a": "b"}`
	case "ExtraArgs":
		return `["a"]`
	case "Interval", "TerminationGracePeriod":
		return `"7s"`
	case "Health":
		return `{"timeout": "7s"}`
	case "Restart":
		return `{"maxDelay": "7s"}`
	}
	return `"a"`
}
