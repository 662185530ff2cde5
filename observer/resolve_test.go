package observer

import (
	"os"
	"path/filepath"
	"testing"
)

// realDir is a temporary folder by its real path.
func realDir(t *testing.T) string {
	t.Helper()
	folder, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	return folder
}

func TestResolve(t *testing.T) {
	root := realDir(t)
	at := func(name string) string { return root + "/" + name }
	must(t, os.MkdirAll(at("real/deep"), 0o700))
	must(t, os.WriteFile(at("real/a.db"), nil, 0o600))
	for name, target := range map[string]string{
		"folder":          at("real"),
		"deep":            "real/deep",
		"a.db":            "real/a.db",
		"chain.db":        at("a.db"),
		"real/deep/up.db": "../a.db",
		"behind.db":       "deep/../new.db",
		"later.db":        at("real/later.db"),
		"away":            at("nowhere"),
		"loop":            "loop",
		"longway":         at("folder"),
	} {
		must(t, os.Symlink(target, at(name)))
	}
	for path, want := range map[string]string{
		at("real/a.db"):            at("real/a.db"),
		at("folder/a.db"):          at("real/a.db"),
		at("longway/a.db"):         at("real/a.db"),
		at("a.db"):                 at("real/a.db"),
		at("chain.db"):             at("real/a.db"),
		at("later.db"):             at("real/later.db"),
		at("folder/none.db"):       at("real/none.db"),
		at("folder/none/too/x.db"): at("real/none/too/x.db"),
		at("none/x.db"):            at("none/x.db"),
		at("away/x.db"):            at("away/x.db"),
		at("loop"):                 at("loop"),
		at("loop/x.db"):            at("loop/x.db"),
		at("real//./a.db/"):        at("real/a.db"),
		// A link in a linked folder counts from where the link really is.
		at("deep/up.db"): at("real/a.db"),
		at("behind.db"):  at("real/new.db"),
		"/":              "/",
		"/none-at-all":   "/none-at-all",
	} {
		if got := resolve(path); got != want {
			t.Errorf("resolve(%s) = %s, want %s", path, got, want)
		}
	}
}

// Whatever the paths to a database, they meet at one.
func TestResolveAgreesWithTheKernel(t *testing.T) {
	root := realDir(t)
	must(t, os.MkdirAll(root+"/x/y", 0o700))
	must(t, os.Symlink("x/y", root+"/y"))
	must(t, os.Symlink("../made.db", root+"/x/y/link.db"))
	path := root + "/y/link.db"
	before := resolve(path)
	must(t, os.WriteFile(path, nil, 0o600))
	there, err := filepath.EvalSymlinks(path)
	must(t, err)
	if after := resolve(path); before != there || after != there {
		t.Errorf("resolved to %s before and %s after the file was made at %s", before, after, there)
	}
}
