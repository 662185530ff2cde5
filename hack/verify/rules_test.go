package verify

import (
	"strings"
	"testing"
	"testing/fstest"
)

// sample is one file that keeps or breaks a rule.
type sample struct {
	name, file, text string
	want             string // part of the one fault, or nothing
}

func (s sample) load(t *testing.T) []Package {
	t.Helper()
	packages, err := Load(fstest.MapFS{s.file: {Data: []byte(s.text)}})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

func check(t *testing.T, samples []sample, rule func([]Package) []string) {
	t.Helper()
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			got := rule(s.load(t))
			switch {
			case s.want == "" && len(got) > 0:
				t.Errorf("faults %q, want none", got)
			case s.want != "" && (len(got) != 1 || !strings.Contains(got[0], s.want)):
				t.Errorf("faults %q, want one that says %q", got, s.want)
			}
		})
	}
}

func importing(path string) string { return "package p\nimport _ \"" + path + "\"\n" }

func TestImports(t *testing.T) {
	check(t, []sample{
		{"plan may import the API", "reconciler/plan/a.go", importing(Module + "/api/v1alpha1"), ""},
		{"plan may not import the decoder", "reconciler/plan/a.go", importing(Module + "/api/encoding"), "may import only api/v1alpha1"},
		{"plan may not import the eyes", "reconciler/plan/a.go", importing(Module + "/observer"), "may import only"},
		{"plan may not log", "reconciler/plan/a.go", importing("github.com/go-logr/logr"), "other modules"},
		{"plan does no I/O", "reconciler/plan/a.go", importing("os"), "pure package"},
		{"status may import plan", "reconciler/status/a.go", importing(Module + "/reconciler/plan"), ""},
		{"actuator may not import the API", "reconciler/actuator/a.go", importing(Module + "/api/v1alpha1"), "may import only"},
		{"actuator may start programs", "reconciler/actuator/a.go", importing("os/exec"), ""},
		{"observer may not start programs", "observer/a.go", importing("os/exec"), "start programs"},
		{"observer may not import the loop", "observer/a.go", importing(Module + "/reconciler"), "may import only"},
		{"observed is the standard library only", "observer/observed/a.go", importing("golang.org/x/sys/unix"), "only nothing"},
		{"zapr is for the commands", "reconciler/a.go", importing("github.com/go-logr/zapr"), "other modules"},
		{"main holds no logic", "cmd/stigmer/main.go", importing(Module + "/reconciler"), "cmd/stigmer/local"},
		{"tests are free", "reconciler/plan/a_test.go", importing("os"), ""},
		{"darwin files are read too", "observer/a_darwin.go", importing(Module + "/api/v1alpha1"), "may import only"},
		{"another version is another package", "reconciler/plan/a.go", importing(Module + "/api/v1alpha10"), "may import only"},
		{"a new folder wants a layer", "pkg/util/a.go", importing("fmt"), "no layer covers"},
	}, func(p []Package) []string { return Imports(p, Layers()) })
}

func TestModules(t *testing.T) {
	check(t, []sample{
		{"known", "cmd/stigmer/local/a.go", importing("github.com/spf13/cobra/doc"), ""},
		{"our own", "cmd/stigmer/local/a.go", importing(Module + "/api/v1alpha1"), ""},
		{"standard library", "cmd/stigmer/local/a.go", importing("net/http"), ""},
		{"unknown", "cmd/stigmer/local/a.go", importing("example.com/left/pad"), "no reason"},
		{"unknown in a test", "api/v1alpha1/a_test.go", importing("example.com/assert"), "no reason"},
	}, func(p []Package) []string { return Modules(p, Dependencies()) })
}

