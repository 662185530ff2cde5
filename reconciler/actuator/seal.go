package actuator

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// firstExtra is the first descriptor that is not a standard stream.
const firstExtra = 3

// sealListed marks the descriptors that the folder lists.
func sealListed(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("cannot list open descriptors: %w", err)
	}
	for _, entry := range entries {
		if fd, err := strconv.Atoi(entry.Name()); err == nil && fd >= firstExtra {
			// It fails only for a descriptor that was closed meanwhile, such as
			// the one that the folder was read through.
			unix.CloseOnExec(fd)
		}
	}
	return nil
}
