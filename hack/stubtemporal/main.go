package stubtemporal

import (
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// Exit codes of the real server.
const (
	exitDone   = 0
	exitFailed = 1
	exitQuit   = 2
	exitHangup = 129 // as a shell sees 1.5.1 die; the stub exits with it
)

// Main runs the stub with the arguments after the program's name and the
// variables that env knows, and returns the exit code. It takes over the
// signals and descriptors of the process, so it serves a main function only.
func Main(args []string, env func(string) string) int {
	if env(lingerVariable) != "" {
		return linger(env)
	}
	if len(args) == 1 && args[0] == "--version" {
		fmt.Println("temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)")
		return exitDone
	}
	if len(args) < 2 || args[0] != "server" || args[1] != "start-dev" {
		return usage(fmt.Errorf("the stub knows only `server start-dev` and --version, not %q", args))
	}
	o, err := parseOptions(args[2:])
	if err != nil {
		return usage(err)
	}
	p := &process{options: o, env: env}
	if err := p.reload(); err != nil {
		return usage(err)
	}
	return p.run()
}

func usage(err error) int {
	fmt.Fprintf(os.Stderr, "Error: %v\nUsage:\n  temporal server start-dev [flags]\n", err)
	return exitFailed
}

// process is one run of the stub.
type process struct {
	options   options
	env       func(string) string
	behaviour atomic.Pointer[behaviour]
	server    *server
}

func (p *process) reload() error {
	b, err := readBehaviour(p.env)
	if err != nil {
		return err
	}
	p.behaviour.Store(&b)
	return nil
}

// run waits for the three things that can happen, and every one of them is
// handled here: a signal, the moment to start, the moment to exit.
func (p *process) run() int {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	starting := time.After(p.behaviour.Load().startDelay)
	lifetime := time.After(p.behaviour.Load().lifetime)
	exit := make(<-chan time.Time)
	code := exitDone
	for {
		b := p.behaviour.Load()
		select {
		case <-starting:
			if err := p.start(b); err != nil {
				p.logger().Error(err.Error())
				return exitFailed
			}
			if b.exits {
				exit, code = time.After(b.exitAfter), b.exitCode
			}
		case s := <-signals:
			stop, with := p.receive(s, b)
			if stop {
				exit, code = time.After(b.stopDelay), with
			} else if now := p.behaviour.Load(); now.exits && !b.exits && p.server != nil {
				exit, code = time.After(now.exitAfter), now.exitCode
			}
		case <-exit:
			return code
		case <-lifetime:
			return exitFailed
		}
	}
}

func (p *process) start(b *behaviour) error {
	var err error
	if p.server, err = start(p.options, &p.behaviour); err != nil {
		return err
	}
	if err := spawnGrandchild(b); err != nil {
		return err
	}
	// Last, so that who reads it knows that all the rest is done.
	if p.options.output != "none" {
		fmt.Printf("CLI stub\n\nServer:  %s\n", p.server.address)
	}
	return nil
}

// receive records the signal and says whether it ends the process, and how.
func (p *process) receive(s os.Signal, b *behaviour) (stop bool, code int) {
	record(b.signalsFile, s)
	switch s {
	case syscall.SIGTERM, syscall.SIGINT:
		return !b.ignoreTerm, exitDone
	case syscall.SIGHUP:
		return true, exitHangup
	case syscall.SIGQUIT:
		return true, exitQuit
	case syscall.SIGUSR1:
		if err := p.reload(); err != nil {
			p.logger().Error(err.Error())
		}
	}
	return false, exitDone
}

func (p *process) logger() *slog.Logger {
	if p.options.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, nil))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil))
}
