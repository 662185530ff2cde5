package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"sigs.k8s.io/yaml"
)

// sight is what an observer sees who knows nothing of the program: /proc, the
// sockets, one gRPC call and the file that the user wrote.
type sight struct {
	daemons, servers, others []process
	// zombies are children of the daemon that it did not reap.
	zombies []int
	// wanted says that the file wants a Temporal, on which port.
	wanted bool
	port   int
	// listener says which process listens on the port, 0 for none of the home's.
	listener int
	// serving is nil when the frontend answers SERVING.
	serving error
	// database is nil when the server has the file open that is at the path.
	database error
}

// see looks at everything once.
func (w *world) see() sight {
	s := sight{}
	s.wanted, s.port = w.wanted()
	for _, p := range processesOf(w.home) {
		switch {
		case p.isDaemon():
			s.daemons = append(s.daemons, p)
			s.zombies = append(s.zombies, zombiesOf(p.pid)...)
		case p.isTemporal():
			s.servers = append(s.servers, p)
		default:
			s.others = append(s.others, p)
		}
	}
	if !s.wanted {
		return s
	}
	s.serving = isServing(s.port)
	for _, p := range s.servers {
		if listensOn(p.pid, s.port) {
			s.listener = p.pid
		}
		s.database = hasOpen(p.pid, w.database())
	}
	return s
}

// wanted reads the file as a person does.
func (w *world) wanted() (bool, int) {
	data, err := os.ReadFile(w.file("desired", "temporal.yaml"))
	if err != nil {
		return false, 0
	}
	var file struct {
		Spec struct {
			Enabled *bool
			Port    int
		}
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		w.Fatalf("the file that was written last cannot be read: %v", err)
	}
	return file.Spec.Enabled == nil || *file.Spec.Enabled, file.Spec.Port
}

// fault says in what the sight differs from what should be; empty for nothing.
func (s sight) fault() string {
	switch {
	case len(s.daemons) > 1:
		return "there are two daemons"
	case len(s.zombies) > 0:
		return fmt.Sprintf("the daemon did not reap %v", s.zombies)
	case len(s.others) > 0:
		return "there are processes of nobody"
	case !s.wanted && len(s.servers) > 0:
		return "a Temporal runs that is not wanted"
	case !s.wanted:
		return ""
	case len(s.daemons) == 0:
		return "there is no daemon"
	case len(s.servers) != 1:
		return fmt.Sprintf("%d Temporals run", len(s.servers))
	case s.listener != s.servers[0].pid:
		return fmt.Sprintf("pid %d does not listen on port %d", s.servers[0].pid, s.port)
	case s.serving != nil:
		return fmt.Sprintf("the frontend does not serve: %v", s.serving)
	case s.database != nil:
		return s.database.Error()
	}
	return ""
}

func (s sight) String() string {
	return fmt.Sprintf("%s (wanted: %t, port %d)\n%s%s%s", s.fault(), s.wanted, s.port, describe(s.daemons), describe(s.servers), describe(s.others))
}

// zombiesOf returns the dead children of a process.
func zombiesOf(parent int) []int { return childrenOf(parent, true) }

// childrenOf returns the children that are zombies, or those that are not.
func childrenOf(parent int, dead bool) (pids []int) {
	paths, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if stat := parseStat(string(text)); stat.parent == parent && (stat.state == "Z") == dead {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// isServing asks the health service of a frontend.
func isServing(port int) error {
	conn, err := grpc.NewClient("passthrough:///"+loopback(port), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy())
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	answer, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: "temporal.api.workflowservice.v1.WorkflowService"})
	if err == nil && answer.Status != grpc_health_v1.HealthCheckResponse_SERVING {
		err = fmt.Errorf("it says %s", answer.Status)
	}
	return err
}

// listensOn reports whether the process has the socket that listens on a port
// of the loopback address.
func listensOn(pid, port int) bool {
	table, _ := os.ReadFile("/proc/net/tcp")
	// The kernel prints the address as a number in its own byte order.
	local := fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32([]byte{127, 0, 0, 1}), port)
	for line := range strings.Lines(string(table)) {
		const listening = "0A"
		fields := strings.Fields(line)
		if len(fields) > 9 && fields[1] == local && fields[3] == listening && opens(pid, "socket:["+fields[9]+"]") {
			return true
		}
	}
	return false
}

// opens reports whether the process has something open that is called so.
func opens(pid int, name string) bool {
	for _, link := range linksOf(pid) {
		if target, err := os.Readlink(link); err == nil && target == name {
			return true
		}
	}
	return false
}

func linksOf(pid int) []string {
	links, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "fd", "*"))
	return links
}

// hasOpen returns an error unless the process has the file open that is at the
// path now.
func hasOpen(pid int, path string) error {
	there, err := os.Stat(path)
	if err != nil {
		return err
	}
	for _, link := range linksOf(pid) {
		if open, err := os.Stat(link); err == nil && os.SameFile(open, there) {
			return nil
		}
	}
	return fmt.Errorf("pid %d does not have %s open", pid, path)
}
