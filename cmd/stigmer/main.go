// Command stigmer runs a local Temporal dev server and keeps it running.
package main

import (
	"os"

	"github.com/stigmer/stigmer-local/cmd/stigmer/local"
)

func main() {
	os.Exit(local.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
