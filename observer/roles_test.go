package observer

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"strings"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// play does what the role says, reports one line, and ends when standard
// input does, so that no child outlives the tests.
func play(role []string) int {
	report, err := roles[role[0]](role[1:])
	if err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	fmt.Println("ready", report)
	io.Copy(io.Discard, os.Stdin)
	return 0
}

// roles are what a child can be; each returns what to report.
var roles = map[string]func(args []string) (string, error){
	"wait":    func([]string) (string, error) { return "", nil },
	"listen":  playListen,
	"health":  playHealth,
	"http":    playHTTP,
	"lock":    playLock,
	"rename":  playRename,
	"observe": playObserve,
	"parent":  playParent,
	"ports":   playPorts,
	"starve":  playStarve,
	"chroot":  playChroot,
	"cover":   playCover,
	"build":   playBuild,
	"opens":   playOpens,
	"slept":   playSlept,
	"mounted": playMounted,
	"disk":    playDisk,
	"hold":    playHold,
}

// playListen listens on NETWORK ADDRESS and never accepts.
func playListen(args []string) (string, error) {
	l, err := net.Listen(args[0], args[1])
	if err != nil {
		return "", err
	}
	kept = append(kept, l)
	return l.Addr().String(), nil
}

// kept keeps what a role opened from being collected, and so closed.
var kept []any

// playHealth serves gRPC health with STATUS on ADDRESS.
func playHealth(args []string) (string, error) {
	l, err := net.Listen("tcp", args[1])
	if err != nil {
		return "", err
	}
	go serveHealth(l, grpc_health_v1.HealthCheckResponse_ServingStatus(
		grpc_health_v1.HealthCheckResponse_ServingStatus_value[args[0]]))
	return l.Addr().String(), nil
}

// serveHealth is what a frontend's health service is to the observer.
func serveHealth(l net.Listener, status grpc_health_v1.HealthCheckResponse_ServingStatus) error {
	service := health.NewServer()
	service.SetServingStatus(frontendService, status)
	server := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(server, service)
	return server.Serve(l)
}

// playHTTP serves ordinary HTTP on ADDRESS.
func playHTTP(args []string) (string, error) {
	l, err := net.Listen("tcp", args[0])
	if err != nil {
		return "", err
	}
	go http.Serve(l, http.NotFoundHandler())
	return l.Addr().String(), nil
}

// playLock takes the lock on PATH itself, at whatever descriptor it gets.
func playLock(args []string) (string, error) {
	f, err := takeLock(args[0], unix.LOCK_EX)
	kept = append(kept, f)
	return "", err
}

// playRename gives the process the name that follows, blanks as underscores.
func playRename(args []string) (string, error) {
	return "", os.WriteFile("/proc/self/comm", []byte(strings.ReplaceAll(args[0], "_", " ")), 0)
}

// playObserve looks for MARK with the lock at PATH and reports the processes.
func playObserve(args []string) (string, error) {
	o := New(Options{})
	state := o.Observe(context.Background(), Target{Mark: args[0], LockPath: args[1]})
	return describe(state), o.Close()
}

// playPorts looks at ADDRESS and reports what it knows of its listener.
func playPorts(args []string) (string, error) {
	address, err := netip.ParseAddrPort(args[0])
	if err != nil {
		return "", err
	}
	o := New(Options{})
	state := o.Observe(context.Background(), Target{
		IP: address.Addr(), Ports: []PortTarget{{Name: observed.UI, Port: address.Port()}},
	})
	l := state.Ports[0].Listener
	return fmt.Sprint(l.Knowledge, " ", l.Value.Owner.Knowledge, " ", l.Value.Owner.Reason), o.Close()
}

// playStarve looks at an instance with LOCK, RECORD and MARK when every
// descriptor is taken, and reports how much it knows.
func playStarve(args []string) (string, error) {
	o := New(Options{})
	limit := unix.Rlimit{Cur: 64, Max: 64}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return "", err
	}
	for {
		fd, err := open("/dev/null", 0)
		if err != nil {
			break
		}
		kept = append(kept, fd)
	}
	s := o.Observe(context.Background(), Target{
		LockPath: args[0], RecordPath: args[1], Mark: args[2],
		IP: netip.MustParseAddr("127.0.0.1"), Ports: []PortTarget{{Name: observed.Frontend, Port: 1}},
	})
	return fmt.Sprint(s.Lock.Knowledge, " ", s.Record.Knowledge, " ", s.Processes.Knowledge, " ",
		s.Ports[0].Listener.Knowledge, " ", s.Health.Knowledge), o.Close()
}

// playChroot makes FOLDER the root folder of the process.
func playChroot(args []string) (string, error) {
	if err := unix.Chroot(args[0]); err != nil {
		return "", err
	}
	return "", os.Chdir("/")
}

// playCover mounts an empty folder over FOLDER.
func playCover(args []string) (string, error) {
	return "", exec.Command("mount", "-t", "tmpfs", "none", args[0]).Run()
}

// playParent starts a child with the ROLE that follows, and reports for it.
func playParent(args []string) (string, error) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVariable+"="+strings.Join(args, " "))
	cmd.Stdin = os.Stdin
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	return strings.TrimPrefix(strings.TrimSpace(line), "ready "), err
}

// describe prints the state's processes and lock in one line.
func describe(s observed.State) string {
	line := fmt.Sprintf("lock=%s processes=%s", s.Lock.Knowledge, s.Processes.Knowledge)
	for _, p := range s.Processes.Value {
		line += fmt.Sprintf(" %d:%s,%s,%s,%s", p.PID,
			p.Evidence.HoldsLock, p.Evidence.CarriesMark, p.Evidence.MatchesRecord, p.Evidence.NamesDatabase)
	}
	return line
}
