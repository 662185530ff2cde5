package samples

import _ "embed"

//go:embed temporal.yaml
var temporal string

//go:embed all-fields.yaml
var allFields string

// Temporal returns a fresh copy of temporal.yaml: the desired file of a first
// run, with every field explained and little more than the port set.
func Temporal() []byte { return []byte(temporal) }

// AllFields returns a fresh copy of all-fields.yaml, in which no field has its
// default.
func AllFields() []byte { return []byte(allFields) }
