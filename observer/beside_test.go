package observer

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

func TestFirstBootMarker(t *testing.T) {
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	whole := `{"started":"2026-01-02T03:04:05Z","build":"temporal-server 1.2.3"}`
	for name, c := range map[string]struct {
		content string
		want    observed.FirstBoot
	}{
		"whole":      {whole, observed.FirstBoot{Started: began, Build: "temporal-server 1.2.3"}},
		"empty":      {"", observed.FirstBoot{}},
		"torn":       {whole[:40], observed.FirstBoot{}},
		"zeros":      {strings.Repeat("\x00", 512), observed.FirstBoot{}},
		"half right": {`{"build":"x","started":"yesterday"}`, observed.FirstBoot{}},
		"too large":  {whole + strings.Repeat(" ", maxDocument), observed.FirstBoot{}},
	} {
		t.Run(name, func(t *testing.T) {
			path := realDir(t) + "/temporal.db"
			must(t, os.WriteFile(observed.FirstBootPath(path), []byte(c.content), 0o600))
			if got := readFirstBoot(path); got != observed.Is(c.want) {
				t.Errorf("marker = %+v, want %+v", got, c.want)
			}
		})
	}
}

// What is not a file is no marker of ours, and no proof that there is none.
func TestMarkerAndRecordThatAreNoFiles(t *testing.T) {
	for kind, want := range map[string]observed.Knowledge{
		"nothing": observed.Absent, "folder": observed.Unknown, "fifo": observed.Unknown, "link": observed.Unknown,
	} {
		t.Run(kind, func(t *testing.T) {
			path := realDir(t) + "/temporal.db"
			must(t, put[kind](observed.FirstBootPath(path)))
			must(t, put[kind](observed.MetaPath(path)))
			d := database(t, Target{DatabasePath: path})
			if d.FirstBoot.Knowledge != want || !strings.Contains(d.FirstBoot.Reason, observed.FirstBootPath(path)) {
				t.Errorf("marker = %+v", d.FirstBoot)
			}
			if d.Meta.Knowledge != want || !strings.Contains(d.Meta.Reason, observed.MetaPath(path)) {
				t.Errorf("record = %+v", d.Meta)
			}
		})
	}
}

func TestMeta(t *testing.T) {
	whole := `{"clusterID":"c","createdBy":"a","lastServedBy":"b","objects":["table x"],"restored":"r"}`
	for name, c := range map[string]struct {
		content string
		want    observed.Knowledge
	}{
		"whole":         {whole, observed.Known},
		"a newer one":   {strings.Replace(whole, "{", `{"new":1,`, 1), observed.Known},
		"empty":         {"", observed.Unknown},
		"torn":          {whole[:30], observed.Unknown},
		"null":          {"null", observed.Unknown},
		"a list":        {"[]", observed.Unknown},
		"another type":  {`{"clusterID":7}`, observed.Unknown},
		"one too many":  {whole + "{}", observed.Unknown},
		"the largest":   {whole + strings.Repeat("\n", maxDocument-len(whole)), observed.Known},
		"one byte over": {whole + strings.Repeat("\n", maxDocument-len(whole)+1), observed.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			path := realDir(t) + "/temporal.db"
			must(t, os.WriteFile(observed.MetaPath(path), []byte(c.content), 0o600))
			got := readMeta(path)
			if got.Knowledge != c.want || got.IsUnknown() && !strings.Contains(got.Reason, observed.MetaPath(path)) {
				t.Errorf("record = %+v", got)
			}
			want := observed.Meta{ClusterID: "c", CreatedBy: "a", LastServedBy: "b", Objects: []string{"table x"}, Restored: "r"}
			if got.IsKnown() && !reflect.DeepEqual(got.Value, want) {
				t.Errorf("record = %+v", got.Value)
			}
		})
	}
}

func TestExpectedObjects(t *testing.T) {
	const build, objects, folder = "temporal-server 1.2.3", `{"objects":["table x"]}`, "schemas"
	for name, c := range map[string]struct {
		meta, build, folder string
		content             string
		want                observed.Knowledge
	}{
		"found out":          {objects, build, folder, `["table x","table y"]`, observed.Known},
		"not found out":      {objects, "another", folder, `["table x"]`, observed.Absent},
		"torn":               {objects, build, folder, `["table x`, observed.Absent},
		"empty":              {objects, build, folder, ``, observed.Absent},
		"nothing in it":      {objects, build, folder, `[]`, observed.Absent},
		"of another shape":   {objects, build, folder, `{"objects":[]}`, observed.Absent},
		"no objects of ours": {`{}`, build, folder, `["table x"]`, observed.Unknown},
		"no record":          {``, build, folder, `["table x"]`, observed.Unknown},
		"no build":           {objects, "", folder, `["table x"]`, observed.Unknown},
		"no folder":          {objects, build, "", `["table x"]`, observed.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			root := realDir(t)
			target := Target{DatabasePath: root + "/temporal.db"}
			if c.folder != "" {
				target.SchemaDir = filepath.Join(root, c.folder)
			}
			must(t, os.Mkdir(root+"/"+folder, 0o700))
			must(t, os.WriteFile(observed.MetaPath(target.DatabasePath), []byte(c.meta), 0o600))
			must(t, os.WriteFile(observed.SchemaPath(root+"/"+folder, build), []byte(c.content), 0o600))
			got := newObserver(t).newLook(target).databaseFacts(c.build).Expected
			if got.Knowledge != c.want || got.IsKnown() != slices.Equal(got.Value, []string{"table x", "table y"}) {
				t.Errorf("expected = %+v", got)
			}
			if !got.IsKnown() && got.Reason == "" {
				t.Error("no reason")
			}
		})
	}
}
