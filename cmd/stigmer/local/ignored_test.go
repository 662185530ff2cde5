package local

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMeantFor(t *testing.T) {
	cases := map[string]struct {
		name  string
		meant bool
	}{
		"orders.yaml":                     {"", false},
		"orders.yml":                      {"orders", true},
		"orders.YAML":                     {"orders", true},
		"Orders.yaml":                     {"orders", true},
		"my_orders.yaml":                  {"my-orders", true},
		"my orders.yml":                   {"my-orders", true},
		"a.b.yaml":                        {"a-b", true},
		"orders.json":                     {"orders", true},
		"Ä.yaml":                          {"", true},
		".orders.yml":                     {"", false},
		".yaml":                           {"", false},
		".#orders.yaml":                   {"", false},
		"#orders.yml#":                    {"", false},
		"orders.yaml~":                    {"", false},
		"orders.yml.swp":                  {"", false},
		"orders.yaml.bak":                 {"", false},
		"README":                          {"", false},
		strings.Repeat("x", 64) + ".yaml": {"", true},
	}
	for file, want := range cases {
		if name, meant := meantFor(file); name != want.name || meant != want.meant {
			t.Errorf("%s is meant for %q, %v; want %q, %v", file, name, meant, want.name, want.meant)
		}
	}
}

func TestIgnoredFilesAreNamed(t *testing.T) {
	home := homeWith(t, "both")
	desired := func(file string) string { return filepath.Join(home.DesiredDir(), file) }
	for _, file := range []string{"x.yml", "Orders.yaml", "both.yml", "Ä.yaml", ".dot.yml", "x.yaml~"} {
		write(t, desired(file), "")
	}
	if err := os.Mkdir(desired("folder.yml"), 0o700); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := run("local", "status", "--home", string(home))
	for _, want := range []string{
		desired("x.yml") + " is ignored: rename it to x.yaml\n",
		desired("Orders.yaml") + " is ignored: rename it to orders.yaml\n",
		desired("both.yml") + " is ignored: both.yaml is what counts",
		desired("Ä.yaml") + " is ignored: rename it to NAME.yaml",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("standard error lacks %q:\n%s", want, stderr)
		}
	}
	if n := strings.Count(stderr, "is ignored"); n != 4 || code != 0 || strings.Contains(stdout, "ignored") {
		t.Errorf("exit %d, %d files are named:\n%s%s", code, n, stdout, stderr)
	}
	_, stderr, _ = run("local", "status", "--name", "x", "--home", string(home))
	if strings.Count(stderr, "is ignored") != 1 || !strings.Contains(stderr, desired("x.yml")) {
		t.Errorf("with --name x:\n%s", stderr)
	}
}
