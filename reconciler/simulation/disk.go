package simulation

import (
	"fmt"
	"maps"
	"slices"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// Store is the content of one database, wherever it lies.
type Store struct {
	Cluster string
	// Whole says that its first boot came to its end, Used that somebody has
	// workflows in it, Deleted that somebody took it away from under its server.
	// Rubbish says that somebody wrote over it.
	Whole, Used, Deleted, Rubbish bool
	// Unmarked says that its server was not started to make it: the file was taken
	// away in the milliseconds between the start and the opening.
	Unmarked bool
}

// File is what lies at one path of a database, and beside it.
type File struct {
	// Store at the path; 0 for no file.
	Store int
	// Journal says that a companion lies beside it, Marker the marker of a
	// first boot.
	Journal, Marker bool
	// Meta is the record beside it, Staged that of a backup that was copied.
	Meta, Staged observed.Fact[observed.Meta]
	// Copy is the store that was staged.
	Copy int
}

// Disk is the databases of the machine.
type Disk struct {
	// Files by path, Aside what was renamed, by its new name.
	Files map[string]File
	Aside map[string]int
	// Unmounted says that the file system of the paths is not mounted: Files are
	// what lies in the folder that it is mounted on. Hidden are the files of the one
	// of the two that is not seen.
	Unmounted bool
	Hidden    map[string]File
	// Backups by path; one with store 0 is no database.
	Backups map[string]int
	Stores  map[int]Store
	// Full and ReadOnly are troubles of the disk.
	Full, ReadOnly bool
	made           int
}

func newDisk() Disk {
	return Disk{Files: map[string]File{}, Hidden: map[string]File{}, Aside: map[string]int{}, Backups: map[string]int{}, Stores: map[int]Store{}}
}

func (d Disk) clone() Disk {
	d.Files, d.Hidden, d.Aside = maps.Clone(d.Files), maps.Clone(d.Hidden), maps.Clone(d.Aside)
	d.Backups, d.Stores = maps.Clone(d.Backups), maps.Clone(d.Stores)
	return d
}

// blank is a path at which there never was anything.
func blank() File {
	return File{Meta: observed.None[observed.Meta](""), Staged: observed.None[observed.Meta]("")}
}

// At returns what lies at the path.
func (d *Disk) At(path string) File {
	if f, there := d.Files[path]; there {
		return f
	}
	return blank()
}

// Change changes what lies at the path.
func (d *Disk) Change(path string, change func(*File)) {
	f := d.At(path)
	change(&f)
	d.Files[path] = f
}

// add makes a store.
func (d *Disk) add(s Store) int {
	d.made++
	d.Stores[d.made] = s
	return d.made
}

// mint makes the file of a first boot.
func (d *Disk) mint(path string, marked bool) int {
	id := d.add(Store{Cluster: fmt.Sprintf("cluster-%d", d.made+1), Unmarked: !marked})
	d.Change(path, func(f *File) { f.Store = id })
	return id
}

// copyOf makes another store with the same content.
func (d *Disk) copyOf(id int) int {
	twin := d.Stores[id]
	twin.Used = false
	return d.add(twin)
}

// Put puts a database of somebody's at the path.
func (d *Disk) Put(path string) {
	id := d.add(Store{Cluster: fmt.Sprintf("cluster-%d", d.made+1), Whole: true})
	d.Change(path, func(f *File) { f.Store = id })
}

// ToggleMount mounts the file system of the paths, or takes it away.
func (d *Disk) ToggleMount() {
	d.Files, d.Hidden, d.Unmounted = d.Hidden, d.Files, !d.Unmounted
}

// mount is the file system that is seen.
func (d *Disk) mount() observed.Mount {
	if d.Unmounted {
		return observed.Mount{Point: "/"}
	}
	return observed.Mount{Point: "/data"}
}

// Overwrite writes something over the file at the path, as a user or a power cut
// does: what was in it is gone, and not by our doing.
func (d *Disk) Overwrite(path string) {
	d.Stores[d.At(path).Store] = Store{Rubbish: true}
	d.Change(path, func(f *File) { f.Journal = false }) // which might mend it
}

// Delete takes the file at the path away, as a user does.
func (d *Disk) Delete(path string) {
	f := d.At(path)
	if s, there := d.Stores[f.Store]; there {
		s.Deleted = true
		d.Stores[f.Store] = s
	}
	f.Store = 0
	d.Files[path] = f
}

// settle takes the journal away of a change that came to its end.
func (d *Disk) settle(path string, store int) {
	if d.At(path).Store == store {
		d.Change(path, func(f *File) { f.Journal = false })
	}
}

// crashed leaves the journal of a first boot that was cut short.
func (d *Disk) crashed(path string, store int) {
	if s := d.Stores[store]; d.At(path).Store == store && !s.Whole && !s.Rubbish {
		d.Change(path, func(f *File) { f.Journal = true })
	}
}

// has reports whether the store lies anywhere.
func (d *Disk) has(id int) bool {
	for _, files := range []map[string]File{d.Files, d.Hidden} {
		for _, f := range files {
			if f.Store == id {
				return true
			}
		}
	}
	return slices.Contains(slices.Collect(maps.Values(d.Aside)), id)
}

// moveAside renames what is at the path, its journal with it.
func (d *Disk) moveAside(path, aside string) error {
	if _, taken := d.Aside[aside]; taken || aside == "" {
		return fmt.Errorf("%q is taken, or no name", aside)
	}
	f := d.At(path)
	if f.Store != 0 {
		d.Aside[aside] = f.Store
	}
	d.Change(path, func(f *File) { f.Store, f.Journal = 0, false })
	return nil
}
