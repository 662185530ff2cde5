package v1alpha1_test

import (
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

func TestValidateStorage(t *testing.T) {
	storage := func(kind v1alpha1.StorageType, path string) func(*v1alpha1.Temporal) {
		return spec(func(s *v1alpha1.TemporalSpec) { s.Storage = v1alpha1.StorageSpec{Type: kind, Path: path} })
	}
	file := func(path string) func(*v1alpha1.Temporal) { return storage(v1alpha1.StorageFile, path) }
	check(t, []row{
		{name: "file by default", mutate: storage("", "")},
		{name: "file elsewhere", mutate: file("/data/my orders.db")},
		{name: "file with letters of any language", mutate: file("/data/größe.db")},
		{name: "memory", mutate: storage(v1alpha1.StorageMemory, "")},
		{"memory with a path", storage(v1alpha1.StorageMemory, "/x"), "spec.storage.path", "remove it, or set the type to File"},
		{"unknown type", storage("file", ""), "spec.storage.type", `"File", "Memory"`},
		{"relative", file("x.db"), "spec.storage.path", "not an absolute path"},
		{"home sign", file("~/x.db"), "spec.storage.path", "~ is not expanded"},
		{"folder", file("/data/"), "spec.storage.path", "names a folder"},
		{"root", file("/"), "spec.storage.path", "names a folder"},
		{"two spellings", file("/data/../x.db"), "spec.storage.path", "write /x.db"},
		{"double slash", file("//x.db"), "spec.storage.path", "write /x.db"},
		{"query", file("/x?mode=memory"), "spec.storage.path", "URI"},
		{"fragment", file("/x#y"), "spec.storage.path", "URI"},
		{"escape", file("/x%41"), "spec.storage.path", "URI"},
		{"newline", file("/x\ny"), "spec.storage.path", "control"},
		{"NUL", file("/x\x00y"), "spec.storage.path", "control"},
	})
}

func TestValidateHomeThatCannotHoldADatabase(t *testing.T) {
	for _, home := range []string{"relative", "/a?b", "/a%b"} {
		written := valid()
		faults := v1alpha1.Validate(written, v1alpha1.Complete(written, home))
		if len(faults) != 1 || faults[0].Field != "spec.storage.path" {
			t.Fatalf("home %q: %v", home, faults.ToAggregate())
		}
		if !strings.HasPrefix(faults[0].Detail, "derived from the home folder and metadata.name: ") {
			t.Errorf("home %q is not named as the cause: %s", home, faults[0])
		}
	}
}

func TestValidateBinary(t *testing.T) {
	binary := func(path, version string) func(*v1alpha1.Temporal) {
		return spec(func(s *v1alpha1.TemporalSpec) { s.Binary = v1alpha1.BinarySpec{Path: path, Version: version} })
	}
	check(t, []row{
		{name: "path", mutate: binary("/opt/temporal", "")},
		{name: "path with SQLite's signs", mutate: binary("/opt/50%/temporal", "")},
		{name: "version", mutate: binary("", "1.8.2-rc.1+build")},
		{"relative", binary("bin/temporal", ""), "spec.binary.path", "not an absolute path"},
		{"folder", binary("/opt/", ""), "spec.binary.path", "names a folder"},
		{"separator", binary("", "1/2"), "spec.binary.version", "write one such as 1.5.1"},
		{"up", binary("", "../x"), "spec.binary.version", "not a version"},
		{"v", binary("", "v1.5.1"), "spec.binary.version", "not a version"},
		{"space", binary("", "1 5"), "spec.binary.version", "not a version"},
		{"too long", binary("", strings.Repeat("1", 64)), "spec.binary.version", "not a version"},
	})
}
