package plan

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// store is one database, wherever it lies.
type store struct {
	inode   uint64
	cluster string
	// whole says that its first boot came to its end, used that its server was
	// well, so that it may hold what a user wants to keep.
	whole, used bool
	namespaces  map[string]observed.Namespace
}

// backup is a copy, with what is recorded of it.
type backup struct {
	store store
	meta  observed.Meta
	// unsound copies are no databases.
	unsound bool
}

// disk is where the database of a machine is, with all that became of
// databases before it.
type disk struct {
	// at is the database at the path; nil for none.
	at *store
	// beside is what lies beside it, and the state of the disk.
	beside observed.Database
	// aside are those that were renamed, by their new names, backups the copies.
	aside   map[string]*store
	backups map[string]backup
	// staged is the backup that was copied to take the place of the database.
	staged backup
	// made counts the databases that were ever made.
	made uint64
	// full and readOnly are troubles of the disk.
	full, readOnly bool
}

func newDisk(path string) disk {
	return disk{
		beside: observed.Database{
			Path: path, FirstBoot: observed.None[observed.FirstBoot](""), Meta: observed.None[observed.Meta](""),
			Expected: observed.None[[]string](""), Staged: observed.None[observed.Meta](""),
		},
		aside: map[string]*store{}, backups: map[string]backup{},
	}
}

// mint returns a new database.
func (d *disk) mint(whole bool) *store {
	d.made++
	return &store{
		inode: d.made, cluster: fmt.Sprintf("cluster-%d", d.made), whole: whole,
		namespaces: map[string]observed.Namespace{DefaultNamespace: fresh(24 * time.Hour)},
	}
}

// fresh is a namespace as it is when it was just made.
func fresh(retention time.Duration) observed.Namespace {
	return observed.Namespace{Retention: retention, SearchAttributes: observed.Is(map[string]string{})}
}

func (s *store) copied() store {
	twin := *s
	twin.namespaces = maps.Clone(s.namespaces)
	return twin
}

// seen is what a look finds.
func (d *disk) seen() observed.Database {
	db := d.beside
	db.File = observed.None[observed.File]("there is no " + db.Path)
	if d.at != nil {
		db.File = observed.Is(observed.File{Device: 1, Inode: d.at.inode})
	}
	db.Free, db.Writable = observed.Is[uint64](1<<30), observed.Is(true)
	if d.full {
		db.Free = observed.Is[uint64](1 << 20)
	}
	if d.readOnly {
		db.Writable = observed.Fact[bool]{Knowledge: observed.Known, Reason: "the folder is read-only"}
	}
	return db
}

// moveAside renames the database with its companions.
func (d *disk) moveAside(name string) error {
	if name == "" || d.aside[name] != nil {
		return fmt.Errorf("renamed to %q, which is no name or is taken", name)
	}
	d.aside[name], d.at, d.beside.Companions = d.at, nil, nil
	return nil
}

// quarantine renames a database whose first boot did not come to its end. One
// that was used, or that carries no marker, must never come here.
func (d *disk) quarantine(work DatabaseWork) error {
	switch {
	case d.at != nil && !d.beside.FirstBoot.IsKnown():
		return fmt.Errorf("a database without a marker is moved")
	case d.at != nil && d.at.used:
		return fmt.Errorf("a database that was used is moved as one that never was")
	}
	d.beside.FirstBoot = observed.None[observed.FirstBoot]("")
	return d.moveAside(work.Aside)
}

func (d *disk) backUp(work DatabaseWork) error {
	if _, taken := d.backups[work.BackupPath]; taken || d.at == nil || !d.at.whole {
		return fmt.Errorf("the backup %s is taken, or of nothing", work.BackupPath)
	}
	work.Meta.Objects = []string{"table executions"}
	d.beside.Meta = observed.Is(work.Meta)
	d.backups[work.BackupPath] = backup{store: d.at.copied(), meta: work.Meta}
	if work.Keep < 1 {
		return fmt.Errorf("%d backups are kept", work.Keep)
	}
	for names := slices.Sorted(maps.Keys(d.backups)); len(names) > work.Keep; names = names[1:] {
		delete(d.backups, names[0])
	}
	return nil
}

// errUnsound is what the world may answer without a fault of the plan.
var errUnsound = errors.New("it is no database")

func (d *disk) stage(work DatabaseWork) error {
	found, there := d.backups[work.BackupPath]
	switch {
	case !there || work.Meta.Restored == "":
		return fmt.Errorf("%s is copied, which is not there or for nobody", work.BackupPath)
	case found.unsound:
		return errUnsound
	}
	d.staged = backup{store: found.store.copied(), meta: found.meta}
	d.staged.meta.Restored = work.Meta.Restored
	d.beside.Staged = observed.Is(d.staged.meta)
	return nil
}

func (d *disk) discard(DatabaseWork) error {
	d.staged, d.beside.Staged = backup{}, observed.None[observed.Meta]("")
	return nil
}

func (d *disk) restore(work DatabaseWork) error {
	if work.Meta.Restored == "" || d.staged.meta.Restored != work.Meta.Restored {
		return fmt.Errorf("%s is restored, and is not staged", work.BackupPath)
	}
	if err := d.moveAside(work.Aside); err != nil {
		return err
	}
	d.made++
	twin := d.staged.store
	twin.inode = d.made
	d.at, d.beside.Meta = &twin, observed.Is(d.staged.meta)
	d.staged, d.beside.Staged = backup{}, observed.None[observed.Meta]("")
	d.beside.FirstBoot = observed.None[observed.FirstBoot]("")
	return nil
}

// seal records what is known, and removes the marker.
func (d *disk) seal(work DatabaseWork) error {
	if d.at == nil || !d.at.whole || work.Meta.ClusterID != d.at.cluster {
		return fmt.Errorf("sealed as %+v, which it is not", work.Meta)
	}
	d.beside.Meta, d.beside.FirstBoot = observed.Is(work.Meta), observed.None[observed.FirstBoot]("")
	return nil
}

// boot makes or opens the database for a start.
func (d *disk) boot(launch Launch, now time.Time) (*store, error) {
	switch {
	case launch.FirstBoot != (d.at == nil):
		return nil, fmt.Errorf("first boot: %t, and there is a database: %t", launch.FirstBoot, d.at != nil)
	case launch.FirstBoot && len(d.beside.Companions) > 0:
		return nil, fmt.Errorf("a new database beside the journal of an old one")
	case !launch.FirstBoot && !d.at.whole:
		return nil, fmt.Errorf("a start on a database that lacks tables")
	}
	if launch.FirstBoot {
		d.at = d.mint(false)
		d.beside.FirstBoot = observed.Is(observed.FirstBoot{Started: now, Build: launch.Build})
		if meta, known := d.beside.Meta.Get(); known {
			d.beside.Meta = observed.Is(observed.Meta{Restored: meta.Restored})
		}
	}
	return d.at, nil
}

// crashed leaves the database as a server does that ends in its first boot.
func (d *disk) crashed(s *store) {
	if s != nil && s == d.at && !s.whole {
		d.beside.Companions = []string{d.beside.Path + "-journal"}
	}
}
