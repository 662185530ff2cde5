package stubtemporal

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// lingerVariable turns the process that carries it into a grandchild. A
// variable and not an argument, so that a test binary can be one too.
const lingerVariable = "STUB_LINGER"

// lockDescriptor is where the parent of the stub passes the instance's lock.
const lockDescriptor = 3

// spawnGrandchild starts the process that STUB_GRANDCHILD asks for.
func spawnGrandchild(b *behaviour) error {
	if len(b.grandchild) == 0 {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("cannot find the stub's own program: %w", err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), lingerVariable+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: slices.Contains(b.grandchild, "setsid")}
	if slices.Contains(b.grandchild, "fd3") {
		lock, err := duplicateLock()
		if err != nil {
			return err
		}
		defer lock.Close()
		cmd.ExtraFiles = []*os.File{lock}
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot start the grandchild: %w", err)
	}
	return writePid(b.grandchildFile, cmd.Process.Pid)
}

// duplicateLock gives a second descriptor of the lock. An os.File around
// descriptor 3 itself would close it, and so the lock, when collected.
func duplicateLock() (*os.File, error) {
	fd, err := syscall.Dup(lockDescriptor)
	if err != nil {
		return nil, fmt.Errorf("cannot duplicate descriptor %d: %w", lockDescriptor, err)
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), "lock"), nil
}

func writePid(path string, pid int) error {
	if path == "" {
		return nil
	}
	return os.WriteFile(path, []byte(strconv.Itoa(pid)+"\n"), 0o600)
}

// linger is the grandchild: it records its signals, obeys none that can be
// refused, and ends with its lifetime.
func linger(env func(string) string) int {
	b, err := readBehaviour(env)
	if err != nil {
		return usage(err)
	}
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	end := time.After(b.lifetime)
	for {
		select {
		case s := <-signals:
			record(b.signalsFile, s)
		case <-end:
			return exitDone
		}
	}
}
