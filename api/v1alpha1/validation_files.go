package v1alpha1

import (
	"path/filepath"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// uriCharacters would be read as syntax: Temporal opens "file:<path>?<options>"
// (sqlite plugin, buildDSN), and a SQLite URI decodes %HH and ends at ? or #.
const uriCharacters = "?#%"

func validateStorage(written, completed *StorageSpec, path *field.Path) field.ErrorList {
	switch completed.Type {
	case StorageFile:
		return validateDatabasePath(written, completed, path.Child("path"))
	case StorageMemory:
		if completed.Path != "" {
			return field.ErrorList{field.Invalid(path.Child("path"), completed.Path,
				"not allowed with spec.storage.type Memory; remove it, or set the type to File")}
		}
		return nil
	}
	return field.ErrorList{field.NotSupported(path.Child("type"), completed.Type, []StorageType{StorageFile, StorageMemory})}
}

func validateDatabasePath(written, completed *StorageSpec, path *field.Path) field.ErrorList {
	faults := validateFile(completed.Path, path)
	if len(faults) == 0 && strings.ContainsAny(completed.Path, uriCharacters) {
		faults = append(faults, field.Invalid(path, completed.Path, "has one of ? # %, which SQLite reads as part of a URI; choose another path"))
	}
	if written.Path == "" {
		for _, fault := range faults {
			fault.Detail = "derived from the home folder and metadata.name: " + fault.Detail
		}
	}
	return faults
}

// validateFile accepts the absolute path of a file in its shortest form, so
// that two instances with one database cannot spell it in two ways.
func validateFile(file string, path *field.Path) field.ErrorList {
	problem := ""
	switch {
	case hasControl(file):
		problem = "has a control character; choose another path"
	case !filepath.IsAbs(file):
		problem = "not an absolute path; write it from / on, ~ is not expanded"
	case strings.HasSuffix(file, "/"):
		problem = "names a folder; write the path of a file"
	case filepath.Clean(file) != file:
		problem = "not in its shortest form; write " + filepath.Clean(file)
	default:
		return nil
	}
	return field.ErrorList{field.Invalid(path, file, problem)}
}

func validateBinary(b *BinarySpec, path *field.Path) field.ErrorList {
	var faults field.ErrorList
	if b.Path != "" {
		faults = validateFile(b.Path, path.Child("path"))
	}
	// The version becomes part of a file name.
	if b.Version != "" && !regexp.MustCompile(`^[0-9][0-9A-Za-z.+-]{0,62}$`).MatchString(b.Version) {
		faults = append(faults, field.Invalid(path.Child("version"), b.Version, "not a version; write one such as "+DefaultVersion))
	}
	return faults
}
