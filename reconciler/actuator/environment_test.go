package actuator

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
)

func TestEnvironment(t *testing.T) {
	rows := []struct {
		name         string
		base, launch []string
		want         []string
	}{
		{"nothing", nil, nil, []string{"PWD=/dir"}},
		{"base passes", []string{"A=1", "B=2"}, nil, []string{"PWD=/dir", "A=1", "B=2"}},
		{"launch wins", []string{"A=1", "B=2"}, []string{"A=3"}, []string{"PWD=/dir", "B=2", "A=3"}},
		{"ours and Temporal's are dropped",
			[]string{"TEMPORAL_ADDRESS=x", "STIGMER_HOME=y", "TEMPORAL=kept", "MY_TEMPORAL_=kept"}, nil,
			[]string{"PWD=/dir", "TEMPORAL=kept", "MY_TEMPORAL_=kept"}},
		{"but not those of the launch", nil, []string{"STIGMER_INSTANCE=i", "TEMPORAL_X=1"},
			[]string{"PWD=/dir", "STIGMER_INSTANCE=i", "TEMPORAL_X=1"}},
		{"an exporter of the shell's programs", []string{"OTEL_TRACES_EXPORTER=console"}, nil, []string{"PWD=/dir"}},
		{"an exporter that is asked for", nil, []string{"OTEL_TRACES_EXPORTER=otlp"}, []string{"PWD=/dir", "OTEL_TRACES_EXPORTER=otlp"}},
		{"the daemon's folder is dropped", []string{"PWD=/daemon"}, nil, []string{"PWD=/dir"}},
		{"a folder of the launch is not", nil, []string{"PWD=/spec"}, []string{"PWD=/spec"}},
		{"the last of a key counts", []string{"A=1", "A=2"}, []string{"B=1", "B=2"}, []string{"PWD=/dir", "A=2", "B=2"}},
		{"no key, no entry", []string{"", "plain", "=odd"}, nil, []string{"PWD=/dir"}},
		{"an equals sign in the value", []string{"A=b=c"}, []string{"D="}, []string{"PWD=/dir", "A=b=c", "D="}},
	}
	for _, row := range rows {
		if diff := cmp.Diff(row.want, environment(row.base, row.launch, "/dir")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
	}
}

func TestErrorsSayWhatAndWhere(t *testing.T) {
	one := observed.Identity{BootID: "b", PID: 12, StartTicks: 5}
	two := observed.Identity{BootID: "b", PID: 12, StartTicks: 9}
	for want, err := range map[string]error{
		"lock /l is held":                        &LockHeldError{Path: "/l"},
		"/f is a folder, not a regular file":     &plainfile.NotRegularError{Path: "/f", Mode: fs.ModeDir | 0o700},
		"/f is a device, not a regular file":     &plainfile.NotRegularError{Path: "/f", Mode: fs.ModeDevice | fs.ModeCharDevice},
		"cannot run /t in /d: exec format error": &SpawnError{Executable: "/t", Dir: "/d", Err: unix.ENOEXEC},
		"cannot run /t in /d: odd: no such file or directory": &SpawnError{
			Executable: "/t", Dir: "/d", Detail: "odd", Err: unix.ENOENT},
		"pid 12 is another process: it started at 9, the one meant at 5": &IdentityChangedError{Want: one, Got: two},
		"refused to signal pid 12: it is this process":                   &ForbiddenTargetError{Target: one, Because: "this process"},
		"pid 12 is gone":                     &GoneError{Identity: one},
		"record /r names pid 12, which runs": &RecordInUseError{Path: "/r", Identity: one},
		"actuator is closed":                 &ClosedError{},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
	if !errors.Is(&SpawnError{Err: unix.ENOENT}, fs.ErrNotExist) {
		t.Error("the errno of a spawn is lost")
	}
}
