package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Chaos: at random instants things are done to a home that nobody should do,
// and after each burst an observer, who shares no code with the program, judges
// what is there. What happens follows from the seed; only the instants drift.
//
//	CHAOS_SEED=7     of the first burst, the next has the next one (1 unless set)
//	CHAOS_BURSTS=1   ends after so many bursts ...
//	CHAOS_TIME=5m    ... or after that long (5s unless one of the two is set)
//	CHAOS_LOUD=1     tells of every burst, not only of one that failed

// knobs are what the variables say.
type knobs struct {
	seed   int64
	bursts int
	limit  time.Duration
}

func readKnobs(t *testing.T) knobs {
	t.Helper()
	k := knobs{seed: 1, limit: 5 * time.Second}
	if text := os.Getenv("CHAOS_BURSTS"); text != "" {
		k.bursts, k.limit = int(number(t, text)), time.Hour
	}
	if text := os.Getenv("CHAOS_SEED"); text != "" {
		k.seed = number(t, text)
	}
	if text := os.Getenv("CHAOS_TIME"); text != "" {
		var err error
		if k.limit, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

func number(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// chaos is one home and what was done to it.
type chaos struct {
	*world
	knobs
	t *testing.T
	// stub says that the server is the stand-in, which has no workflows.
	stub bool
	// disk is the small disk that the home is on; empty for the machine's own.
	disk  string
	table []disturbance
	// ports are those that the file is given, taken one that a stranger has.
	ports [2]int
	taken int

	rng   *rand.Rand
	began time.Time
	undo  []func()
	// commands run beside the steps.
	commands sync.WaitGroup

	residents, guests []*stranger
	// leaving were asked to end, and serve until they do.
	leaving []process
	load    *trickle
	// least is what the first daemon at rest had.
	least *census
	tally tally
	diary diary
}

// tally is what the last line tells.
type tally struct{ bursts, kills, harmed, lost int }

// TestChaosReal: the real server, with a steady trickle of workflows.
func TestChaosReal(t *testing.T) {
	t.Parallel()
	newChaos(t, newWorld(t), false, "").runAll()
}

// TestChaosSmallDisk: the same with the home on another file system, which
// fills up.
func TestChaosSmallDisk(t *testing.T) {
	t.Parallel()
	disk := mountDisk(t, "128m")
	w := newWorld(t)
	w.home = filepath.Join(disk, ".stigmer")
	newChaos(t, w, false, disk).runAll()
}

// TestChaosStub: a server that starts at once, for volume.
func TestChaosStub(t *testing.T) {
	t.Parallel()
	newChaos(t, newWorld(t), true, "").runAll()
}

// newChaos makes the home ready, with a server that runs.
func newChaos(t *testing.T, w *world, stub bool, disk string) *chaos {
	t.Helper()
	c := &chaos{world: w, t: t, knobs: readKnobs(t), stub: stub, disk: disk, began: time.Now()}
	c.countable()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s\nreplay the last burst alone: %s", c.diary.String(), c.replay())
		}
	})
	c.ports, c.taken = [2]int{c.port, freePorts(t)}, freePorts(t)
	// One that looks like a Temporal is asked whether it is one; it has no port.
	c.residents = append(c.residents, c.stranger(c.taken, "local", "daemon"), c.stranger(0, "server", "start-dev"))
	c.table = c.disturbances()
	c.replaceDesired(c.spec(true, c.port))
	c.up()
	c.daemonIsSlim(c.converge().daemons[0].pid)
	if !stub {
		c.load = c.trickle()
		t.Cleanup(func() { c.load.end() })
	}
	return c
}

func (c *chaos) replay() string {
	return fmt.Sprintf("CHAOS_SEED=%d CHAOS_BURSTS=1 go test -race -count=1 -v -run '^%s$' ./cmd/stigmer", c.seed+int64(c.tally.bursts), c.t.Name())
}

// runAll does burst after burst, and looks at the database at the end.
func (c *chaos) runAll() {
	c.Helper()
	for c.bursts == 0 || c.tally.bursts < c.bursts {
		c.burst()
		c.tally.bursts++
		if time.Since(c.began) > c.limit {
			break
		}
	}
	if !c.stub {
		// The last burst may have ended with no Temporal to ask.
		c.replaceDesired(c.spec(true, c.port))
		c.converge()
		c.hasWorkflows()
	}
	c.expect(0, "local", "stop", "--yes")
	if !c.stub {
		c.load.end()
		isWhole(c, copyDatabase(c, c.database()))
	}
	c.Logf("chaos: seed %d, %d bursts, %d kills, %d commands, strangers harmed %d, workflows lost %d%s",
		c.seed, c.tally.bursts, c.tally.kills, c.diary.commands(), c.tally.harmed, c.tally.lost, c.figures())
}

// figures are what the run was about.
func (c *chaos) figures() string {
	text := ""
	if c.load != nil {
		text = fmt.Sprintf(" of %d", len(c.load.sofar()))
	}
	if c.least != nil {
		text += fmt.Sprintf("; the first daemon at rest had %s", c.least)
	}
	return text
}

// burst disturbs, puts back what was changed, and judges.
func (c *chaos) burst() {
	c.Helper()
	seed := c.seed + int64(c.tally.bursts)
	c.rng = rand.New(rand.NewPCG(uint64(seed), 0))
	c.diary.begin(seed)
	defer c.watchForTwo()()
	if running, _ := c.wanted(); !running {
		c.diary.note("begins with an edit: enabled")
		c.renameInto(c.spec(true, c.anyPort()))
	}
	for range 2 + c.rng.IntN(5) {
		d := c.table[c.rng.IntN(len(c.table))]
		<-time.After(time.Duration(c.rng.Int64N(int64(300 * time.Millisecond))))
		c.diary.note("%s", d.name)
		d.do(c)
	}
	c.heal()
	c.judge()
	if os.Getenv("CHAOS_LOUD") != "" {
		c.Log(c.diary.String())
	}
}
