package plan

import (
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// Input is everything that a decision is made from.
type Input struct {
	Desired  Desired
	Observed observed.State
	// History must have seen Observed already: see History.See.
	History History
	// Now is the time of the decision. It carries Go's monotonic reading, so
	// differences to times in History are immune to steps of the wall clock.
	Now time.Time
}

// Desired is what should be.
type Desired struct {
	// Object is valid and complete: v1alpha1.Complete and Validate have
	// passed it. Its metadata.generation grows with every edit.
	Object *v1alpha1.Temporal
	// Missing means that the desired file is not there, which may be for a
	// moment: what runs is kept, and nothing is started. Removed means that
	// it is gone for good: the instance is stopped as if it were disabled,
	// and its data stays.
	Missing, Removed bool
	// Daemon is the process that reconciles the home, zero when that is not
	// known. It takes the instance's lock while it works on the database.
	Daemon observed.Identity
	// Files are the instance's places on the disk.
	Files Files
}

// Files are the absolute paths of one instance.
type Files struct {
	// Mark is the value of observed.MarkVariable: <home>/<name>.
	Mark string
	// Lock is held by Temporal as long as it lives.
	Lock string
	// Record is the pid record.
	Record string
	// Log is where Temporal's output goes.
	Log string
	// NoEnvFile does not exist. It keeps Temporal from reading the user's
	// ~/.config/temporalio/temporal.yaml, which overrides flags in silence.
	NoEnvFile string
	// DataDir is <home>/<name>-data, Temporal's working folder.
	DataDir string
	// BackupDir is where backups of the database are kept.
	BackupDir string
	// SchemaDir is where it is kept what each build creates in a new database.
	SchemaDir string
}

// Wanted reports whether Temporal should run.
func (d Desired) Wanted() bool {
	return !d.Removed && d.Object.Spec.IsEnabled()
}
