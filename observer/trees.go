package observer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

// carriesMark says whether the process carries the mark of the instance and
// means our folder by it. Root on this machine and root in a container both
// have a /root/.stigmer, and their marks read the same.
func (l *look) carriesMark(pid int, w words) observed.Knowledge {
	if has := w.hasMark(l.target.Mark); has != observed.Known {
		return has
	}
	if shares := l.machine.sharesTree(pid); shares != observed.Absent {
		return shares
	}
	folder := filepath.Dir(l.target.Mark)
	return sameFile(l.finder(pid), folder, folder)
}

// namesDatabase says whether the process is a Temporal dev server whose
// arguments name the database file of the instance, by whatever path.
func (l *look) namesDatabase(pid int, w words) observed.Knowledge {
	args, ok := w.args.Get()
	if !ok || l.target.DatabasePath == "" {
		return answer(ok, false)
	}
	all := observed.Absent
	for _, path := range databases(args) {
		switch l.isDatabase(pid, path) {
		case observed.Known:
			return observed.Known
		case observed.Unknown:
			all = observed.Unknown
		}
	}
	return all
}

// isDatabase says whether the process means our database file by the path.
// Where its root folder cannot be read, which is so for processes of other
// users, an absolute path is taken for one of ours: a second server on one
// file would corrupt it, and this evidence alone allows no signal.
func (l *look) isDatabase(pid int, path string) observed.Knowledge {
	ours := l.target.DatabasePath
	if !filepath.IsAbs(path) || l.machine.sharesTree(pid) == observed.Absent {
		return sameFile(l.finder(pid), path, ours)
	}
	if filepath.Clean(path) == ours {
		return observed.Known
	}
	return sameFile(l.patient("", os.Stat), path, ours)
}

// finder looks up a path.
type finder func(path string) (fs.FileInfo, error)

// found is what looking up a path gave.
type found struct {
	info fs.FileInfo
	err  error
}

// findPatience is how long a path of another process is looked for. It may lie on a
// file system that hangs, and another instance's server may be the one that names
// it: that server is Unknown to this look then, and this look not late.
const findPatience = time.Second

// finder returns how the process looks up paths.
func (l *look) finder(pid int) finder {
	return l.patient(fmt.Sprint(pid), func(path string) (fs.FileInfo, error) { return l.machine.find(pid, path) })
}

// patient returns find for paths of which nobody knows where they lead. Who tells
// apart who finds different files at the same path.
func (l *look) patient(who string, find finder) finder {
	return func(path string) (fs.FileInfo, error) {
		l.progress.reads(path)
		defer l.progress.reads(l.target.DatabasePath)
		answer, err := l.finds.Within(findPatience, who+":"+path, func() found {
			info, err := find(path)
			return found{info, err}
		}, func() error { return &fs.PathError{Op: "stat", Path: path, Err: context.DeadlineExceeded} })
		if err != nil {
			return nil, err
		}
		return answer.info, answer.err
	}
}

// sameFile says whether find finds at the path the file that is at ours. Where there is no file yet and the names agree, the folders decide.
func sameFile(find finder, path, ours string) observed.Knowledge {
	our, err := os.Stat(ours)
	if missing(err) && filepath.Base(path) == filepath.Base(ours) && filepath.Dir(ours) != ours {
		return sameFile(find, filepath.Dir(path), filepath.Dir(ours))
	}
	if err != nil {
		return answer(missing(err), false)
	}
	their, err := find(path)
	if err != nil {
		return answer(missing(err), false)
	}
	return answer(true, os.SameFile(our, their))
}

// missing reports whether an error says that there is no such file.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR)
}
