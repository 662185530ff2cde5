package observer

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// startedOn says which database a server of ours was started on when that is
// not the instance's any more. Who else has what open is none of our business.
func (l *look) startedOn(p observed.Process, w words) observed.Fact[observed.StartedOn] {
	e := p.Evidence
	args, read := w.args.Get()
	switch {
	case e.CarriesMark != observed.Known && e.HoldsLock != observed.Known:
		return observed.None[observed.StartedOn]("the process is not ours")
	case !read:
		return observed.Unsure[observed.StartedOn](w.args.Reason)
	case e.NamesDatabase == observed.Known || e.OpensDatabase == observed.Known:
		// Whatever path it was started on: the file was moved to where the spec says.
		return observed.None[observed.StartedOn]("it is the instance's")
	}
	named := databases(args)
	if len(named) == 0 || !filepath.IsAbs(named[len(named)-1]) {
		// Ours are always started with an absolute path.
		return observed.None[observed.StartedOn]("its command line names none")
	}
	last := named[len(named)-1]
	on := patiently(l, findPatience, last, func() observed.Fact[observed.StartedOn] { return l.startedOnFile(p, last) })
	if on.IsUnknown() {
		// Which one it is, is known: it may alone have the data of that, or be making it.
		return observed.Is(observed.StartedOn{Named: last, Path: last})
	}
	return on
}

// startedOnFile says what is at the path that our server was started on.
func (l *look) startedOnFile(p observed.Process, last string) observed.Fact[observed.StartedOn] {
	file := statDatabase(last)
	opens, err := l.opens(p.PID, file)
	if errors.Is(err, errors.ErrUnsupported) {
		// Where no descriptors are told, a server is taken at its word.
		opens = file.file.Knowledge
	}
	_, err = os.Lstat(observed.FirstBootPath(file.path))
	return observed.Is(observed.StartedOn{
		Named:     last,
		Path:      file.path,
		DeadLink:  deadLink(file.path),
		Exists:    file.file.Knowledge,
		Opens:     opens,
		FirstBoot: answer(err == nil || missing(err), err == nil),
	})
}
