package encoding

import (
	"encoding/json"
	"reflect"
	"strings"
)

// fieldsOf returns the fields of a struct by the name they have in JSON.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case name == "" && f.Anonymous:
			for inner, innerType := range fieldsOf(f.Type) {
				fields[inner] = innerType
			}
		case name != "":
			fields[name] = f.Type
		}
	}
	return fields
}

// walkFields calls visit with the path of every field below t that has a name
// of its own.
func walkFields(t reflect.Type, path string, visit func(path string)) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return
	}
	for name, fieldType := range fieldsOf(t) {
		visit(path + "." + name)
		walkFields(fieldType, path+"."+name, visit)
	}
}
