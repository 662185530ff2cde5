package database

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// realServer is a Temporal with its database.
type realServer struct {
	t       *testing.T
	cmd     *exec.Cmd
	path    string
	address string
}

// newRealServer runs the real server until it starts workflows.
func newRealServer(t *testing.T, path string, args ...string) *realServer {
	t.Helper()
	temporal := os.Getenv("STIGMER_TEMPORAL")
	if temporal == "" {
		t.Skip("STIGMER_TEMPORAL does not name a Temporal to run")
	}
	ports := freePorts(t)
	s := &realServer{t: t, path: path, address: "127.0.0.1:" + ports[0]}
	s.cmd = exec.Command(temporal, append([]string{"server", "start-dev", "--output", "none", "--env-file", "/nonexistent",
		"--ip", "127.0.0.1", "--headless", "--port", ports[0], "--http-port", ports[1], "--metrics-port", ports[2],
		"--db-filename", path}, args...)...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
	must(t, s.cmd.Start())
	t.Cleanup(s.stop)
	c := s.client()
	for began := time.Now(); ; {
		err := c.begin("first")
		if err == nil {
			return s
		}
		if time.Since(began) > patience {
			t.Fatal(err)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// freePorts returns three ports that nobody listens on.
func freePorts(t *testing.T) (ports [3]string) {
	t.Helper()
	for i := range ports {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		must(t, err)
		defer l.Close()
		ports[i] = strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

func (s *realServer) stop() {
	_ = s.cmd.Process.Signal(unix.SIGTERM)
	_ = s.cmd.Wait()
}

// realClient starts workflows.
type realClient struct {
	workflowservice.WorkflowServiceClient
}

func (s *realServer) client() realClient {
	s.t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+s.address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy())
	must(s.t, err)
	s.t.Cleanup(func() { _ = conn.Close() })
	return realClient{workflowservice.NewWorkflowServiceClient(conn)}
}

func (c realClient) begin(id string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := c.StartWorkflowExecution(ctx, &workflowservice.StartWorkflowExecutionRequest{
		Namespace: "default", WorkflowId: id, RequestId: id, WorkflowType: &commonpb.WorkflowType{Name: "test"},
		TaskQueue: &taskqueuepb.TaskQueue{Name: "nobody"},
	})
	return err
}

// crowd is clients that start workflows as fast as they can.
type crowd struct {
	sync.Mutex
	wg     sync.WaitGroup
	done   chan struct{}
	took   []time.Duration
	errors map[string]int
}

func newCrowd(s *realServer, label string) *crowd {
	c := &crowd{done: make(chan struct{}), errors: map[string]int{}}
	for n := range 5 {
		client := s.client()
		c.wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-c.done:
					return
				default:
					c.time(func() error { return client.begin(fmt.Sprintf("%s-%d-%d", label, n, i)) })
				}
			}
		})
	}
	return c
}

func (c *crowd) time(call func() error) {
	began := time.Now()
	err := call()
	c.Lock()
	defer c.Unlock()
	if err != nil {
		c.errors[err.Error()]++
		return
	}
	c.took = append(c.took, time.Since(began))
}

// started is how many workflows were acknowledged.
func (c *crowd) started() int {
	c.Lock()
	defer c.Unlock()
	return len(c.took)
}

func (c *crowd) end() string {
	close(c.done)
	c.wg.Wait()
	slices.Sort(c.took)
	n := len(c.took)
	return fmt.Sprintf("%d started, median %v, longest %v, errors %v", n, c.took[n/2], c.took[n-1], c.errors)
}

// TestSnapshotOfARealServer copies the database of a Temporal that works, one with
// and one without a busy timeout. Neither is harmed.
func TestSnapshotOfARealServer(t *testing.T) {
	for name, args := range map[string][]string{"as it comes": nil, "busy timeout": {"--sqlite-pragma", "busy_timeout=10000"}} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			s := newRealServer(t, filepath.Join(folder, "temporal.db"), args...)
			clients := newCrowd(s, "load")
			for i := range 5 {
				<-time.After(300 * time.Millisecond)
				before, began := clients.started(), time.Now()
				target := filepath.Join(folder, strconv.Itoa(i)+".db")
				must(t, Snapshot(t.Context(), s.path, target))
				t.Logf("copied in %v", time.Since(began))
				must(t, Check(t.Context(), target))
				if n := count(t, target); n < before {
					t.Errorf("%d workflows in the copy, %d were acknowledged", n, before)
				}
			}
			t.Log(clients.end())
			if len(clients.errors) > 0 && args != nil {
				t.Errorf("clients saw %v", clients.errors)
			}
			must(t, s.client().begin("afterwards"))
		})
	}
}

// TestRescueFromARealServer: the database is deleted, the server has it open, and
// another server goes on with what is rescued.
func TestRescueFromARealServer(t *testing.T) {
	folder := t.TempDir()
	s := newRealServer(t, filepath.Join(folder, "temporal.db"))
	for i := range 20 {
		must(t, s.client().begin(fmt.Sprintf("w%d", i)))
	}
	must(t, os.Remove(s.path))
	rescued := filepath.Join(folder, "rescued.db")
	must(t, Snapshot(t.Context(), descriptor(t, s.cmd.Process.Pid, s.path), rescued))
	must(t, Check(t.Context(), rescued))
	next := newRealServer(t, rescued)
	answer, err := next.client().DescribeWorkflowExecution(t.Context(), &workflowservice.DescribeWorkflowExecutionRequest{
		Namespace: "default", Execution: &commonpb.WorkflowExecution{WorkflowId: "w19"},
	})
	must(t, err)
	if id := answer.GetWorkflowExecutionInfo().GetExecution().GetWorkflowId(); id != "w19" {
		t.Error(id)
	}
}
