package actuator

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/hack/stubtemporal"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// The test binary plays the programs that the tests start: roleVariable says
// which one, tellVariable names a pipe that it reports its progress to.
const (
	roleVariable = "ACTUATOR_TEST_ROLE"
	tellVariable = "ACTUATOR_TEST_TELL"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(role, os.Args[1:]))
	}
	// Whoever runs the tests may have left descriptors open.
	if err := SealDescriptors(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// play runs a role and returns its exit code.
func play(role string, args []string) int {
	switch role {
	case "report":
		return playReport()
	case "witness":
		return playWitness(args)
	case "family":
		return playFamily()
	case "exit":
		code, _ := strconv.Atoi(args[0])
		return code
	case "scratch":
		return playScratch(args)
	case "learner":
		return playLearner(args[0])
	case "exists":
		if _, err := os.Stat(args[0]); err != nil {
			return 1
		}
		return 0
	case "say":
		return playSay(args)
	case "parent":
		return playParent(args[0])
	case "reaper":
		return playReaper(args)
	case "starve":
		return playStarve(args[0])
	case "leaky":
		return playLeaky(args)
	case "server":
		return stubtemporal.Main(args, os.Getenv)
	}
	return 99
}

// tell writes one line, "<pid> <words>", to the test.
func tell(words ...any) {
	pipe, err := os.OpenFile(os.Getenv(tellVariable), os.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer pipe.Close()
	line := fmt.Sprintln(append([]any{os.Getpid()}, words...)...)
	_, _ = pipe.WriteString(line)
}

// playReport says what a child has been given.
func playReport() int {
	sid, _ := unix.Getsid(0)
	stdin, _ := os.Readlink("/proc/self/fd/0")
	dir, _ := os.Getwd()
	tell("fds", openDescriptors())
	tell("sid", sid, "pgid", unix.Getpgrp())
	tell("stdin", stdin)
	tell("dir", dir)
	env := os.Environ()
	slices.Sort(env)
	for _, entry := range env {
		tell("env", entry)
	}
	tell("end")
	return 0
}

// playWitness tells every signal that it gets. With "obey" it exits at SIGTERM
// with code 7, and does not tell the SIGCONT that may or may not come before.
func playWitness(args []string) int {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	tell("ready")
	obey := slices.Contains(args, "obey")
	for sig := range signals {
		if sig == unix.SIGURG || (obey && sig == unix.SIGCONT) { // URG is the Go runtime's own
			continue
		}
		tell("signal", sig)
		if obey && sig == unix.SIGTERM {
			return 7
		}
	}
	return 0
}

// playFamily has a witness as its own child, in the same group.
func playFamily() int {
	cmd := exec.Command(os.Args[0], "obey")
	cmd.Env = append(os.Environ(), roleVariable+"=witness")
	if err := cmd.Start(); err != nil {
		return 98
	}
	go func() { _ = cmd.Wait() }()
	return playWitness([]string{"obey"})
}

// playSay writes numbered lines: prefix, count.
func playSay(args []string) int {
	count, _ := strconv.Atoi(args[1])
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for n := range count {
		fmt.Fprintf(out, "%s %d\n", args[0], n)
	}
	return 0
}

// playParent starts a witness as the daemon would, and then only waits for its
// own end.
func playParent(home string) int {
	a := New(Options{Identifier: procIdentifier{}, Env: os.Environ()})
	out := a.Do(context.Background(), plan.Action{Verb: plan.Start, Launch: launchIn(home, "witness", "obey")})
	if out.Err != nil {
		tell("failed", out.Err)
		return 1
	}
	tell("started", out.Started.PID)
	select {}
}

// playReaper becomes the reaper of its orphans, runs the parent role, and reaps
// all that comes, or nothing when it is careless.
func playReaper(args []string) int {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return 97
	}
	cmd := exec.Command(os.Args[0], args[0])
	cmd.Env = append(os.Environ(), roleVariable+"=parent")
	if err := cmd.Start(); err != nil {
		return 96
	}
	if slices.Contains(args, "careless") {
		select {}
	}
	for {
		pid, err := unix.Wait4(-1, nil, 0, nil)
		if err == unix.ECHILD {
			return 0
		}
		if err == nil {
			tell("reaped", pid)
		}
	}
}

// playStarve starts a child with ever more free descriptors and tells what came
// of it.
func playStarve(home string) int {
	r, w, err := os.Pipe() // the runtime's poller needs its descriptors now
	if err != nil {
		return 95
	}
	defer r.Close()
	defer w.Close()
	exits := make(chan Exit, 1)
	a := New(Options{Identifier: procIdentifier{}, Env: os.Environ(), OnExit: func(_ identity, e Exit) { exits <- e }})
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 64, Max: 64}); err != nil {
		return 94
	}
	var filler []int
	for fd, err := unix.Dup(0); err == nil; fd, err = unix.Dup(0) {
		unix.CloseOnExec(fd)
		filler = append(filler, fd)
	}
	for free := range 16 {
		out := a.Do(context.Background(), plan.Action{Verb: plan.Start, Launch: launchIn(home, "exit", "3")})
		last := len(filler) - 1
		if out.Err == nil {
			<-exits
		}
		_ = unix.Close(filler[last])
		filler = filler[:last]
		tell("free", free, "started", out.Started.PID != 0, "warning", out.Warning != nil, "error", out.Err)
	}
	_ = a.Close()
	tell("end")
	return 0
}

// playLeaky has a descriptor without close-on-exec, as an inherited one would
// be, and starts a report; "seal" and "seal-listed" are the two ways to close it.
func playLeaky(args []string) int {
	if _, err := unix.Open("/dev/null", unix.O_RDONLY, 0); err != nil {
		return 93
	}
	var err error
	switch args[1] {
	case "seal":
		err = SealDescriptors()
	case "seal-listed":
		err = sealListed("/proc/self/fd")
	}
	ended := make(chan Exit, 1)
	a := New(Options{Identifier: procIdentifier{}, Env: os.Environ(), OnExit: func(_ identity, e Exit) { ended <- e }})
	out := a.Do(context.Background(), plan.Action{Verb: plan.Start, Launch: launchIn(args[0], "report")})
	if err != nil || out.Err != nil {
		tell("failed", err, out.Err)
		return 1
	}
	<-ended
	_ = a.Close()
	return 0
}
