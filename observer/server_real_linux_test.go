package observer

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sys/unix"
	_ "modernc.org/sqlite" // to break a database
)

func TestRealInterview(t *testing.T) {
	r := realServer(t)
	operator := operatorservice.NewOperatorServiceClient(r.session().conn)
	_, err := operator.AddSearchAttributes(t.Context(), &operatorservice.AddSearchAttributesRequest{
		Namespace: "default", SearchAttributes: map[string]enums.IndexedValueType{"Customer": enums.INDEXED_VALUE_TYPE_KEYWORD},
	})
	must(t, err)
	r.startWorkflow(t)
	r.Namespaces, r.SearchAttributes, r.CountRunning = []string{"default", "absent"}, true, true
	r.untilServing(t, func(s observed.State) bool {
		// Both reach the tables that are asked a moment after the call.
		return s.Server.Running.Value == 1 && s.Server.Namespaces["default"].Value.SearchAttributes.Value["Customer"] == "Keyword"
	})
	r.CheckWrite = true
	s := r.look(t).Server
	if c := s.Cluster.Value; len(c.ID) != 36 || !strings.HasPrefix(c.Version, "1.") {
		t.Errorf("cluster = %+v", s.Cluster)
	}
	for name, check := range map[string]observed.Fact[observed.Check]{"store": s.Store, "write": s.Write, "visibility": s.Visibility, "UI": s.UI} {
		if !passed(check) {
			t.Errorf("%s = %s", name, checkWord(check))
		}
	}
	if n := s.Namespaces["default"]; n.Value.Retention != 24*time.Hour || len(n.Value.SearchAttributes.Value) != 1 {
		t.Errorf("default = %+v", n)
	}
	if n := s.Namespaces["absent"]; !n.IsAbsent() {
		t.Errorf("absent = %+v", n)
	}
	system, err := r.flow().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: systemNamespace})
	must(t, err)
	if info := system.GetNamespaceInfo(); info.GetData()[writeKey] != writeValue || info.GetDescription() == "" || info.GetOwnerEmail() == "" {
		t.Errorf("the write check left %+v", info)
	}
}

// startWorkflow starts a workflow that nobody works on.
func (r real) startWorkflow(t *testing.T) {
	t.Helper()
	_, err := r.flow().StartWorkflowExecution(t.Context(), &workflowservice.StartWorkflowExecutionRequest{
		Namespace: "default", WorkflowId: "w", RequestId: "r", WorkflowType: &common.WorkflowType{Name: "w"}, TaskQueue: &taskqueue.TaskQueue{Name: "q"},
	})
	must(t, err)
}

// A server that stops between the health check and the rest: problems, after
// one timeout, over a connection that is as good as before.
func TestRealServerStops(t *testing.T) {
	r := realServer(t)
	s := r.session()
	signalled(t, r.Cmd, syscall.SIGSTOP)
	const timeout = 200 * time.Millisecond
	server := s.interview(t.Context(), everything("default"), timeout)
	for name, check := range map[string]observed.Fact[observed.Check]{"store": server.Store, "visibility": server.Visibility} {
		if !strings.HasSuffix(checkWord(check), "no answer within 200ms") {
			t.Errorf("%s = %s", name, checkWord(check))
		}
	}
	if !server.WriteLate || !server.Write.IsUnknown() {
		t.Errorf("write = %s", checkWord(server.Write)) // which goes on
	}
	r.HealthTimeout = timeout
	if look := r.look(t); look.Health.Value.Status != observed.HealthTimeout || !look.Server.Store.IsUnknown() {
		t.Errorf("health = %+v, store = %+v", look.Health, look.Server.Store)
	}
	must(t, r.Process.Signal(syscall.SIGCONT))
	r.HealthTimeout = patience
	if look := r.look(t); !passed(look.Server.Store) || !passed(look.Server.UI) {
		t.Errorf("afterwards: %+v", look.Server)
	}
}

// signalled sends a signal that stops the process and waits until it has.
func signalled(t *testing.T, cmd *exec.Cmd, signal syscall.Signal) {
	t.Helper()
	must(t, cmd.Process.Signal(signal))
	var info unix.Siginfo
	must(t, unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WSTOPPED|unix.WNOWAIT, nil))
}

