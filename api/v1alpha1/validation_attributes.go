package v1alpha1

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// attributeTypes are the types in the order of the documentation.
func attributeTypes() []SearchAttributeType {
	return []SearchAttributeType{
		SearchAttributeText, SearchAttributeKeyword, SearchAttributeInt, SearchAttributeDouble,
		SearchAttributeBool, SearchAttributeDatetime, SearchAttributeKeywordList,
	}
}

// attributeRoom is how many search attributes of a type a namespace has room
// for: columns of the visibility table, made with the database.
func attributeRoom(t SearchAttributeType) int {
	if t == SearchAttributeKeyword {
		return 10
	}
	return 3
}

func validateSearchAttributes(attributes map[string]SearchAttributeType, path *field.Path) field.ErrorList {
	var faults field.ErrorList
	count := map[SearchAttributeType]int{}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		at := path.Key(name)
		faults = append(faults, validateAttributeName(name, at)...)
		faults = append(faults, validateAttributeType(attributes[name], at)...)
		count[attributes[name]]++
	}
	for _, t := range attributeTypes() {
		if room := attributeRoom(t); count[t] > room {
			faults = append(faults, field.Invalid(path, field.OmitValueType{},
				fmt.Sprintf("%d of the type %s, and a namespace has room for %d; remove some, or give them another type", count[t], t, room)))
		}
	}
	return faults
}

func validateAttributeName(name string, path *field.Path) field.ErrorList {
	// Narrower than the server, which takes any text, and wide enough: the
	// query language reads these without quotes, or in backquotes.
	valid := regexp.MustCompile(`^[A-Za-z_][0-9A-Za-z._-]{0,254}$`)
	switch {
	case name == "":
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "has no name; name the search attribute or remove the line")}
	case isSystemAttribute(name):
		return field.ErrorList{field.Invalid(path, name, "is Temporal's own; choose another name")}
	case strings.HasPrefix(name, "Temporal"):
		return field.ErrorList{field.Invalid(path, name, "names that begin with Temporal are kept for Temporal; choose another name")}
	case !valid.MatchString(name):
		return field.ErrorList{field.Invalid(path, name,
			"not a name of a search attribute; use letters, digits, '_', '-' and '.', at most 255 of them, a letter or '_' first")}
	}
	return nil
}

// isSystemAttribute names what the server keeps (searchattribute.IsReserved of
// server 1.29.1), but for the names that begin with Temporal.
func isSystemAttribute(name string) bool {
	switch name {
	case "WorkflowId", "RunId", "WorkflowType", "StartTime", "ExecutionTime", "CloseTime", "ExecutionStatus", "TaskQueue",
		"HistoryLength", "HistorySizeBytes", "ExecutionDuration", "StateTransitionCount",
		"ParentWorkflowId", "ParentRunId", "RootWorkflowId", "RootRunId",
		"BinaryChecksums", "BuildIds", "BatcherNamespace", "BatcherUser",
		"NamespaceId", "Memo", "MemoEncoding", "VisibilityTaskKey":
		return true
	}
	return false
}

func validateAttributeType(t SearchAttributeType, path *field.Path) field.ErrorList {
	types := attributeTypes()
	if slices.Contains(types, t) {
		return nil
	}
	if near := sameButForCase(string(t), types); near != "" {
		return field.ErrorList{field.Invalid(path, string(t), "not spelled like that; write "+string(near))}
	}
	return field.ErrorList{field.NotSupported(path, t, types)}
}

// sameButForCase returns the one that differs only in the case of its letters
// and in '_', as in the names of Temporal's API; "" for none.
func sameButForCase[T ~string](text string, all []T) T {
	for _, one := range all {
		if strings.EqualFold(strings.ReplaceAll(text, "_", ""), string(one)) {
			return one
		}
	}
	return ""
}
