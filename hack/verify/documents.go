package verify

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strings"
)

// Documents returns every package without a doc.go that documents it, every
// exported declaration without a comment, and every note of unfinished work.
func Documents(packages []Package) []string {
	var faults []string
	for _, p := range packages {
		if !documented(p) {
			faults = append(faults, fmt.Sprintf("%s: no doc.go with a package comment", p.Folder))
		}
		for _, file := range p.Files {
			faults = append(faults, unfinished(file)...)
			if !file.Test && !file.Generated {
				faults = append(faults, undocumented(file)...)
			}
		}
	}
	return faults
}

// documented says whether the folder has its doc.go; a program may document
// itself in main.go, and a folder of tests only needs no comment.
func documented(p Package) bool {
	testsOnly := true
	for _, file := range p.Files {
		base := path.Base(file.Path)
		if file.Syntax.Doc != nil && (base == "doc.go" || base == "main.go" && file.Syntax.Name.Name == "main") {
			return true
		}
		testsOnly = testsOnly && file.Test
	}
	return testsOnly
}

func unfinished(file File) []string {
	note := regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)
	var faults []string
	for _, group := range file.Syntax.Comments {
		if word := note.FindString(group.Text()); word != "" && !strings.HasPrefix(file.Path, "hack/verify/") {
			faults = append(faults, file.at(group, "%s: finish it or file an issue", word))
		}
	}
	return faults
}

func undocumented(file File) []string {
	var faults []string
	for _, decl := range file.Syntax.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc == nil && receiverExported(d) {
				faults = append(faults, file.at(d, "%s is exported and undocumented", d.Name.Name))
			}
		case *ast.GenDecl:
			faults = append(faults, undocumentedSpecs(file, d)...)
		}
	}
	return faults
}

// receiverExported says whether a method can be seen at all from outside; a
// function can.
func receiverExported(f *ast.FuncDecl) bool {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return true
	}
	exported := false
	ast.Inspect(f.Recv.List[0].Type, func(node ast.Node) bool {
		if name, ok := node.(*ast.Ident); ok && name.IsExported() {
			exported = true
		}
		return true
	})
	return exported
}

// undocumentedSpecs accepts one comment for a group of constants or variables,
// but wants one for each type.
func undocumentedSpecs(file File, decl *ast.GenDecl) []string {
	var faults []string
	for _, spec := range decl.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && s.Doc == nil && (decl.Doc == nil || decl.Lparen.IsValid()) {
				faults = append(faults, file.at(s, "%s is exported and undocumented", s.Name.Name))
			}
		case *ast.ValueSpec:
			if decl.Tok != token.IMPORT && s.Names[0].IsExported() && s.Doc == nil && s.Comment == nil && decl.Doc == nil {
				faults = append(faults, file.at(s, "%s is exported and undocumented", s.Names[0].Name))
			}
		}
	}
	return faults
}