// Reads go on from the file that has no name any more; a write says it.
func TestRealServerWithoutItsFile(t *testing.T) {
	r := realServer(t)
	must(t, os.Remove(r.DatabasePath))
	r.CheckWrite = true
	s := r.look(t)
	if got := checkWord(s.Server.Write); !strings.HasPrefix(got, "problem UpdateNamespace: ") {
		t.Errorf("write = %s", got)
	}
	if s.Health.Value.Status != observed.HealthServing || !passed(s.Server.Store) {
		t.Errorf("health = %+v, store = %+v", s.Health, s.Server.Store)
	}
}

// Each table that a check is meant to read is missed by that check.
func TestRealServerWithoutATable(t *testing.T) {
	r := realServer(t)
	healthy := r.look(t).Server
	for _, c := range []struct {
		table, store, visibility string
		cluster                  bool
	}{
		{"executions_visibility", "ok", "problem ListWorkflowExecutions: ", true},
		{"namespaces", "problem DescribeNamespace: ", "problem ListWorkflowExecutions: ", true},
		{"cluster_metadata_info", "problem GetClusterInfo: ", "problem ListWorkflowExecutions: ", false},
	} {
		dropTable(t, r.DatabasePath, c.table)
		s := r.look(t).Server
		if got := checkWord(s.Store); !strings.HasPrefix(got, c.store) {
			t.Errorf("without %s: store = %s", c.table, got)
		}
		if got := checkWord(s.Visibility); !strings.HasPrefix(got, c.visibility) {
			t.Errorf("without %s: visibility = %s", c.table, got)
		}
		if known := s.Cluster == healthy.Cluster; known != c.cluster {
			t.Errorf("without %s: cluster = %+v", c.table, s.Cluster)
		}
	}
}

// A database of a Temporal before schema 0.7 serves, and starts no workflow.
func TestRealServerWithoutAColumn(t *testing.T) {
	r := realServer(t)
	alter(t, r.DatabasePath, "ALTER TABLE current_executions DROP COLUMN data_encoding")
	s := r.look(t)
	if got := checkWord(s.Server.Store); !strings.HasPrefix(got, "problem DescribeWorkflowExecution: ") || !strings.Contains(got, "data_encoding") {
		t.Errorf("store = %s", got)
	}
	if s.Health.Value.Status != observed.HealthServing || !passed(s.Server.Visibility) {
		t.Errorf("health = %+v, visibility = %+v", s.Health, s.Server.Visibility)
	}
}

// dropTable removes a table under the server.
func dropTable(t *testing.T, path, table string) {
	t.Helper()
	alter(t, path, "DROP TABLE "+table)
}

// alter changes the database under the server.
func alter(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(10000)")
	must(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), statement)
	must(t, err)
}

// A dev server that somebody started by hand in the place of ours.
func TestRealExternal(t *testing.T) {
	r := real{instance: newInstance(t), Observer: newObserver(t)}
	ours := r.DatabasePath
	r.DatabasePath = filepath.Join(r.folder, "by-hand.db")
	r.run(t, in(r.folder))
	theirs := r.DatabasePath
	r.DatabasePath = ours
	r.CheckWrite = true
	s := r.untilServing(t, func(s observed.State) bool { return passed(s.Server.Store) && passed(s.Server.Visibility) })
	if e := s.External.Value; e.Process.PID != r.Process.Pid || e.Database != theirs || e.Health.Status != observed.HealthServing {
		t.Errorf("external = %+v", s.External)
	}
	if s.Server.Cluster.Value.Version == "" || !s.Server.Write.IsUnknown() || !s.Health.IsUnknown() {
		t.Errorf("server = %+v, health = %+v", s.Server, s.Health)
	}
	if !s.FreePort.IsKnown() {
		t.Errorf("free port = %+v", s.FreePort)
	}
}

// BenchmarkReal is a quiet look at the real server, and its parts: the health
// check alone is the floor, and a look at the same server without a frontend
// to ask shows what the reading costs.
func BenchmarkReal(b *testing.B) {
	r := realServer(b)
	s := r.session()
	b.Run("health", func(b *testing.B) {
		for b.Loop() {
			s.check(b.Context(), patience)
		}
	})
	b.Run("deep", func(b *testing.B) {
		v := r.newLook(r.Target).ports(r.look(b).Processes.Value)
		q := reads()
		q.ui = observed.Is(v.door(v.index(observed.UI)))
		for b.Loop() {
			s.interview(b.Context(), q, patience)
		}
	})
	b.Run("look", func(b *testing.B) {
		for b.Loop() {
			r.look(b)
		}
	})
	b.Run("unasked", func(b *testing.B) {
		target := r.Target
		target.Ports = nil
		for b.Loop() {
			r.Observe(b.Context(), target)
		}
	})
}
