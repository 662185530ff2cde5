package main

import (
	"encoding/json"
	"fmt"
	"syscall"
)

// object is what "status -o json" prints. Its names are a contract, so they
// are written here and not taken from the program.
type object struct {
	Metadata struct {
		Name       string
		Generation int64
	}
	Status struct {
		Situation, Message string
		ObservedGeneration int64
		RestartCount       int
		Process            *struct {
			PID       int
			StartTime string
		}
		LastExit *struct {
			PID          int
			ExitCode     *int
			Signal, Time string
		}
		Endpoints struct{ Frontend, UI, HTTP, Metrics string }
		Lock      struct{ Path, Holder string }
		Binary    struct{ Path, Source string }

		Conditions []condition
	}
}

type condition struct{ Type, Status, Reason, Message string }

func (o object) condition(name string) condition {
	for _, c := range o.Status.Conditions {
		if c.Type == name {
			return c
		}
	}
	return condition{Type: name, Status: "missing"}
}

func (o object) is(name string) bool { return o.condition(name).Status == "True" }

// pid of the server, 0 for none.
func (o object) pid() int {
	if o.Status.Process == nil {
		return 0
	}
	return o.Status.Process.PID
}

func (o object) String() string {
	return fmt.Sprintf("%s: pid %d, %s: %s; Ready %+v", o.Metadata.Name, o.pid(), o.Status.Situation, o.Status.Message, o.condition("Ready"))
}

// status asks for the default instance.
func (w *world) status() object {
	w.Helper()
	return w.statusOf("temporal")
}

func (w *world) statusOf(name string) object {
	w.Helper()
	r := w.expect(0, "local", "status", "-o", "json", "--name", name)
	var o object
	if err := json.Unmarshal([]byte(r.stdout), &o); err != nil {
		w.Fatalf("status is not JSON: %v: %s", err, r)
	}
	return o
}

// awaitStatus looks until the status is as it should be, and returns it.
func (w *world) awaitStatus(what string, done func(object) bool) object {
	w.Helper()
	return w.awaitStatusOf("temporal", what, done)
}

func (w *world) awaitStatusOf(name, what string, done func(object) bool) object {
	w.Helper()
	var o object
	w.await(name+" "+what, func() (bool, string) {
		o = w.statusOf(name)
		return done(o), o.String()
	})
	return o
}

// awaitOther waits for a Ready server that is not the one with the old pid.
func (w *world) awaitOther(old int) object {
	w.Helper()
	return w.awaitStatus(fmt.Sprintf("is Ready with another pid than %d", old), func(o object) bool {
		return o.is("Ready") && o.pid() != old && o.pid() != 0
	})
}

// kill9 kills the process and waits until it is gone.
func (w *world) kill9(pid int) {
	w.Helper()
	signalProcess(w, pid, syscall.SIGKILL)
	w.awaitGone(pid)
}

func (w *world) awaitGone(pid int) {
	w.Helper()
	before, alive := readProcess(pid)
	if !alive {
		return
	}
	w.await(fmt.Sprintf("pid %d is gone", pid), func() (bool, string) {
		now, alive := readProcess(pid)
		return !alive || now.stat.ticks != before.stat.ticks, describe([]process{now})
	})
}

// daemon returns the one daemon of the home.
func (w *world) daemon() process {
	w.Helper()
	return w.only("daemon", process.isDaemon)
}

// temporal returns the one Temporal of the home.
func (w *world) temporal() process {
	w.Helper()
	return w.only("Temporal", process.isTemporal)
}

// only waits until there is exactly one such process: a child that has not yet
// begun its own program looks like its parent for an instant.
func (w *world) only(what string, is func(process) bool) process {
	w.Helper()
	var found []process
	w.await("there is exactly one "+what, func() (bool, string) {
		found = nil
		for _, p := range processesOf(w.home) {
			if is(p) {
				found = append(found, p)
			}
		}
		return len(found) == 1, describe(found)
	})
	return found[0]
}
