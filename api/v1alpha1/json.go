package v1alpha1

import "encoding/json"

// JSONValue is any JSON value, kept as it was written.
//
// +kubebuilder:validation:Type=""
// +kubebuilder:validation:XPreserveUnknownFields
type JSONValue struct {
	// Raw is the value's JSON text; empty means null.
	Raw json.RawMessage `json:"-"`
}

// MarshalJSON returns the value as it was read.
func (v JSONValue) MarshalJSON() ([]byte, error) {
	if len(v.Raw) == 0 {
		return []byte("null"), nil
	}
	return v.Raw, nil
}

// UnmarshalJSON keeps a copy of data.
func (v *JSONValue) UnmarshalJSON(data []byte) error {
	v.Raw = append(v.Raw[:0:0], data...)
	return nil
}
