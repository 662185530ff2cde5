package plan

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// FuzzRestorePath: an annotation that is valid names an absolute path and a
// time, and nothing of it is lost; in memory it names nothing.
func FuzzRestorePath(f *testing.F) {
	for _, seed := range []string{
		"/backups/a.db@2026-01-31T12:00:00Z", "/a@b/c.db@2026-01-31T12:00:00.5+02:00", "@", "", "/a", "a@2026-01-31T12:00:00Z",
		"/a\x00b@2026-01-31T12:00:00Z", "@2026-01-31T12:00:00Z", "/../a@@2026-01-31T12:00:00Z",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		object := v1alpha1.New("temporal")
		object.Annotations = map[string]string{v1alpha1.RestoreAnnotation: value}
		complete := v1alpha1.Complete(object, "/home")
		path := RestorePath(complete)
		if !strings.HasPrefix(value, path) {
			t.Errorf("%q names %q", value, path)
		}
		if len(v1alpha1.Validate(object, complete)) == 0 {
			at, err := time.Parse(time.RFC3339, strings.TrimPrefix(value, path+"@"))
			if err != nil || at.IsZero() || !filepath.IsAbs(path) || strings.ContainsRune(path, 0) {
				t.Errorf("%q is valid, and names %q and %v, %v", value, path, at, err)
			}
		}
		complete.Spec.Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory}
		if path := RestorePath(complete); path != "" {
			t.Errorf("%q names %q, in memory", value, path)
		}
	})
}
