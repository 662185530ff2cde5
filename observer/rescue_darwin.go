package observer

import (
	"errors"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// lostDatabase: a descriptor of another process cannot be opened there.
func (m machine) lostDatabase(int, string) (string, error) { return "", errors.ErrUnsupported }

// fileBehind: none was found.
func (m machine) fileBehind(string) observed.AnotherFile { return observed.AnotherFile{} }
