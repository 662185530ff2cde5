package actuator

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// spawn runs the command in a session of its own, so that a closed terminal
// does not reach it, with the locks as its descriptors from 3 on and nothing
// else beyond the three standard streams. It returns the pid of a child that nobody has
// waited for yet.
func spawn(path string, args, env []string, dir string, log *os.File, locks []*os.File) (int, error) {
	cmd := &exec.Cmd{
		Path:        path,
		Args:        append([]string{path}, args...),
		Env:         env,
		Dir:         dir,
		Stdout:      log,
		Stderr:      log,
		ExtraFiles:  locks,
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := cmd.Start(); err != nil {
		cause := err
		if errno := unix.Errno(0); errors.As(err, &errno) {
			cause = errno
		}
		return 0, &SpawnError{Executable: path, Dir: dir, Detail: explain(cause, path, dir), Err: cause}
	}
	pid := cmd.Process.Pid
	// Release gives back Go's handle, not the child: we wait for it by pid.
	_ = cmd.Process.Release()
	return pid, nil
}

// explain says what an errno of execve means here. The kernel uses one errno
// for several causes, and none of them names the file that is at fault.
func explain(cause error, path, dir string) string {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "the working folder cannot be entered"
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return ""
	case info.IsDir():
		return "it is a folder"
	case errors.Is(cause, unix.ENOEXEC):
		return fmt.Sprintf("it is no program for %s/%s, nor a script that names its interpreter", runtime.GOOS, runtime.GOARCH)
	case errors.Is(cause, unix.ETXTBSY):
		return "somebody is still writing it"
	case errors.Is(cause, fs.ErrPermission) && info.Mode().Perm()&0o111 == 0:
		return fmt.Sprintf("its mode %#o does not allow execution", info.Mode().Perm())
	case errors.Is(cause, fs.ErrNotExist) || errors.Is(cause, fs.ErrPermission):
		return blameInterpreter(path)
	}
	return ""
}

// blameInterpreter explains a missing file that is there: what is missing is
// the interpreter, of a script, or of a program linked dynamically.
func blameInterpreter(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	line, _ := bufio.NewReaderSize(f, 256).ReadSlice('\n')
	if interpreter, script := strings.CutPrefix(string(line), "#!"); script {
		return fmt.Sprintf("its interpreter %q cannot be run", strings.TrimSpace(interpreter))
	}
	return "its interpreter or loader, or the file system that it is on, does not allow it to run"
}
