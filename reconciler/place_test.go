package reconciler

import (
	"os"
	"path/filepath"
	"testing"
)

// folderWithLinks returns a folder with a file and with links of every kind.
func folderWithLinks(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(dir, "real", "below"), 0o700))
	must(os.WriteFile(filepath.Join(dir, "real", "a.db"), nil, 0o600))
	must(os.WriteFile(filepath.Join(dir, "real", "b.db"), nil, 0o600))
	must(os.Link(filepath.Join(dir, "real", "a.db"), filepath.Join(dir, "hard.db")))
	for link, target := range map[string]string{
		"soft.db":       "real/a.db",
		"folder":        "real",
		"deep":          filepath.Join(dir, "real", "below"),
		"chain":         "folder",
		"coming.db":     "real/new.db",
		"coming2.db":    "coming.db",
		"real/up.db":    "../new.db",
		"real/below/up": "../../later/x.db",
		"loop":          "pool",
		"pool":          "loop",
	} {
		must(os.Symlink(target, filepath.Join(dir, link)))
	}
	return dir
}

func TestPlacesThatAreOne(t *testing.T) {
	dir := folderWithLinks(t)
	for _, pair := range [][2]string{
		{"real/a.db", "real/a.db"},
		{"real/a.db", "soft.db"},
		{"real/a.db", "hard.db"},
		{"soft.db", "hard.db"},
		{"folder/a.db", "chain/a.db"},
		// Files that are yet to be made.
		{"real/new.db", "folder/new.db"},
		{"real/new.db", "coming.db"},
		{"chain/new.db", "coming2.db"},
		{"new.db", "real/up.db"},
		{"new.db", "folder/up.db"},
		{"later/x.db", "deep/up"},
		{"real/no/such/folder/x.db", "chain/no/such/folder/x.db"},
		{"nowhere/x.db", "nowhere/x.db"},
	} {
		if !placeOf(filepath.Join(dir, pair[0])).is(placeOf(filepath.Join(dir, pair[1]))) {
			t.Errorf("%s and %s are taken for two files", pair[0], pair[1])
		}
	}
}

func TestPlacesThatAreTwo(t *testing.T) {
	dir := folderWithLinks(t)
	for _, pair := range [][2]string{
		{"real/a.db", "real/b.db"},
		{"real/a.db", "real/new.db"},
		{"real/new.db", "new.db"},
		{"real/new.db", "real/new2.db"},
		{"real/new.db", "real/below/new.db"},
		{"nowhere/x.db", "elsewhere/x.db"},
		{"real", "real/a.db"},
		// Of what leads nowhere nothing is known.
		{"loop", "real/a.db"},
	} {
		if placeOf(filepath.Join(dir, pair[0])).is(placeOf(filepath.Join(dir, pair[1]))) {
			t.Errorf("%s and %s are taken for one file", pair[0], pair[1])
		}
	}
	if placeOf("").is(placeOf("")) {
		t.Error("no file is a file")
	}
}

// A place is looked up again each time: the file may have come, or another.
func TestPlaceOfAFileThatCame(t *testing.T) {
	dir := folderWithLinks(t)
	made, link := filepath.Join(dir, "real", "new.db"), filepath.Join(dir, "coming.db")
	if err := os.WriteFile(made, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if !placeOf(made).is(placeOf(link)) {
		t.Error("the file that was made through its link is taken for another")
	}
}
