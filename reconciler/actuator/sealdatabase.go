package actuator

import (
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// sealDatabase records what is known of the database of a server that serves, and
// then removes the marker of its first boot: whoever finds no marker finds the
// record. The server has the locks, so they are not taken; before a start,
// where only a marker that was left is removed, nobody has them.
func sealDatabase(w plan.DatabaseWork) error {
	file, err := plainfile.Exists(w.Path)
	if err == nil && !file {
		err = &DatabaseChangedError{Path: w.Path, Found: "there is none"}
	}
	if err != nil {
		return err
	}
	if err := database.WriteMeta(w.Path, w.Meta); err != nil {
		return err
	}
	return database.RemoveFirstBoot(w.Path)
}
