package plan

import (
	"encoding/json"
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

// masked replaces the digest, after a look at its form.
func masked(t *testing.T, env []string) []string {
	t.Helper()
	var list []string
	for _, v := range env {
		if digest, found := strings.CutPrefix(v, observed.LaunchVariable+"="); found {
			if len(digest) != 32 || strings.Trim(digest, "0123456789abcdef") != "" {
				t.Errorf("digest %q, want 32 hexadecimal digits", digest)
			}
			v = observed.LaunchVariable + "=DIGEST"
		}
		list = append(list, v)
	}
	return list
}

// TestGoldenLaunch has the whole launch of three instances. A change here is
// a restart of every server that runs.
func TestGoldenLaunch(t *testing.T) {
	no := false
	marks := []string{"STIGMER_INSTANCE=/home/ada/.stigmer/temporal", "STIGMER_LAUNCH=DIGEST", "STIGMER_BUILD=temporal-server 1.29.1"}
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
