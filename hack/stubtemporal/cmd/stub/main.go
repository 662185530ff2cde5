// Command stub is package stubtemporal as a program. Tests build it under the
// name temporal and give it to the daemon in place of the real server.
package main

import (
	"os"

	"github.com/stigmer/stigmer-local/hack/stubtemporal"
)

func main() { os.Exit(stubtemporal.Main(os.Args[1:], os.Getenv)) }
