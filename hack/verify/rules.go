package verify

import "slices"

// Layer says what the packages below one folder may import and do, outside
// their tests. The longest folder that matches a package is its layer.
type Layer struct {
	Folder string

	// Ours are the folders of this module that may be imported, each with
	// all that is below it.
	Ours []string

	// Modules are the import paths outside the standard library that may be
	// imported, each with all that is below it.
	Modules []string

	// Pure packages compute: no clock, no I/O, no log, no goroutine.
	Pure bool

	// Effects are allowed: other programs may be started, signals sent.
	Effects bool
}

// Modules that several layers use.
const (
	apimachinery = "k8s.io/apimachinery"
	flock        = "github.com/gofrs/flock"
	fsnotify     = "github.com/fsnotify/fsnotify"
	grpc         = "google.golang.org/grpc"
	logr         = "github.com/go-logr/logr"
	sqlite       = "modernc.org/sqlite"
	sys          = "golang.org/x/sys"
	temporalAPI  = "go.temporal.io/api"
	protobuf     = "google.golang.org/protobuf"
	yaml         = "sigs.k8s.io/yaml"
)

// failpoint is a leaf that whoever changes the disk may call; see its doc.
const failpoint = "reconciler/failpoint"

// Layers is the table "who may import whom" of the design. A package that no
// line covers is an error, so that a new one is placed on purpose.
func Layers() []Layer {
	return slices.Concat(vocabularies(), judgements(), machines(), programs())
}

// vocabularies are the packages that others speak in.
func vocabularies() []Layer {
	return []Layer{
		{Folder: "api/redact", Pure: true},
		{Folder: "api/v1alpha1", Modules: []string{apimachinery}, Pure: true},
		{Folder: "api/encoding", Ours: []string{"api/v1alpha1", "api/redact", failpoint}, Modules: []string{apimachinery, yaml, "go.yaml.in/yaml/v3"}},
		{Folder: "config", Ours: []string{"api"}},
		{Folder: "observer/observed", Pure: true},
	}
}

// judgements compute and do nothing.
func judgements() []Layer {
	seen := []string{"api/v1alpha1", "api/redact", "observer/observed"}
	return []Layer{
		{Folder: "reconciler/plan", Ours: seen, Modules: []string{apimachinery}, Pure: true},
		{Folder: "reconciler/status", Ours: append(seen, "reconciler/plan"), Modules: []string{apimachinery}, Pure: true},
	}
}

// machines are the eyes, the hands and the loop.
func machines() []Layer {
	return []Layer{
		{
			Folder:  "observer",
			Ours:    []string{"observer/observed", "observer/bounded"},
			Modules: []string{sys, logr, flock, grpc, protobuf, temporalAPI, "github.com/shirou/gopsutil/v3"},
		},
		{
			Folder:  "reconciler/actuator",
			Ours:    []string{"reconciler/plan", "reconciler/database", "reconciler/plainfile", failpoint, "observer/observed"},
			Modules: []string{sys, logr, grpc, protobuf, temporalAPI},
			Effects: true,
		},
		{Folder: "observer/bounded"},
		{Folder: "reconciler/plainfile"},
		{Folder: failpoint, Effects: true},
		{
			Folder:  "reconciler/database",
			Ours:    []string{"observer/observed", "reconciler/plainfile", failpoint},
			Modules: []string{sys, sqlite},
		},
		{
			Folder:  "reconciler/events",
			Ours:    []string{"api/encoding", "api/redact"},
			Modules: []string{sys},
		},
		{
			Folder:  "reconciler",
			Ours:    []string{"api", "observer", "reconciler"},
			Modules: []string{apimachinery, logr, sys, flock, fsnotify, yaml, "k8s.io/client-go/util/workqueue", "k8s.io/utils/clock"},
		},
	}
}

// programs are what a person or a test runs.
func programs() []Layer {
	return []Layer{
		{Folder: "cmd/stigmer", Ours: []string{"cmd/stigmer/local"}},
		{
			Folder: "cmd/stigmer/local",
			Ours:   []string{"api", "config", "observer", "reconciler"},
			Modules: []string{
				apimachinery, logr, sys, flock, fsnotify, yaml, "github.com/go-logr/zapr", "go.uber.org/zap",
				"github.com/spf13/cobra", "golang.org/x/term",
			},
			Effects: true,
		},
		{
			Folder:  "hack",
			Ours:    []string{"api", "config", "observer", "reconciler", "hack"},
			Modules: []string{apimachinery, sys, logr, grpc, protobuf, temporalAPI, yaml},
			Effects: true,
		},
	}
}

// Dependencies are the modules that any file, tests included, may import, and
// why each is worth having. Whoever adds one adds its reason.
func Dependencies() map[string]string {
	return map[string]string{
		fsnotify:                          "an edit of the desired file wakes the loop at once",
		logr:                              "the logger of a library: its caller chooses where lines go",
		"github.com/go-logr/zapr":         "the daemon's lines, as text or JSON",
		flock:                             "one daemon per home, one writer per desired file, on every platform",
		"github.com/google/go-cmp":        "tests: a difference of two states that a person can read",
		"github.com/rogpeppe/go-internal": "tests: testscript runs the real commands",
		"github.com/shirou/gopsutil/v3":   "processes and sockets where there is no /proc",
		"github.com/spf13/cobra":          "commands, flags, help and completion as people know them",
		"go.uber.org/goleak":              "tests: no goroutine outlives what started it",
		"go.uber.org/zap":                 "the encoder behind zapr",
		"go.yaml.in/yaml/v3":              "edits of the user's file that keep comments and order",
		sqlite:                            "consistent backups, integrity checks and schemas; the engine that Temporal itself has",
		temporalAPI:                       "what Temporal's frontend is asked and told",
		protobuf:                          "the messages of Temporal's API: durations, field masks",
		sys:                               "pidfd, flock hand-over, kqueue, sock_diag",
		"golang.org/x/term":               "is this a terminal",
		grpc:                              "Temporal's health service",
		apimachinery:                      "object and condition types, field errors",
		"k8s.io/utils":                    "its clock, so that the loop's time can be simulated",
		"k8s.io/client-go":                "its workqueue: one worker per name, rate limited",
		"pgregory.net/rapid":              "tests: properties of the plan over random histories",
		yaml:                              "YAML as JSON, strict",
	}
}
