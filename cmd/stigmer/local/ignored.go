package local

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// ignoredFiles says, a line for each, which files of the desired folder look
// as if they were meant for an instance and are for none. With --name it names
// those only that were meant for that one.
func (s *session) ignoredFiles() []string {
	// A folder that cannot be read has been reported for each instance.
	entries, _ := os.ReadDir(s.home.DesiredDir())
	var files []string
	for _, entry := range entries {
		if !entry.IsDir() {
			files = append(files, entry.Name())
		}
	}
	var lines []string
	for _, file := range files {
		name, meant := meantFor(file)
		if !meant || s.named && name != s.name {
			continue
		}
		path := filepath.Join(s.home.DesiredDir(), file)
		lines = append(lines, fmt.Sprintf("%s is ignored: %s", path, howToName(name, files)))
	}
	return lines
}

// meantFor returns the instance that the file was probably meant for, empty
// when there is no telling, and whether it is ignored although it looks as if
// it was for one. Dot files and what editors leave behind do not.
func meantFor(file string) (name string, meant bool) {
	suffix := filepath.Ext(file)
	stem := strings.TrimSuffix(file, suffix)
	looks := slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(suffix))
	if !looks || strings.HasPrefix(file, ".") || strings.HasPrefix(file, "#") {
		return "", false
	}
	if suffix == ".yaml" && len(validation.IsDNS1123Label(stem)) == 0 {
		return "", false
	}
	name = strings.Trim(strings.Map(labelRune, strings.ToLower(stem)), "-")
	if len(validation.IsDNS1123Label(name)) > 0 {
		return "", true
	}
	return name, true
}

// labelRune replaces what may not be in the name of an instance by a dash.
func labelRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
		return r
	}
	return '-'
}

// howToName says what to do with an ignored file.
func howToName(name string, files []string) string {
	switch wanted := name + ".yaml"; {
	case name == "":
		return "rename it to NAME.yaml, NAME being at most 63 lower case letters, digits and dashes"
	case slices.Contains(files, wanted):
		return fmt.Sprintf("%s is what counts; remove this one, or rename it", wanted)
	default:
		return "rename it to " + wanted
	}
}
