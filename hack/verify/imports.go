package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Imports returns every import that the table of layers does not allow.
func Imports(packages []Package, layers []Layer) []string {
	var faults []string
	for _, p := range packages {
		layer, ok := layerOf(p.Folder, layers)
		if !ok {
			faults = append(faults, fmt.Sprintf("%s: no layer covers this package; place it in Layers", p.Folder))
			continue
		}
		for _, file := range p.Files {
			if !file.Test {
				faults = append(faults, layer.refused(file)...)
			}
		}
	}
	return faults
}

// layerOf finds the line of the table with the longest matching folder.
func layerOf(folder string, layers []Layer) (Layer, bool) {
	var best Layer
	for _, layer := range layers {
		if within(folder, layer.Folder) && len(layer.Folder) > len(best.Folder) {
			best = layer
		}
	}
	return best, best.Folder != ""
}

func (l Layer) refused(file File) []string {
	var faults []string
	for spec, imported := range file.imports() {
		if why := l.refuses(imported); why != "" {
			faults = append(faults, file.at(spec, "%s imports %s: %s", l.Folder, imported, why))
		}
	}
	return faults
}

// refuses says why the layer may not import the path, or nothing.
func (l Layer) refuses(imported string) string {
	ours, isOurs := strings.CutPrefix(imported, Module+"/")
	switch {
	case isOurs:
		if !withinAny(ours, l.Ours) {
			return "of ours it may import only " + list(l.Ours)
		}
	case external(imported):
		if !withinAny(imported, l.Modules) {
			return "of other modules it may import only " + list(l.Modules)
		}
	case imported == "os/exec" && !l.Effects:
		return "only the actuator and the commands start programs"
	case l.Pure && slices.Contains(impure(), imported):
		return "a pure package has no clock, I/O, log or shared state"
	}
	return ""
}

// impure are the packages of the standard library that reach out of a
// computation: to the machine, to a log, to other goroutines, to chance.
func impure() []string {
	return []string{
		"context", "io", "io/fs", "io/ioutil", "log", "log/slog", "math/rand", "math/rand/v2", "crypto/rand",
		"net/http", "os", "os/signal", "os/user", "runtime", "sync", "sync/atomic", "syscall", "unsafe",
	}
}

// external says whether the path is outside the standard library, by the rule
// of the go command: a dot in its first element.
func external(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return strings.Contains(first, ".")
}

// Modules returns every import, tests included, of a module without a reason.
func Modules(packages []Package, reasons map[string]string) []string {
	known := slices.Sorted(maps.Keys(reasons))
	var faults []string
	for _, p := range packages {
		for _, file := range p.Files {
			for spec, imported := range file.imports() {
				if external(imported) && !within(imported, Module) && !withinAny(imported, known) {
					faults = append(faults, file.at(spec, "%s: no reason for this module in Dependencies", imported))
				}
			}
		}
	}
	return faults
}

func list(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
