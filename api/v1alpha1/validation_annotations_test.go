package v1alpha1_test

import (
	"testing"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

func TestValidateRestartedAt(t *testing.T) {
	at := func(value string) func(*v1alpha1.Temporal) {
		return func(t *v1alpha1.Temporal) {
			t.Annotations = map[string]string{v1alpha1.RestartedAtAnnotation: value, "other": "anything"}
		}
	}
	path := "metadata.annotations[local.stigmer.ai/restarted-at]"
	check(t, []row{
		{name: "seconds", mutate: at("2026-01-31T12:00:00Z")},
		{name: "nanoseconds", mutate: at("2026-01-31T12:00:00.123456789+02:00")},
		{"words", at("yesterday"), path, "not a time"},
		{"empty", at(""), path, "remove the annotation"},
		{"no zone", at("2026-01-31T12:00:00"), path, "not a time"},
	})
}

func TestValidateRestore(t *testing.T) {
	const at = "@2026-01-31T12:00:00Z"
	restore := func(value string) func(*v1alpha1.Temporal) {
		return func(t *v1alpha1.Temporal) {
			t.Annotations = map[string]string{v1alpha1.RestoreAnnotation: value}
		}
	}
	path := "metadata.annotations[local.stigmer.ai/restore]"
	check(t, []row{
		{name: "a file", mutate: restore("/backups/a b.db" + at)},
		{name: "nanoseconds", mutate: restore("/a.db@2026-01-31T12:00:00.123456789+02:00")},
		{name: "an @ in the path", mutate: restore("/ada@work/a@b.db" + at)},
		{name: "a time in the path", mutate: restore("/a" + at + at)},
		{"empty", restore(""), path, "not a backup and a time"},
		{"no time", restore("/a.db"), path, "write PATH@TIME"},
		{"words", restore("/a.db@yesterday"), path, "no time after the last @"},
		{"no zone", restore("/a.db@2026-01-31T12:00:00"), path, "no time after the last @"},
		{"nothing after the @", restore("/a@b/c.db@"), path, "no time after the last @"},
		{"a time only", restore(at), path, "not an absolute path"},
		{"not absolute", restore("a.db" + at), path, "not an absolute path"},
		{"a folder", restore("/backups/" + at), path, "names a folder"},
		{"not shortest", restore("/backups/../a.db" + at), path, "write /a.db"},
		{"control", restore("/a\n.db" + at), path, "control character"},
		{"the database", restore(home + "/orders-data/orders.db" + at), path, "the database itself"},
	})
}
