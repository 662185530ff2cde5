package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"sigs.k8s.io/yaml"
)

// judged returns what the observer sees, and in what that, or what the program
// says of it, is not as it should be; empty for nothing.
func (w *world) judged() (s sight, fault string) {
	w.Helper()
	s = w.see()
	fault = s.fault()
	if fault == "" {
		fault = w.accountFault(s)
	}
	if fault == "" {
		fault = w.statusFault(s)
	}
	return s, fault
}

// statusFault says in what the command says something else than the observer
// sees; empty for nothing.
func (w *world) statusFault(s sight) string {
	w.Helper()
	r := w.expect(0, "local", "status", "-o", "json")
	if r.stdout == "" && !s.wanted {
		return "" // an instance that nobody knows
	}
	return objectFault(s, r.stdout)
}

// accountFault says the same of the file that the daemon writes. A daemon that
// is gone left what was true in its time.
func (w *world) accountFault(s sight) string {
	w.Helper()
	text, err := os.ReadFile(w.file("status", "temporal.yaml"))
	if len(s.daemons) == 0 || os.IsNotExist(err) && !s.wanted {
		return ""
	}
	return objectFault(s, string(text))
}

// objectFault judges what is said of the instance.
func objectFault(s sight, text string) string {
	var o object
	if err := yaml.Unmarshal([]byte(text), &o); err != nil {
		return fmt.Sprintf("%v:\n%s", err, text)
	}
	pid, frontend := 0, ""
	if s.wanted {
		pid, frontend = s.servers[0].pid, loopback(s.port)
	}
	if o.pid() != pid || o.is("Ready") != s.wanted || s.wanted && o.Status.Endpoints.Frontend != frontend {
		return fmt.Sprintf("it says %s", o)
	}
	return ""
}

// watchEvery is how often it is looked whether there are two: a look reads one
// file of every process.
const watchEvery = 100 * time.Millisecond

// serversOf returns the processes that serve the database by their arguments.
func serversOf(database string) (pids []string) {
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range paths {
		if args := readStrings(path); slices.Contains(args, "start-dev") && slices.Contains(args, database) {
			pids = append(pids, filepath.Base(filepath.Dir(path)))
		}
	}
	return pids
}

// watchForTwo looks all the time whether two servers have one database, until
// the function that it returns is called.
func (w *world) watchForTwo() (end func()) {
	stop := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			of := serversOf(w.database())
			if len(of) > 1 {
				w.Errorf("two servers of one database: pids %v", of)
				return
			}
		}
	})
	return func() { close(stop); watching.Wait() }
}
