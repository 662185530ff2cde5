package reconciler

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
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
func (h Home) asksFor(name string) (database string, usable bool) {
	path := h.Desired(name)
	data, err := encoding.ReadFile(path)
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

// keepsAway returns the fault of a desired file whose database would lie where the
// home keeps something else; nil when it does not.
func (h Home) keepsAway(path string, data []byte, object *v1alpha1.Temporal) error {
	if !h.hasOther(databaseOf(object)) {
		return nil
	}
	return encoding.Locate(path, data, field.Invalid(field.NewPath("spec", "storage", "path"), object.Spec.Storage.Path,
		fmt.Sprintf("a place where %s keeps something else, which would write it over; choose another file, such as %s",
			h, filepath.Join(h.Files(object.Name).DataDir, "x.db"))))
}

// hasOther reports whether the file would lie where the home keeps something else
// than databases, whatever links lead there.
func (h Home) hasOther(database string) bool {
	if database == "" {
		return false
	}
	inside, err := filepath.Rel(placeOf(string(h)).path(), placeOf(database).path())
	if err != nil || inside == ".." || strings.HasPrefix(inside, "../") {
		return false
	}
	parts := strings.Split(inside, "/")
	if len(parts) == 1 {
		// What a start or the daemon writes, see Files.
		return slices.ContainsFunc([]string{".lock", ".pid", ".no-env-file", ".json"}, func(suffix string) bool { return strings.HasSuffix(inside, suffix) })
	}
	return slices.Contains([]string{"desired", "status", "logs", "bin", "schemas"}, parts[0]) ||
		strings.HasSuffix(parts[0], "-data") && parts[1] == "backups"
}

// CheckDesired returns why data must not become the desired file of the
// instance: an *encoding.InvalidError as of encoding.Decode, also when the
// database is one that another instance has, or that its desired file asks for, or
// lies where the home keeps something else.
func (h Home) CheckDesired(name string, data []byte) error {
	path := h.Desired(name)
	object, err := encoding.Decode(path, data, string(h))
	if err != nil {
		return err
	}
	if err := h.keepsAway(path, data, object); err != nil {
		return err
	}
	if holder := h.databaseHolder(name, databaseOf(object)); holder != "" {
		return usedBy(path, data, object, holder)
	}
	return nil
}

// databaseHolder returns who else has the database, for an edit. One that
// names the same database as before is judged as the daemon judges it;
// a new one must not be in any other file, whoever would get it.
func (h Home) databaseHolder(name, database string) string {
	if database == "" {
		return ""
	}
	wanted := placeOf(database)
	if before, _ := h.asksFor(name); wanted.is(placeOf(before)) {
		return newClaims(h, nil).holder(name, database)
	}
	for _, other := range h.others(name) {
		has, usable := h.asksFor(other)
		if !usable {
			has = h.lastDatabase(other)
		}
		if wanted.is(placeOf(has)) {
			return other
		}
	}
	return ""
}
