package encoding

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// MaxFileSize is the largest file that is read, in bytes. A file of the
// user's has about 2 KiB.
const MaxFileSize = 1 << 20

// maxSearchLines bounds the search for the line of a syntax error, which
// parses the file once per line.
const maxSearchLines = 500

// parse returns the root of the only document in data. The root is nil when
// the file is empty or holds nothing but comments.
func parse(data []byte) (*yaml.Node, *Fault) {
	if fault := checkBytes(data); fault != nil {
		return nil, fault
	}
	documents, err := split(data)
	if err != nil {
		return nil, syntaxFault(data, err)
	}
	for _, extra := range documents[min(1, len(documents)):] {
		if !isBlank(extra) {
			return nil, &Fault{Line: extra.Line, Problem: "more than one document in the file", Remedy: "give each instance a file of its own"}
		}
	}
	if len(documents) == 0 || isBlank(documents[0]) {
		return nil, nil
	}
	return documents[0].Content[0], nil
}

func checkBytes(data []byte) *Fault {
	if len(data) > MaxFileSize {
		return &Fault{Problem: fmt.Sprintf("larger than 1 MiB (%d bytes)", len(data)), Remedy: "is it the right file?"}
	}
	for rest, line := data, 1; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 {
			return &Fault{Line: line, Problem: "not UTF-8 text", Remedy: "save the file as UTF-8"}
		}
		if r == '\n' {
			line++
		}
		rest = rest[size:]
	}
	return nil
}

// split returns the documents of data. A panic of the parser becomes an
// error: one bad file must not end a daemon that serves several instances.
func split(data []byte) (documents []*yaml.Node, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the YAML parser failed: %v", cause)
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, err
		}
		documents = append(documents, &document)
	}
}

// isBlank reports a document without content, such as a trailing "---" makes.
func isBlank(document *yaml.Node) bool {
	if len(document.Content) == 0 {
		return true
	}
	root := document.Content[0]
	return isNull(root) && root.Value == "" && root.Anchor == ""
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

func syntaxFault(data []byte, err error) *Fault {
	prefix := regexp.MustCompile(`^yaml: (?:line (\d+): )?`)
	match := prefix.FindStringSubmatch(err.Error())
	problem, line := err.Error(), 1
	if match != nil {
		problem = problem[len(match[0]):]
		if n, err := strconv.Atoi(match[1]); err == nil {
			line = n
		}
	}
	if found := brokenLine(data); found > 0 {
		line = found
	}
	if lines := bytes.Split(data, []byte("\n")); line <= len(lines) && bytes.HasPrefix(bytes.TrimLeft(lines[line-1], " "), []byte("\t")) {
		return &Fault{Line: line, Problem: "not valid YAML: a tab in the indentation", Remedy: "indent the line with spaces"}
	}
	return &Fault{Line: line, Problem: "not valid YAML: " + problem, Remedy: "correct the line or the one above it"}
}

// brokenLine returns the line after the longest prefix of whole lines that is
// valid YAML. The parser's own number is often that of the mapping around the
// error. 0 means that the file is too long to look.
func brokenLine(data []byte) int {
	lines := bytes.SplitAfter(data, []byte("\n"))
	if len(lines) > maxSearchLines {
		return 0
	}
	for n := len(lines) - 1; n > 0; n-- {
		if _, err := split(bytes.Join(lines[:n], nil)); err == nil {
			return n + 1
		}
	}
	return 1
}
