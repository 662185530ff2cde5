// Command schema turns the generated CustomResourceDefinition into a JSON
// schema for editors, which then complete fields and mark typing errors in a
// desired file. It reads the definition's file and prints the schema: the same
// bytes for the same definition.
//
//	go run ./hack/schema config/crd/local.stigmer.ai_temporals.yaml
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"sigs.k8s.io/yaml"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: schema DEFINITION.yaml")
		os.Exit(2)
	}
	out, err := generate(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, _ = os.Stdout.Write(out)
}

func generate(file string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the definition: %w", err)
	}
	var crd definition
	if err := yaml.Unmarshal(data, &crd); err != nil {
		return nil, fmt.Errorf("cannot read the definition %s: %w", file, err)
	}
	if len(crd.Spec.Versions) != 1 {
		return nil, fmt.Errorf("cannot use the definition %s: it has %d versions, not one", file, len(crd.Spec.Versions))
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	err = encoder.Encode(schemaOf(&crd))
	return out.Bytes(), err
}
