package encoding

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// suggest returns the path of the field that key was probably meant to be: one
// beside it that differs in a letter, else the one of that name elsewhere in
// the spec (port for spec.port, uiPort for spec.ui.port), else the one beside
// it that comes nearest; or "".
func suggest(key string, siblings reflect.Type, parent string) string {
	near, d := nearest(key, slices.Sorted(maps.Keys(fieldsOf(siblings))))
	beside := strings.TrimPrefix(parent+"."+near, ".")
	if d <= 1 {
		return beside
	}
	if elsewhere := sameName(key); elsewhere != "" || near == "" {
		return elsewhere
	}
	return beside
}

// sameName returns the path in the spec that key, written together, ends;
// of several the one less deep than all others, else "".
func sameName(key string) string {
	matches := []string{}
	walkFields(reflect.TypeFor[v1alpha1.TemporalSpec](), "spec", func(path string) {
		if endsIn(path, key) {
			matches = append(matches, path)
		}
	})
	slices.SortFunc(matches, func(a, b string) int { return depth(a) - depth(b) })
	if len(matches) == 1 || len(matches) > 1 && depth(matches[0]) < depth(matches[1]) {
		return matches[0]
	}
	return ""
}

func depth(path string) int { return strings.Count(path, ".") }

// endsIn reports whether the last steps of path, written together, are key.
func endsIn(path, key string) bool {
	steps := strings.Split(path, ".")
	for i := range steps {
		if strings.EqualFold(strings.Join(steps[i:], ""), key) {
			return true
		}
	}
	return false
}

// nearest returns the name that differs least from key, and by how much; ""
// when all differ too much to be meant.
func nearest(key string, names []string) (name string, difference int) {
	difference = 2 + len(key)/4
	for _, candidate := range names {
		if d := distance(strings.ToLower(key), strings.ToLower(candidate)); d < difference {
			name, difference = candidate, d
		}
	}
	return name, difference
}

// distance is the number of letters to insert, remove, replace or swap.
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		older, last, row := rows[0], rows[1], rows[2]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(row[j-1]+1, last[j]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		rows = [3][]int{last, row, older}
	}
	return rows[1][len(b)]
}
