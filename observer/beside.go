package observer

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// maxDocument is the size above which a file beside the database is none of
// ours, in bytes. The list of a schema's objects is some tens of kilobytes.
const maxDocument = 1 << 20

// readDocument reads a small JSON file of ours.
func readDocument(path string, into any) error {
	fd, err := openRegular(path)
	if err != nil {
		return err
	}
	defer fd.close()
	data, err := fd.readAll(path, maxDocument)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// readFirstBoot looks for the marker of a first boot. That it is there is
// what counts: one that was torn by a power cut, or that cannot be read,
// still says that the first boot did not come to its end.
func readFirstBoot(database string) observed.Fact[observed.FirstBoot] {
	path := observed.FirstBootPath(database)
	info, err := os.Lstat(path)
	if found := regularFile(path, info, err); !found.IsKnown() {
		return observed.Fact[observed.FirstBoot]{Knowledge: found.Knowledge, Reason: found.Reason}
	}
	var marker observed.FirstBoot
	if err := readDocument(path, &marker); err != nil {
		return observed.Is(observed.FirstBoot{})
	}
	return observed.Is(marker)
}

// readMeta reads what is recorded of the database.
func readMeta(database string) observed.Fact[observed.Meta] {
	path := observed.MetaPath(database)
	var meta *observed.Meta
	err := readDocument(path, &meta)
	if err == nil && meta == nil {
		err = errors.New("it says null")
	}
	switch {
	case missing(err):
		return observed.None[observed.Meta]("there is no " + path)
	case err != nil:
		return observed.Unsure[observed.Meta](fmt.Sprintf("cannot read the record %s of the database: %v", path, err))
	}
	return observed.Is(*meta)
}

// expected reads what the build creates in a new database. It is asked only
// of a database whose own objects are recorded, since nothing else could be
// compared with it. What cannot be read can be found out again, and so is
// not there.
func (l *look) expected(meta observed.Fact[observed.Meta], build string) observed.Fact[[]string] {
	if len(meta.Value.Objects) == 0 || l.target.SchemaDir == "" || build == "" {
		return observed.Unsure[[]string]("there is nothing to compare")
	}
	path := observed.SchemaPath(l.target.SchemaDir, build)
	var objects []string
	if err := readDocument(path, &objects); err != nil {
		return observed.None[[]string](fmt.Sprintf("cannot read %s: %v", path, err))
	}
	if len(objects) == 0 {
		return observed.None[[]string](path + " lists nothing")
	}
	return observed.Is(objects)
}
