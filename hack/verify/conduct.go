package verify

import (
	"go/ast"
	"strings"
)

// Conduct returns every place where code does what its layer must not: sleep,
// send a signal, read a clock, start a goroutine, keep a mutable variable.
func Conduct(packages []Package, layers []Layer) []string {
	var faults []string
	for _, p := range packages {
		layer, _ := layerOf(p.Folder, layers)
		for _, file := range p.Files {
			faults = append(faults, conductOf(file, layer)...)
		}
	}
	return faults
}

func conductOf(file File, layer Layer) []string {
	var faults []string
	c := conduct{layer: layer, test: file.Test, packages: localNames(file)}
	ast.Inspect(file.Syntax, func(node ast.Node) bool {
		if why := c.refuses(node); why != "" {
			faults = append(faults, file.at(node, "%s", why))
		}
		return true
	})
	if file.Generated || file.Test {
		return faults
	}
	return append(faults, globals(file)...)
}

// conduct judges the nodes of one file.
type conduct struct {
	layer    Layer
	test     bool
	packages map[string]string // import path by the name used in the file
}

// localNames maps the name under which a file knows a package to its path. It
// takes the last element for the name, which holds for all that is judged here.
func localNames(file File) map[string]string {
	names := map[string]string{}
	for spec, imported := range file.imports() {
		name := imported[strings.LastIndex(imported, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = imported
	}
	return names
}

func (c conduct) refuses(node ast.Node) string {
	switch n := node.(type) {
	case *ast.SelectorExpr:
		return c.refusesName(n)
	case *ast.CallExpr:
		return c.refusesCall(n)
	case *ast.GoStmt:
		if c.layer.Pure && !c.test {
			return "a pure package starts no goroutine"
		}
	}
	return ""
}

// refusesName judges a name of another package, such as time.Sleep, called or
// passed on as a value.
func (c conduct) refusesName(selector *ast.SelectorExpr) string {
	owner, ok := selector.X.(*ast.Ident)
	if !ok {
		return ""
	}
	name := selector.Sel.Name
	switch c.packages[owner.Name] {
	case "time":
		return c.refusesTime(name)
	case "net":
		if c.layer.Pure && !c.test && reaches(name) {
			return "net." + name + ": a pure package may spell addresses, not use them"
		}
	case "syscall", "golang.org/x/sys/unix":
		if sends(name) && !c.layer.Effects && !c.test {
			return owner.Name + "." + name + ": only the actuator and the commands send signals"
		}
	}
	return ""
}

func (c conduct) refusesTime(name string) string {
	switch name {
	case "Sleep":
		return "time.Sleep: wait for an event, a channel or a timer, in tests too"
	case "Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker":
		if c.layer.Pure && !c.test {
			return "time." + name + ": in a pure package the time is a value of the input"
		}
	}
	return ""
}

// reaches says whether a name of package net touches the network.
func reaches(name string) bool {
	for _, prefix := range []string{"Dial", "Listen", "Lookup", "Resolve", "Interface"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// refusesCall judges a method that signals a process, whatever its type.
func (c conduct) refusesCall(call *ast.CallExpr) string {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || c.layer.Effects || c.test {
		return ""
	}
	if owner, ok := selector.X.(*ast.Ident); ok && c.packages[owner.Name] != "" {
		return "" // a function of a package, judged by its name above
	}
	name := selector.Sel.Name
	// Without an argument it is syscall.WaitStatus.Signal, which only reads.
	if name == "Signal" && len(call.Args) == 0 {
		return ""
	}
	if sends(name) {
		return "." + name + "(): only the actuator and the commands send signals"
	}
	return ""
}

// sends says whether a function of that name, in syscall, x/sys/unix, os or
// gopsutil, signals a process.
func sends(name string) bool {
	switch name {
	case "Kill", "Tgkill", "PidfdSendSignal", "Signal", "SendSignal", "Terminate", "Suspend", "Resume",
		"KillWithContext", "TerminateWithContext", "SendSignalWithContext":
		return true
	}
	return false
}
