package failpoint

// Variable is the environment variable that names the point to die at.
const Variable = "STIGMER_FAILPOINT"

// List returns the names of all points.
func List() []string {
	return []string{
		// A start: the locks, the marker of a first boot, the child, its record.
		"start/locked", "start/database-locked", "start/marked", "start/spawned", "start/recorded",
		// The pid record: the temporary file, the rename.
		"record/written", "record/renamed",
		// An orphan: it is watched, it is known for what it is.
		"adopt/watched", "adopt/identified",
		// A stop: around SIGTERM, around SIGKILL.
		"stop/term", "stop/termed", "stop/kill", "stop/killed",
		// A database that never served: it is moved aside, after its journal.
		"quarantine/checked", "aside/companions", "aside/moved",
		// A copy: it is complete, it has its name.
		"copy/filled", "copy/published",
		// A backup before another build: the copy, its record, that of the database.
		"backup/copied", "backup/described", "backup/recorded",
		// A restore: the copy that waits and its record; then the record of what is
		// replaced, the word that it is, and the renames.
		"stage/copied", "stage/recorded",
		"restore/kept", "restore/begun", "restore/aside", "restore/placed", "restore/unmarked", "restore/recorded",
		// The end of a first boot: the record, the marker.
		"seal/recorded", "seal/unmarked",
		// Every record beside a database: the temporary file, the rename.
		"meta/written", "meta/renamed",
		// The status file: the temporary file, the rename.
		"replace/written", "replace/renamed",
	}
}
