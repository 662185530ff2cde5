package verify

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Module is the import path of the repository's main module.
const Module = "github.com/stigmer/stigmer-local"

// Package is one folder of Go files.
type Package struct {
	Folder string // below the root, such as "reconciler/plan"
	Files  []File
}

// File is one Go file, of whatever platform.
type File struct {
	Path      string
	Text      string
	Test      bool
	Generated bool
	Syntax    *ast.File

	positions *token.FileSet
}

// Load parses every Go file of the main module in tree. Nested modules,
// testdata and hidden folders are left out.
func Load(tree fs.FS) ([]Package, error) {
	var packages []Package
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if skipped(tree, name) {
			return fs.SkipDir
		}
		p, err := loadFolder(tree, name)
		if len(p.Files) > 0 {
			packages = append(packages, p)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cannot load the packages: %w", err)
	}
	return packages, nil
}

func skipped(tree fs.FS, folder string) bool {
	if folder == "." {
		return false
	}
	base := path.Base(folder)
	_, err := fs.Stat(tree, path.Join(folder, "go.mod"))
	return err == nil || base == "testdata" || folder == "bin" || strings.HasPrefix(base, ".")
}

func loadFolder(tree fs.FS, folder string) (Package, error) {
	p := Package{Folder: folder}
	names, err := fs.Glob(tree, path.Join(folder, "*.go"))
	if err != nil {
		return p, err
	}
	for _, name := range names {
		file, err := loadFile(tree, name)
		if err != nil {
			return p, err
		}
		p.Files = append(p.Files, file)
	}
	return p, nil
}

func loadFile(tree fs.FS, name string) (File, error) {
	text, err := fs.ReadFile(tree, name)
	if err != nil {
		return File{}, err
	}
	positions := token.NewFileSet()
	syntax, err := parser.ParseFile(positions, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return File{}, err
	}
	return File{
		Path:      name,
		Text:      string(text),
		Test:      strings.HasSuffix(name, "_test.go"),
		Generated: ast.IsGenerated(syntax),
		Syntax:    syntax,
		positions: positions,
	}, nil
}

// at is the place of a node and a message about it, as a compiler prints it.
func (f File) at(node ast.Node, format string, args ...any) string {
	place := f.positions.Position(node.Pos())
	return fmt.Sprintf("%s:%d: %s", place.Filename, place.Line, fmt.Sprintf(format, args...))
}

// imports are the paths that the file imports, by the spec that names each.
func (f File) imports() map[*ast.ImportSpec]string {
	paths := map[*ast.ImportSpec]string{}
	for _, spec := range f.Syntax.Imports {
		if value, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths[spec] = value
		}
	}
	return paths
}

// within says whether name is folder or below it.
func within(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, folder+"/")
}

func withinAny(name string, folders []string) bool {
	for _, folder := range folders {
		if within(name, folder) {
			return true
		}
	}
	return false
}
