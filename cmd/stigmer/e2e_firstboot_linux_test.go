package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestFirstBootKilled kills daemon and server at 40 points of a first boot.
// Whatever file that leaves, the next `stigmer local` is Ready on a database
// that has all that an undisturbed one has, and the file is kept.
func TestFirstBootKilled(t *testing.T) {
	undisturbed, _ := undisturbedSchema(t)
	const points, last = 40, 200 * time.Millisecond
	var poisoned atomic.Int32
	killed := func(t *testing.T, after time.Duration) {
		w := newWorld(t)
		if left := w.survivesKill(after, undisturbed); left.schema != undisturbed && left.schema != noFile {
			poisoned.Add(1)
		}
	}
	t.Run("points", func(t *testing.T) {
		for i := range points {
			after := time.Duration(i) * last / (points - 1)
			t.Run(after.Round(time.Millisecond).String(), func(t *testing.T) {
				t.Parallel()
				killed(t, after)
			})
		}
	})
	t.Logf("%d of %d kills left a file that lacks something; every one ended with %s", poisoned.Load(), points, undisturbed)
	// On a busy machine a first boot takes longer than that.
	for after := last; poisoned.Load() == 0; after += last / 5 {
		if after > 10*last {
			t.Fatal("no kill met a first boot: the test has no bite")
		}
		t.Run(after.String(), func(t *testing.T) { killed(t, after) })
	}
}

// survivesKill kills a first boot, and requires that all is well afterwards.
func (w *world) survivesKill(after time.Duration, undisturbed string) remains {
	w.Helper()
	left := w.killFirstBoot(after)
	w.up()
	if o := w.status(); !o.is("Ready") || !o.is("DatabaseFile") {
		w.Errorf("not Ready after the kill: %s", o)
	}
	w.keeps(left)
	w.kill9(w.daemon().pid)
	w.kill9(w.temporal().pid)
	copied := copyDatabase(w, w.database())
	isWhole(w, copied)
	if got := schemaOf(w, copied); got != undisturbed {
		w.Errorf("the database has %s, an undisturbed one %s", got, undisturbed)
	}
	return left
}

// undisturbedSchema is what a first boot makes that nobody disturbs, and the
// size of its file.
func undisturbedSchema(t *testing.T) (schema string, size int64) {
	t.Helper()
	w := newWorld(t)
	w.up("--port", strconv.Itoa(w.port))
	w.expect(0, "local", "stop")
	info, err := os.Stat(w.database())
	if err != nil {
		t.Fatal(err)
	}
	return schemaOf(t, copyDatabase(t, w.database())), info.Size()
}

// noFile stands for the schema of a database that is not there.
const noFile = "no file"

// remains is what a kill left behind.
type remains struct {
	schema            string
	database, journal []byte
	// marked says that the marker of a first boot was there.
	marked bool
}

// killFirstBoot starts a daemon, and kills it and its Temporal that long after
// there is a Temporal.
func (w *world) killFirstBoot(after time.Duration) remains {
	w.Helper()
	w.wish()
	before := processIDs(w)
	daemon, _ := w.foreground()
	server := w.newServer(before)
	<-time.After(after)
	_ = daemon.Process.Kill()
	if now, alive := readProcess(server.pid); alive && now.stat.ticks == server.stat.ticks {
		signalProcess(w, server.pid, syscall.SIGKILL)
	}
	_ = daemon.Wait()
	w.awaitGone(server.pid)

	left := remains{schema: noFile}
	var err error
	if left.database, err = os.ReadFile(w.database()); err == nil {
		left.schema = schemaOf(w, copyDatabase(w, w.database()))
	}
	left.journal, _ = os.ReadFile(w.database() + "-journal")
	_, err = os.Stat(w.database() + ".first-boot")
	left.marked = err == nil
	return left
}

func processIDs(t testing.TB) map[string]bool {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, entry := range entries {
		ids[entry.Name()] = true
	}
	return ids
}

// newServer waits for the home's Temporal. It reads only what was not there
// before, and so sees it within a millisecond or two of its exec.
func (w *world) newServer(before map[string]bool) process {
	w.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); ; {
		for id := range processIDs(w) {
			pid, err := strconv.Atoi(id)
			if err != nil || before[id] {
				continue
			}
			if p, alive := readProcess(pid); alive && p.isTemporal() && p.belongsTo(w.home) {
				return p
			}
		}
		select {
		case <-tick.C:
		case <-deadline:
			w.Fatal("there is no Temporal")
		}
	}
}

// keeps checks that a database which was not complete is aside, unchanged and
// with its journal, and that one which was sealed is where it was.
func (w *world) keeps(left remains) {
	w.Helper()
	aside, _ := filepath.Glob(w.database() + ".incomplete-*Z")
	if left.database == nil || !left.marked {
		if len(aside) > 0 {
			w.Errorf("%v were moved aside, after a kill that left %q, marked: %t", aside, left.schema, left.marked)
		}
		return
	}
	if len(aside) != 1 {
		w.Errorf("after a kill that left %q, %v are aside", left.schema, aside)
		return
	}
	for suffix, want := range map[string][]byte{"": left.database, "-journal": left.journal} {
		if got, _ := os.ReadFile(aside[0] + suffix); !bytes.Equal(got, want) {
			w.Errorf("%s%s has %d bytes and had %d", aside[0], suffix, len(got), len(want))
		}
	}
}

// TestFirstBootWithoutADaemon: the daemon dies during the first boot, so nobody
// takes the marker away; the server goes on, has workflows, and is killed. They
// are all there afterwards. So they are with a marker that somebody left beside
// a database that is recorded as complete.
func TestFirstBootWithoutADaemon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish()
	daemon, _ := w.foreground()
	w.await("Temporal is started", func() (bool, string) {
		_, err := os.Stat(w.file("temporal.pid"))
		return err == nil, fmt.Sprint(err)
	})
	_ = daemon.Process.Kill()
	_ = daemon.Wait()
	f := w.frontend()
	ids := f.startMany("kept", 5)
	w.kill9(w.temporal().pid)
	w.up()
	w.lists(f, ids)

	w.expect(0, "local", "stop")
	w.write("", "temporal-data", "temporal.db.first-boot")
	w.up()
	w.lists(f, ids)
	if aside, _ := filepath.Glob(w.database() + ".incomplete-*"); len(aside) > 0 {
		t.Errorf("a database that served was moved aside: %v", aside)
	}
}
