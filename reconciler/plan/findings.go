package plan

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// Findings are what the plan was concluded from.
type Findings struct {
	// Main is the process that is the instance; nil when there is none.
	Main *observed.Process
	// Serving says whether Main serves the frontend, and why not. It is
	// Absent when there is no Main.
	Serving observed.Fact[bool]
	// Unit are Main and the processes of its session.
	Unit []observed.Process
	// Volatile says that Main keeps its workflows in memory.
	Volatile bool
	// LostFile says whether Main alone has its data, because its database is not
	// at its path any more.
	LostFile observed.Knowledge
	// Origin is the database file that Main was started on, when it was started on
	// one, and otherwise the one of the spec.
	Origin Origin
	// Restore is the one that was asked for and is not done.
	Restore PendingRestore
	// Missing is the database of the spec when its file system is not mounted.
	Missing MissingDatabase
	// Verdicts are what the look says of each aspect of the instance.
	Verdicts []Verdict
}

func (v view) findings() Findings {
	return Findings{
		Missing: v.missingDatabase(),
		Main:    v.main, Serving: v.serving, Unit: v.unit,
		Volatile: v.main != nil && v.volatile(),
		LostFile: v.lostFile(), Origin: v.origin(), Restore: v.pendingRestore(),
		Verdicts: v.checks,
	}
}

// StartedWith reports whether Main was started to have the port in this role, as far
// as its command line tells: after an edit it may have it in another one.
func (f Findings) StartedWith(port observed.Port) bool {
	flags := map[observed.PortName]string{
		observed.Frontend: "--port", observed.HTTP: "--http-port", observed.Metrics: "--metrics-port", observed.UI: "--ui-port",
	}
	if f.Main == nil {
		return false
	}
	for i, arg := range slices.Backward(f.Main.Args) { // the last of several counts
		if arg == flags[port.Name] {
			return at(f.Main.Args, i+1) == strconv.Itoa(int(port.Address.Port()))
		}
	}
	return true
}

// Origin is the database file that a server was started on.
type Origin struct {
	// Named is its path as a person wrote it, Path where that leads now, without
	// symbolic links.
	Named, Path string
	// DeadLink is the symbolic link on the way that leads nowhere; empty for none.
	DeadLink string
	// Exists says whether there is a file at Path.
	Exists observed.Knowledge
	// Another is the database that the server has open when that is not the one at
	// Path; zero for none, or where that is not told.
	Another observed.AnotherFile
}

// Linked reports whether there are symbolic links on the way to it.
func (o Origin) Linked() bool { return o.Named != o.Path || o.DeadLink != "" }

// origin returns the database that the server was started on: whatever the spec
// says by now, that was decided then.
func (v view) origin() Origin {
	db := v.in.Observed.Database
	o := Origin{Named: v.in.Desired.Object.Spec.Storage.Path, Path: db.Path, DeadLink: db.DeadLink, Exists: db.File.Knowledge}
	if on, elsewhere := v.startedElsewhere(); elsewhere {
		o = Origin{Named: on.Named, Path: on.Path, DeadLink: on.DeadLink, Exists: on.Exists}
	}
	for _, p := range v.unit {
		// A wrapper may have one open too, of which less is told.
		if another := p.Another; o.Another.Path == "" && (another.Path != "" || o.Another.Links == 0) {
			o.Another = another
		}
	}
	return o
}

// PendingRestore is a restore that was asked for and is not done.
type PendingRestore struct {
	// Backup is the path of what is restored; empty for no restore.
	Backup string
	// Begun says that the database was moved aside already: the next start finishes
	// it, whatever is wished by then.
	Begun bool
	// Problem is why it cannot be done now; empty for nothing.
	Problem string
}

// String says what is to come; empty for nothing.
func (r PendingRestore) String() string {
	switch {
	case r.Begun:
		return "the restore of " + r.Backup + " has begun, and the next start finishes it"
	case r.Backup == "":
		return ""
	case r.Problem != "":
		return r.Backup + " was to be restored and cannot be now: " + r.Problem
	}
	return "the next start restores " + r.Backup
}

func (v view) pendingRestore() PendingRestore {
	switch {
	case v.unfinished():
		return PendingRestore{Backup: backupOf(v.in.Observed.Database.Staged.Value.Restored), Begun: true}
	case v.restoreWish() != "":
		return PendingRestore{Backup: backupOf(v.restoreWish()), Problem: v.restoreProblem()}
	}
	return PendingRestore{}
}

// RestorePath returns the backup that the annotation names; empty for none.
func RestorePath(object *v1alpha1.Temporal) string {
	if object.Spec.Storage.Type != v1alpha1.StorageFile {
		return ""
	}
	return backupOf(object.Annotations[v1alpha1.RestoreAnnotation])
}

// backupOf returns the path in a wish, which is followed by the time of the wish.
func backupOf(wish string) string {
	return wish[:max(strings.LastIndexByte(wish, '@'), 0)]
}

// WishedAt returns when the wish was made; zero for no wish.
func WishedAt(wish string) time.Time {
	at, _ := time.Parse(time.RFC3339, wish[strings.LastIndexByte(wish, '@')+1:])
	return at
}
