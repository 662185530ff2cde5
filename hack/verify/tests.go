package verify

import (
	"fmt"
	"go/ast"
	"strings"
)

// Leaks returns every package that starts goroutines, in its tests or outside
// them, and whose TestMain does not check that none is left.
func Leaks(packages []Package) []string {
	var faults []string
	for _, p := range packages {
		first, checked := "", false
		for _, file := range p.Files {
			ast.Inspect(file.Syntax, func(node ast.Node) bool {
				if first == "" && startsGoroutine(node) {
					first = file.at(node, "a goroutine is started")
				}
				checked = checked || file.Test && checksLeaks(node)
				return true
			})
		}
		if first != "" && !checked {
			faults = append(faults, fmt.Sprintf("%s, and no TestMain of the package calls goleak", first))
		}
	}
	return faults
}

// startsGoroutine judges a go statement, and the method of a group that is
// one in other words.
func startsGoroutine(node ast.Node) bool {
	switch n := node.(type) {
	case *ast.GoStmt:
		return true
	case *ast.CallExpr:
		selector, ok := n.Fun.(*ast.SelectorExpr)
		return ok && selector.Sel.Name == "Go" && len(n.Args) == 1
	}
	return false
}

// checksLeaks judges a TestMain.
func checksLeaks(node ast.Node) bool {
	f, ok := node.(*ast.FuncDecl)
	if !ok || f.Name.Name != "TestMain" {
		return false
	}
	checks := false
	ast.Inspect(f, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		owner, ok := selector.X.(*ast.Ident)
		checks = checks || ok && owner.Name == "goleak"
		return true
	})
	return checks
}

// Skips returns every test that is skipped without a reason that is printed.
func Skips(packages []Package) []string {
	var faults []string
	for _, p := range packages {
		for _, file := range p.Files {
			if !file.Test {
				continue
			}
			ast.Inspect(file.Syntax, func(node ast.Node) bool {
				if call, ok := node.(*ast.CallExpr); ok && skipsSilently(call) {
					faults = append(faults, file.at(call, "a test is skipped without a reason: say what is missing"))
				}
				return true
			})
		}
	}
	return faults
}

func skipsSilently(call *ast.CallExpr) bool {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	switch selector.Sel.Name {
	case "SkipNow":
		return true
	case "Skip", "Skipf":
		if len(call.Args) == 0 {
			return true
		}
		text, ok := call.Args[0].(*ast.BasicLit)
		return ok && strings.Trim(text.Value, "\"` ") == ""
	}
	return false
}
