package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/stigmer/stigmer-local/hack/stubtemporal"
)

// The test binary plays every program of the tests: so the race detector
// watches the commands and the daemon too. roleVariable says which one; the
// daemon inherits it from the command that starts it.
const (
	roleVariable = "E2E_ROLE"
	roleStigmer  = "stigmer"
	roleStub     = "stub"
	roleStranger = "stranger"
)

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case roleStigmer:
		answerCensus()
		main()
	case roleStub:
		os.Exit(stubtemporal.Main(os.Args[1:], os.Getenv))
	case roleStranger:
		os.Exit(playStranger())
	}
	if _, err := realTemporal(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// realTemporal returns the path of the server that the tests run with.
func realTemporal() (string, error) {
	path := os.Getenv("STIGMER_TEMPORAL")
	if path == "" {
		path = filepath.Join("..", "..", "bin", "temporal")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if _, err := exec.LookPath(path); err != nil {
		return "", fmt.Errorf("the end-to-end tests need the real Temporal: run 'make temporal' (%w)", err)
	}
	return path, nil
}

// self returns the path of the test binary.
func self(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
