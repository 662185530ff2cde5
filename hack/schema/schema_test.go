package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

const crdFile = "../../config/crd/local.stigmer.ai_temporals.yaml"

func generated(t *testing.T) map[string]any {
	t.Helper()
	data, err := generate(crdFile)
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	return schema
}

// at walks down by keys and fails where one is missing.
func at(t *testing.T, value any, path ...string) any {
	t.Helper()
	for _, key := range path {
		object, ok := value.(map[string]any)
		if !ok || object[key] == nil {
			t.Fatalf("no %q in %v", key, value)
		}
		value = object[key]
	}
	return value
}

func TestSchemaIsUpToDate(t *testing.T) {
	want, err := os.ReadFile("../../config/schema/temporal.v1alpha1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := generate(crdFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Error("config/schema is out of date: run make generate")
	}
}

func TestSchemaRefusesUnknownFields(t *testing.T) {
	schema := generated(t)
	for _, path := range [][]string{
		{}, {"properties", "metadata"}, {"properties", "spec"}, {"properties", "spec", "properties", "ui"},
		{"properties", "spec", "properties", "namespaces", "items"},
	} {
		if object := at(t, schema, path...).(map[string]any); object["additionalProperties"] != false {
			t.Errorf("%v is open", path)
		}
	}
}

func TestSchemaKeepsMapsAndAnyValuesOpen(t *testing.T) {
	spec := at(t, generated(t), "properties", "spec", "properties")
	if got := at(t, spec, "env", "additionalProperties", "type"); got != "string" {
		t.Errorf("env holds %v, not texts", got)
	}
	value := at(t, spec, "dynamicConfig", "additionalProperties").(map[string]any)
	if _, typed := value["type"]; typed {
		t.Errorf("a dynamicConfig value is typed: %v", value)
	}
}

func TestSchemaFixesTheType(t *testing.T) {
	schema := generated(t)
	if got := at(t, schema, "properties", "apiVersion", "const"); got != "local.stigmer.ai/v1alpha1" {
		t.Errorf("apiVersion is %v", got)
	}
	if got := at(t, schema, "properties", "kind", "const"); got != "Temporal" {
		t.Errorf("kind is %v", got)
	}
}

func TestGenerateRefuses(t *testing.T) {
	dir := t.TempDir()
	tests := map[string]string{"garbage": "[", "versions": "spec: {versions: []}"}
	for name, text := range tests {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := generate(file); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := generate(filepath.Join(dir, "missing")); err == nil {
		t.Error("a missing file is accepted")
	}
}
