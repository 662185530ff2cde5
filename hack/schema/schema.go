package main

import (
	"fmt"
	"strings"
)

// definition is what is needed of a CustomResourceDefinition.
type definition struct {
	Spec struct {
		Group string `json:"group"`
		Names struct {
			Kind string `json:"kind"`
		} `json:"names"`
		Versions []struct {
			Name   string `json:"name"`
			Schema struct {
				OpenAPIV3Schema map[string]any `json:"openAPIV3Schema"`
			} `json:"schema"`
		} `json:"versions"`
	} `json:"spec"`
}

// schemaOf returns the schema of a desired file: apiVersion and kind are
// fixed, spec is required, and status, which is the daemon's, may be anything.
func schemaOf(crd *definition) map[string]any {
	version := crd.Spec.Versions[0]
	root := closed(version.Schema.OpenAPIV3Schema).(map[string]any)
	properties, _ := root["properties"].(map[string]any)
	spec := properties["spec"]
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = fmt.Sprintf("%s %s/%s", crd.Spec.Names.Kind, crd.Spec.Group, version.Name)
	root["required"] = []string{"apiVersion", "kind", "spec"}
	root["properties"] = map[string]any{
		"apiVersion": map[string]any{"const": crd.Spec.Group + "/" + version.Name},
		"kind":       map[string]any{"const": crd.Spec.Names.Kind},
		"metadata":   metadata(),
		"spec":       spec,
		"status":     map[string]any{"description": "Written by the daemon; ignored in a desired file.", "type": "object"},
	}
	return root
}

// metadata names the fields that mean something in a desired file.
func metadata() map[string]any {
	texts := map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "string"}}
	return map[string]any{
		"type":                 "object",
		"additionalProperties": false,
		"properties": map[string]any{
			"name":        map[string]any{"type": "string", "description": "The name of the file without .yaml, which is the default."},
			"labels":      texts,
			"annotations": texts,
		},
	}
}

// closed copies an OpenAPI schema without Kubernetes' own keywords, and
// refuses unknown properties wherever the known ones are listed.
func closed(value any) any {
	switch v := value.(type) {
	case map[string]any:
		result := map[string]any{}
		for key, child := range v {
			if !strings.HasPrefix(key, "x-kubernetes-") {
				result[key] = closed(child)
			}
		}
		if _, listed := result["properties"].(map[string]any); listed && result["type"] == "object" {
			result["additionalProperties"] = false
		}
		return result
	case []any:
		result := make([]any, len(v))
		for i, child := range v {
			result[i] = closed(child)
		}
		return result
	}
	return value
}
