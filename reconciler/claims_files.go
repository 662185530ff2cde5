package reconciler

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// databaseOf returns the database file of an object; "" for none.
func databaseOf(object *v1alpha1.Temporal) string {
	if object == nil || object.Spec.Storage.Type != v1alpha1.StorageFile {
		return ""
	}
	return object.Spec.Storage.Path
}

// lastDatabase returns the database of the object that a daemon last had in
// force for the instance; "" for none.
func (h Home) lastDatabase(name string) string {
	last, err := h.ReadStatus(name)
	if err != nil {
		return ""
	}
	return databaseOf(h.lastGood(name, last))
}

// asksFor returns the database that an instance's desired file names, "" for
// none; false for a file that is not there or cannot be used.
func (h Home) asksFor(disk *Disk, name string) (database string, usable bool) {
	path := h.Desired(name)
	data, _, err := disk.read(path, nil)
	if err != nil {
		return "", false
	}
	object, err := encoding.Decode(path, data, string(h))
	return databaseOf(object), err == nil
}

// others returns the instances but one that have a file, sorted. A folder that
// cannot be read has none.
func (h Home) others(name string) []string {
	names, _ := h.names()
	slices.Sort(names)
	return slices.DeleteFunc(names, func(other string) bool { return other == name })
}

// usedBy returns the fault of a desired file that names another instance's
// database.
func usedBy(path string, data []byte, object *v1alpha1.Temporal, holder string) error {
	return encoding.Locate(path, data, field.Invalid(field.NewPath("spec", "storage", "path"), object.Spec.Storage.Path,
		fmt.Sprintf("used by instance %q; choose another file, or give %q another one first", holder, holder)))
}

// keepsAway returns the fault of a desired file that names a database where
// something else is kept, or is made and removed; nil when it does not. One that is
// in force, and was accepted once, is left to whoever runs on it.
func (h Home) keepsAway(disk *Disk, path string, data []byte, object *v1alpha1.Temporal, inForce ...string) error {
	database := databaseOf(object)
	if database == "" || slices.Contains(inForce, database) {
		return nil
	}
	real := disk.place(database).path
	problem := ""
	switch {
	case liesBesideADatabase(database), liesBesideADatabase(real):
		problem = "has the name of a file that lies beside a database and is removed with it"
	case h.keepsOther(object.Name, real):
		problem = fmt.Sprintf("a place where %s keeps something else", h)
	default:
		return nil
	}
	return encoding.Locate(path, data, field.Invalid(field.NewPath("spec", "storage", "path"), object.Spec.Storage.Path,
		fmt.Sprintf("%s; choose another file, such as %s", problem, filepath.Join(h.Files(object.Name).DataDir, "x.db"))))
}

// liesBesideADatabase reports whether SQLite, or we, would take the file for one
// that belongs to a database of another name.
func liesBesideADatabase(file string) bool {
	beside := append(observed.CompanionPaths(""), observed.FirstBootPath(""), observed.MetaPath(""), observed.DatabaseLockPath(""))
	folder := filepath.Base(filepath.Dir(file))
	return slices.ContainsFunc(beside, func(suffix string) bool { return strings.HasSuffix(file, suffix) }) ||
		folder == observed.OwnPrefix+"restore" || strings.HasPrefix(folder, observed.OwnPrefix+"scratch-")
}

// keepsOther reports whether the home keeps something else than databases there.
// The path has no symbolic links.
func (h Home) keepsOther(name, real string) bool {
	inside, err := filepath.Rel(placeOf(string(h)).path, real)
	if err != nil || inside == ".." || strings.HasPrefix(inside, "../") {
		return false
	}
	folder, rest, _ := strings.Cut(inside, "/")
	if slices.Contains([]string{"desired", "status", "logs", "bin", "schemas"}, folder) {
		return true
	}
	if rest == "" {
		// What an instance of that name has there, or will have, see Files.
		return slices.ContainsFunc([]string{".lock", ".pid", ".no-env-file", "-data"}, func(suffix string) bool {
			return strings.HasSuffix(folder, suffix)
		})
	}
	below, _, _ := strings.Cut(rest, "/")
	return below == "backups" && slices.ContainsFunc(append(h.others(name), name), func(instance string) bool {
		return folder == filepath.Base(h.Files(instance).DataDir)
	})
}

// CheckDesired returns why data must not become the desired file of the
// instance: an *encoding.InvalidError as of encoding.Decode, also when the
// database is one that another instance has, or that its desired file asks for, or
// lies where the home keeps something else.
func (h Home) CheckDesired(disk *Disk, name string, data []byte) error {
	path := h.Desired(name)
	object, err := encoding.Decode(path, data, string(h))
	if err != nil {
		return err
	}
	before, _ := h.asksFor(disk, name)
	if err := h.keepsAway(disk, path, data, object, before, h.lastDatabase(name)); err != nil {
		return err
	}
	if holder := h.databaseHolder(disk, name, databaseOf(object)); holder != "" {
		return usedBy(path, data, object, holder)
	}
	return nil
}

// databaseHolder returns who else has the database, for an edit. One that
// names the same database as before is judged as the daemon judges it;
// a new one must not be in any other file, whoever would get it.
func (h Home) databaseHolder(disk *Disk, name, database string) string {
	if database == "" {
		return ""
	}
	wanted := disk.place(database)
	if before, _ := h.asksFor(disk, name); wanted.is(disk.place(before)) {
		return newClaims(h, disk, nil).survey(name, database).holder(name, nil)
	}
	for _, other := range h.others(name) {
		has, usable := h.asksFor(disk, other)
		if !usable {
			has = h.lastDatabase(other)
		}
		if wanted.is(disk.place(has)) {
			return other
		}
	}
	return ""
}
