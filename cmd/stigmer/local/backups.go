package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/database"
)

func (a *app) backupsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backups",
		Short: "List the copies of the database",
		Long: "List the copies of the database, the newest first: those that were made by hand or\n" +
			"before another build of Temporal, and the databases that a restore replaced, which\n" +
			"lie beside the database.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.backups(c.Context()) },
	}
}

// replacedKind is the kind of a database that a restore replaced. It lies beside
// the database that it was.
const replacedKind observed.BackupKind = "replaced"

// backupItem is a backup as JSON and YAML show it.
type backupItem struct {
	Name    string    `json:"name"`
	Path    string    `json:"path"`
	Kind    string    `json:"kind"`
	Made    time.Time `json:"made"`
	Bytes   int64     `json:"bytes"`
	Cluster string    `json:"clusterID,omitempty"`
	Build   string    `json:"lastServedBy,omitempty"`
}

func described(b database.Backup) backupItem {
	meta, name := b.Meta.Value, nameOf(b.Path)
	if b.Kind == replacedKind {
		// Elsewhere than the backups, restore takes it by its path.
		name = b.Path
	}
	return backupItem{
		Name: name, Path: b.Path, Kind: string(b.Kind), Made: b.Made, Bytes: b.Size,
		Cluster: meta.ClusterID, Build: meta.LastServedBy,
	}
}

// nameOf is the short name of a backup, which restore takes too.
func nameOf(path string) string {
	base := filepath.Base(path)
	return base[:len(base)-len(filepath.Ext(base))]
}

func (a *app) backups(ctx context.Context) error {
	s, err := a.open()
	if err != nil {
		return err
	}
	defer s.close()
	list, err := s.listBackups(ctx)
	if err != nil && len(list) == 0 {
		return err
	}
	// What cannot be listed does not hide the others.
	return errors.Join(s.printBackups(list), err)
}

// explainNoBackup says that there is none, and how one is made of what there is.
func (s *session) explainNoBackup() {
	known, _ := s.known()
	switch {
	case slices.Contains(known, s.name):
		fmt.Fprintf(s.stderr, "there is no backup of %s; '%s' makes one\n", s.name, s.command("backup"))
	case len(known) == 0:
		s.noteNoInstance()
	default:
		fmt.Fprintf(s.stderr, "there is no backup of %s, nor such an instance%s\n", s.name, s.otherInstances())
	}
}

func (s *session) printBackups(list []database.Backup) error {
	items := []backupItem{}
	for _, b := range list {
		items = append(items, described(b))
	}
	if s.structured() {
		return printItems(s.app, items)
	}
	if len(items) == 0 {
		s.explainNoBackup()
		return nil
	}
	table := tabwriter.NewWriter(s.stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "BACKUP\tKIND\tAGE\tSIZE\tLAST SERVED BY")
	for _, item := range items {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", item.Name, item.Kind, duration.HumanDuration(time.Since(item.Made)),
			sized(item.Bytes), cmp.Or(item.Build, "-"))
	}
	return table.Flush()
}

// listBackups returns the backups of the instance and what restores replaced,
// the newest first; with an error, those that could be listed.
func (s *session) listBackups(ctx context.Context) ([]database.Backup, error) {
	list, err := database.List(s.home.Files(s.name).BackupDir)
	if err != nil {
		return nil, err
	}
	look, err := s.look(ctx, s.name)
	if err != nil {
		return list, err
	}
	path := look.Input.Observed.Database.Path
	if path == "" && look.Object != nil {
		path = look.Object.Spec.Storage.Path
	}
	kept, err := replaced(path)
	list = append(list, kept...)
	slices.SortStableFunc(list, func(a, b database.Backup) int { return b.Made.Compare(a.Made) })
	return list, err
}

// replaced returns the databases that restores replaced at the path; none for no
// path. What is no database of SQLite cannot be restored and is passed over.
func replaced(path string) ([]database.Backup, error) {
	if path == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot list replaced databases: %w", err)
	}
	var list []database.Backup
	for _, entry := range entries {
		aside := filepath.Join(filepath.Dir(path), entry.Name())
		_, stamp, _ := strings.Cut(entry.Name(), filepath.Base(path)+".replaced-")
		made, err := observed.ParseStamp(stamp)
		if err != nil || filepath.Base(observed.ReplacedPath(path, made)) != entry.Name() {
			continue
		}
		if info, err := entry.Info(); err == nil && database.RequireSQLite(aside) == nil {
			list = append(list, database.Backup{
				Path: aside, Kind: replacedKind, Made: made, Size: info.Size(), Meta: database.ReadMeta(aside),
			})
		}
	}
	return list, nil
}

// sized returns a size as a person reads it: "12Mi".
func sized(bytes int64) string {
	const unit = 1 << 10
	switch {
	case bytes >= unit*unit:
		bytes -= bytes % (unit * unit)
	case bytes >= unit:
		bytes -= bytes % unit
	}
	return resource.NewQuantity(bytes, resource.BinarySI).String()
}
