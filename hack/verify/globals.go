package verify

import (
	"go/ast"
	"go/token"
	"strings"
)

// globals returns the init functions and mutable variables of a package. A
// sentinel error, a compiled pattern, an embedded file and the blank name,
// which asserts an interface, are constants in all but name.
func globals(file File) []string {
	var faults []string
	for _, decl := range file.Syntax.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name == "init" {
				faults = append(faults, file.at(d, "init: say in main what happens, and when"))
			}
		case *ast.GenDecl:
			if d.Tok == token.VAR {
				faults = append(faults, mutable(file, d)...)
			}
		}
	}
	return faults
}

func mutable(file File, decl *ast.GenDecl) []string {
	var faults []string
	for _, spec := range decl.Specs {
		variable := spec.(*ast.ValueSpec)
		if variable.Names[0].Name == "_" || embedded(decl.Doc) || embedded(variable.Doc) || constant(variable) {
			continue
		}
		faults = append(faults, file.at(variable, "variable %s of the package: pass it, or make it a function",
			variable.Names[0].Name))
	}
	return faults
}

func embedded(doc *ast.CommentGroup) bool {
	if doc == nil {
		return false
	}
	for _, line := range doc.List {
		if strings.HasPrefix(line.Text, "//go:embed ") {
			return true
		}
	}
	return false
}

func constant(variable *ast.ValueSpec) bool {
	for _, value := range variable.Values {
		call, ok := value.(*ast.CallExpr)
		if !ok {
			return false
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || selector.Sel.Name != "New" && selector.Sel.Name != "MustCompile" {
			return false
		}
	}
	return len(variable.Values) > 0
}
