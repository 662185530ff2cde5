package local

import (
	"encoding/json"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// structured reports whether the result is read by a program.
func (a *app) structured() bool { return a.output == "json" || a.output == "yaml" }

// printValue prints any value as JSON or YAML.
func (a *app) printValue(value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err == nil && a.output == "yaml" {
		data, err = yaml.JSONToYAML(data)
	}
	if err != nil {
		return fmt.Errorf("cannot print as %s: %w", a.output, err)
	}
	_, err = fmt.Fprintln(a.stdout, strings.TrimRight(string(data), "\n"))
	return err
}

// printItems prints one document: the only item itself, or a list of them.
func printItems[T any](a *app, items []T) error {
	if len(items) == 1 {
		return a.printValue(items[0])
	}
	// None is an empty list and not null.
	return a.printValue(map[string]any{"apiVersion": "v1", "kind": "List", "items": append([]T{}, items...)})
}

// printResult prints what a command has done: the sentence, or for a program
// the object, nil for none, with the sentence on standard error.
func (a *app) printResult(object *v1alpha1.Temporal, sentence string) error {
	if !a.structured() {
		_, err := fmt.Fprintln(a.stdout, sentence)
		return err
	}
	fmt.Fprintln(a.stderr, sentence)
	if object == nil {
		return nil
	}
	return a.printValue(object)
}
