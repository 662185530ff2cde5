package actuator

import (
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/failpoint"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// sealDatabase records what is known of the database of a server that serves, and
// then removes the marker of its first boot: whoever finds no marker finds the
// record. The server has the locks, so they are not taken.
func sealDatabase(w plan.DatabaseWork) error {
	if err := requireFile(w.Path); err != nil {
		return err
	}
	if err := database.WriteMeta(w.Path, w.Meta); err != nil {
		return err
	}
	failpoint.Reached("seal/recorded")
	err := database.RemoveFirstBoot(w.Path)
	failpoint.Reached("seal/unmarked")
	return err
}

// sealAtRest removes a marker that was left beside the record of a complete first
// boot. It needs the locks, and the record as it is under them: until they were
// taken another first boot could begin, whose marker is true. There is nothing
// new to record.
func sealAtRest(w plan.DatabaseWork) error {
	if err := requireFile(w.Path); err != nil {
		return err
	}
	meta := database.ReadMeta(w.Path)
	switch {
	case meta.IsUnknown():
		return &DatabaseChangedError{Path: w.Path, Found: meta.Reason}
	case meta.Value.ClusterID == "":
		return &DatabaseChangedError{Path: w.Path, Found: "that its first boot came to its end is not recorded"}
	}
	return database.RemoveFirstBoot(w.Path)
}

// requireFile returns a *DatabaseChangedError when there is no database.
func requireFile(path string) error {
	file, err := plainfile.Exists(path)
	if err == nil && !file {
		err = &DatabaseChangedError{Path: path, Found: "there is none"}
	}
	return err
}
