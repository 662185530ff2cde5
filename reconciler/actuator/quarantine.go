package actuator

import (
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// quarantine renames a database aside whose first boot did not come to its end,
// or the companions that a database left behind. A database without the marker
// served somebody and is never moved. The marker stays: until the next first
// boot writes its own, it says the truth about whatever a crash leaves here.
func quarantine(w plan.DatabaseWork) error {
	file, err := there(w.Path)
	if err != nil {
		return err
	}
	marked, err := there(observed.FirstBootPath(w.Path))
	if err != nil {
		return err
	}
	if file && !marked {
		return &DatabaseChangedError{Path: w.Path, Found: "its first boot came to its end"}
	}
	return database.MoveAside(w.Path, w.Aside)
}
