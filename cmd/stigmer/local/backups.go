package local

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/stigmer/stigmer-local/reconciler/database"
)

func (a *app) backupsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backups",
		Short: "List the copies of the database",
		Args:  noArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return a.backups(c.Context()) },
	}
}

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
	meta := b.Meta.Value
	return backupItem{
		Name: nameOf(b.Path), Path: b.Path, Kind: string(b.Kind), Made: b.Made, Bytes: b.Size,
		Cluster: meta.ClusterID, Build: meta.LastServedBy,
	}
}

// nameOf is the short name of a backup, which restore takes too.
func nameOf(path string) string {
	base := filepath.Base(path)
	return base[:len(base)-len(filepath.Ext(base))]
}

func (a *app) backups(_ context.Context) error {
	s, err := a.open()
	if err != nil {
		return err
	}
	defer s.close()
	list, err := database.List(s.home.Files(s.name).BackupDir)
	if err != nil {
		return err
	}
	items := []backupItem{}
	for _, b := range list {
		items = append(items, described(b))
	}
	if s.structured() {
		return printItems(s.app, items)
	}
	if len(items) == 0 {
		fmt.Fprintf(s.stderr, "there is no backup of %s; '%s' makes one\n", s.name, s.command("backup"))
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
