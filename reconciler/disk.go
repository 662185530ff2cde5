package reconciler

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/stigmer/stigmer-local/observer/bounded"
)

// diskPatience is how long a small read may take: microseconds on a disk,
// milliseconds on a file server that is well. The instances whose databases are
// compared with one that does not answer wait for so long, once.
const diskPatience = time.Second

// Disk reads at paths that users choose, of which any may lie on a file system
// that hangs. It remembers where it waits, so it is meant to be kept. The zero
// value is ready; it is safe for use by several goroutines.
type Disk struct {
	walks bounded.Calls[place]
	reads bounded.Calls[content]
}

// content is what reading a file gave.
type content struct {
	data []byte
	how  *writeState
	err  error
}

// place tells where the path leads, as placeOf does; it is unseen when there is no
// answer in time.
func (d *Disk) place(path string) place {
	found, err := d.walks.Within(diskPatience, path,
		func() place { return placeOf(path) }, func() error { return context.DeadlineExceeded })
	if err != nil {
		return place{path: filepath.Clean(path), unseen: true}
	}
	return found
}

// read is readChanged, which fails when there is no answer in time: a desired file
// may be a link.
func (d *Disk) read(path string, before []byte) (data []byte, how *writeState, err error) {
	found, err := d.reads.Within(diskPatience, path, func() content {
		data, how, err := readChanged(path, before)
		return content{data, how, err}
	}, func() error {
		return fmt.Errorf("cannot read %s: no answer within %s; the file system where it is, or leads to, may hang (%w)", path, diskPatience, context.DeadlineExceeded)
	})
	if err != nil {
		return nil, nil, err
	}
	return found.data, found.how, found.err
}
