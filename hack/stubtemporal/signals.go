package stubtemporal

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// record appends the signal's name, such as SIGTERM, as one line to the file,
// unless it is one that the Go runtime or the kernel sends in normal running.
func record(path string, s os.Signal) {
	number, ok := s.(syscall.Signal)
	if path == "" || !ok || number == syscall.SIGURG || number == syscall.SIGCHLD || number == syscall.SIGPIPE {
		return
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err == nil {
		_, err = fmt.Fprintln(file, unix.SignalName(number))
		err = firstError(err, file.Close())
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "cannot record %s: %v\n", unix.SignalName(number), err)
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