func TestConduct(t *testing.T) {
	check(t, []sample{
		{"sleep", "hack/a.go", "package p\nimport \"time\"\nfunc f() { time.Sleep(1) }\n", "time.Sleep"},
		{"sleep in a test", "hack/a_test.go", "package p\nimport \"time\"\nfunc f() { time.Sleep(1) }\n", "time.Sleep"},
		{"sleep renamed", "hack/a.go", "package p\nimport clock \"time\"\nvar _ = clock.Sleep\n", "time.Sleep"},
		{"plan reads the clock", "reconciler/plan/a.go", "package p\nimport \"time\"\nvar _ = time.Now()\n", "time.Now"},
		{"the loop reads the clock", "reconciler/a.go", "package p\nimport \"time\"\nvar _ = time.Now()\n", ""},
		{"plan spells an address", "reconciler/plan/a.go", "package p\nimport \"net\"\nvar _ = net.JoinHostPort(\"\", \"\")\n", ""},
		{"plan dials", "reconciler/plan/a.go", "package p\nimport \"net\"\nvar _ = net.Dial\n", "net.Dial"},
		{"plan starts a goroutine", "reconciler/plan/a.go", "package p\nfunc f() { go f() }\n", "goroutine"},
		{"observer kills", "observer/a.go", "package p\nimport \"syscall\"\nvar _ = syscall.Kill(1, 9)\n", "syscall.Kill"},
		{"observer passes kill on", "observer/a.go", "package p\nimport \"golang.org/x/sys/unix\"\nvar _ = unix.PidfdSendSignal\n", "unix.PidfdSendSignal"},
		{"observer kills a process", "observer/a.go", "package p\nfunc f(p interface{ Kill() error }) { p.Kill() }\n", ".Kill()"},
		{"reading a signal is not sending it", "reconciler/a.go", "package p\nfunc f(w interface{ Signal() int }) { w.Signal() }\n", ""},
		{"a plan names a kill", "reconciler/status/a.go", "package p\nimport \"x/plan\"\nvar _ = plan.Kill(1)\n", ""},
		{"actuator kills", "reconciler/actuator/a.go", "package p\nimport \"syscall\"\nvar _ = syscall.Kill(1, 9)\n", ""},
		{"init", "cmd/stigmer/local/a.go", "package p\nfunc init() {}\n", "init"},
		{"method init", "cmd/stigmer/local/a.go", "package p\ntype t int\nfunc (t) init() {}\n", ""},
		{"variable", "observer/a.go", "package p\nvar now = 1\n", "variable now"},
		{"variable without value", "observer/a.go", "package p\nvar now int\n", "variable now"},
		{"sentinel error", "observer/a.go", "package p\nimport \"errors\"\nvar errA = errors.New(\"a\")\n", ""},
		{"embedded file", "config/a.go", "package p\nimport _ \"embed\"\n//go:embed a\nvar a string\n", ""},
		{"assertion", "observer/a.go", "package p\nvar _ error = e{}\n", ""},
	}, func(p []Package) []string { return Conduct(p, Layers()) })
}

func TestDocuments(t *testing.T) {
	const doc = "// Package p is documented.\npackage p\n"
	check(t, []sample{
		{"doc.go", "a/doc.go", doc, ""},
		{"main.go of a program", "a/main.go", "// Command a is documented.\npackage main\n", ""},
		{"main.go of a library", "a/main.go", doc, "no doc.go"},
		{"no doc.go", "a/a.go", doc, "no doc.go"},
		{"doc.go without a comment", "a/doc.go", "package p\n", "no doc.go"},
		{"unfinished", "a/doc.go", doc + "\n// TODO: more\n", "TODO"},
		{"function", "a/doc.go", doc + "func F() {}\n", "F is exported"},
		{"method of a hidden type", "a/doc.go", doc + "type t int\nfunc (t) F() {}\n", ""},
		{"type in a group", "a/doc.go", doc + "// Types.\ntype (\n\tT int\n)\n", "T is exported"},
		{"constants in a group", "a/doc.go", doc + "// Constants.\nconst (\n\tA = 1\n\tB = 2\n)\n", ""},
		{"constant", "a/doc.go", doc + "const A = 1\n", "A is exported"},
		{"generated", "a/doc.go", "// Code generated by x. DO NOT EDIT.\n\n" + doc + "func F() {}\n", ""},
	}, Documents)
}

func TestLoadLeavesOutWhatIsNotOurs(t *testing.T) {
	packages, err := Load(fstest.MapFS{
		"hack/tools/go.mod": {}, "hack/tools/a.go": {Data: []byte("package a")},
		"a/testdata/a.go": {Data: []byte("no Go at all")},
		".git/a.go":       {Data: []byte("package a")},
		"bin/a.go":        {Data: []byte("package a")},
		"b/b.go":          {Data: []byte("package b")},
	})
	if err != nil || len(packages) != 1 || packages[0].Folder != "b" {
		t.Errorf("Load found %v (%v), want only b", packages, err)
	}
}

func TestLayout(t *testing.T) {
	faults, err := Layout(fstest.MapFS{"go.mod": {}, ".ci/run": {}, "api/a.go": {}, "bin/x": {}, "pkg/a.go": {}, "p.test": {}})
	if err != nil || len(faults) != 1 || !strings.HasPrefix(faults[0], "pkg:") {
		t.Errorf("Layout found %q (%v), want only pkg", faults, err)
	}
}
