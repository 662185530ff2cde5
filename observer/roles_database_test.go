package observer

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

// playDisk reports whether the database at PATH is there, and whether it can be written.
func playDisk(args []string) (string, error) {
	o := New(Options{})
	d := o.newLook(Target{DatabasePath: args[0]}).databaseFacts("")
	return fmt.Sprint(d.File.Knowledge, " ", d.Writable.Knowledge, " ", d.Writable.Value, " ", d.FirstBoot.Knowledge,
		" ", d.Writable.Reason), o.Close()
}

// playMounted mounts a tmpfs with OPTIONS on FOLDER, makes temporal.db in it,
// and mounts it again with the options that follow; then it reports as playDisk.
func playMounted(args []string) (string, error) {
	folder := args[0]
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", args[1], "none", folder).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	if err := os.WriteFile(folder+"/temporal.db", nil, 0o600); err != nil {
		return "", err
	}
	if out, err := exec.Command("mount", "-o", args[2], folder).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	report, err := playDisk([]string{folder + "/temporal.db"})
	return freeSpace(folder+"/temporal.db").Knowledge.String() + " " + report, err
}

// playSlept reports how many seconds the machine slept.
func playSlept([]string) (string, error) { return fmt.Sprint(slept().Seconds()), nil }

// playHold opens PATH as a server opens its database, and keeps it open.
func playHold(args []string) (string, error) {
	f, err := os.OpenFile(args[0], os.O_RDWR, 0)
	kept = append(kept, f)
	return "", err
}

// playOpens reports whether the process PID has DATABASE open.
func playOpens(args []string) (string, error) {
	pid, err := strconv.Atoi(args[0])
	if err != nil {
		return "", err
	}
	o := New(Options{})
	l := o.newLook(Target{DatabasePath: args[1]})
	opens, err := l.opens(pid, l.database)
	return fmt.Sprint(opens, " ", err), o.Close()
}

// playBuild reports the build of the executable at PATH, and how many are remembered.
func playBuild(args []string) (string, error) {
	b := newBuilds()
	build := b.of(args[0])
	return fmt.Sprint(len(b.known), " ", build), nil
}
