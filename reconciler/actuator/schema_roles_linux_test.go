package actuator

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// moodVariable says what is wrong with a scratch role: "mute" never serves, "deaf"
// does not obey, "broken" ends at once.
const moodVariable = "ACTUATOR_TEST_MOOD"

// playScratch is a server whose new database is one of SQLite, as far as a
// LearnSchema can tell.
func playScratch(args []string) int {
	mood := os.Getenv(moodVariable)
	if mood == "broken" {
		fmt.Fprintln(os.Stderr, "Error: no such thing")
		return 3
	}
	flags := flag.NewFlagSet("start-dev", flag.ContinueOnError)
	port, path, ip := flags.String("port", "", ""), flags.String("db-filename", "", ""), flags.String("ip", "", "")
	for _, name := range []string{"output", "env-file", "log-level", "http-port", "metrics-port"} {
		flags.String(name, "", "")
	}
	flags.Bool("headless", false, "")
	if err := flags.Parse(args[2:]); err != nil {
		return 4
	}
	db, err := sql.Open("sqlite", "file:"+*path)
	if err != nil {
		return 5
	}
	if _, err := db.Exec(temporalTables); err != nil {
		return 6
	}
	_ = db.Close()
	return serveScratch(net.JoinHostPort(*ip, *port), mood)
}

func serveScratch(address, mood string) int {
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, unix.SIGTERM)
	var env []string
	for _, entry := range os.Environ() {
		if strings.HasPrefix(entry, "STIGMER_") || strings.HasPrefix(entry, "TEMPORAL_") {
			env = append(env, entry)
		}
	}
	dir, _ := os.Getwd()
	tell("scratch", dir, openDescriptors(), env)
	if mood == "mute" {
		select {}
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return 7
	}
	server, checks := grpc.NewServer(), health.NewServer()
	checks.SetServingStatus(frontendService, grpc_health_v1.HealthCheckResponse_SERVING)
	grpc_health_v1.RegisterHealthServer(server, checks)
	go func() { _ = server.Serve(l) }()
	<-terminated
	if mood == "deaf" {
		select {}
	}
	server.Stop()
	return 0
}

// openDescriptors lists what this process has been given. A descriptor that is
// close-on-exec came after the exec and is the Go runtime's own.
func openDescriptors() string {
	var fds []string
	for fd := range 256 {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			fds = append(fds, fmt.Sprint(fd))
		}
	}
	return strings.Join(fds, ",")
}

// playLearner is a daemon that learns a schema until it is killed.
func playLearner(home string) int {
	a := New(Options{Identifier: procIdentifier{}, Env: append(os.Environ(), roleVariable+"=scratch", moodVariable+"=mute")})
	self, _ := os.Executable()
	out := a.Do(context.Background(), plan.Action{Verb: plan.LearnSchema, Database: plan.DatabaseWork{
		Executable: self, Build: "b", SchemaPath: filepath.Join(home, "schemas", "b.json"),
	}})
	if out.Err != nil {
		tell("failed", out.Err)
		return 1
	}
	select {}
}
