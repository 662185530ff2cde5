package stubtemporal

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// clusterPrefix begins the second line of a database file.
const clusterPrefix = "cluster "

// databaseHeader is the first line of a database file: the first 108 bytes of a
// SQLite database with one empty page of 512 bytes. The file is looked at before a
// start, and one whose first boot was cut short is read before it is moved aside.
// What follows in the page means nothing to SQLite.
func databaseHeader() string {
	sizes, emptyTable := "\x02\x00\x01\x01\x00\x40\x20\x20", "\x0d\x00\x00\x00\x00\x02\x00\x00"
	return "SQLite format 3\x00" + sizes + strings.Repeat("\x00", 76) + emptyTable
}

// database is the file that the stub has open, and its cluster id. Without a
// path it is in memory.
type database struct {
	path    string
	file    *os.File
	cluster string
}

// openDatabase opens the file at path, and creates it, in the time that boot
// says, if it is absent; the folder must exist.
func openDatabase(path string, boot, lifetime time.Duration) (*database, error) {
	if path == "" {
		return &database{cluster: newClusterID()}, nil
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("failed starting server: failed checking dir for database file: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err == nil {
		d := &database{path: path, file: file, cluster: newClusterID()}
		return d, d.create(boot, lifetime)
	}
	if errors.Is(err, os.ErrExist) {
		file, err = os.OpenFile(path, os.O_RDWR, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("failed starting server: unable to open database file: %w", err)
	}
	d := &database{path: path, file: file}
	return d, d.read()
}

// create writes the first line at once and the second one after boot.
func (d *database) create(boot, lifetime time.Duration) error {
	if _, err := fmt.Fprintln(d.file, databaseHeader()); err != nil {
		return fmt.Errorf("failed starting server: %w", err)
	}
	if boot > 0 {
		<-time.After(min(boot, lifetime))
	}
	if boot > lifetime {
		return errors.New("failed starting server: STUB_LIFETIME is over")
	}
	if _, err := fmt.Fprintln(d.file, clusterPrefix+d.cluster); err != nil {
		return fmt.Errorf("failed starting server: %w", err)
	}
	return nil
}

// read takes the cluster id from the file.
func (d *database) read() error {
	lines := bufio.NewReader(io.NewSectionReader(d.file, 0, 1<<10))
	first, _ := lines.ReadString('\n')
	second, _ := lines.ReadString('\n')
	if first != "" && first != databaseHeader()+"\n" {
		return errors.New("failed starting server: file is not a database (26)")
	}
	id, found := strings.CutPrefix(second, clusterPrefix)
	if !found || !strings.HasSuffix(id, "\n") {
		return errors.New("failed starting server: no such table: cluster_metadata_info")
	}
	d.cluster = strings.TrimSpace(id)
	return nil
}

// moved reports whether the file at the path is no longer the one that is open.
func (d *database) moved() bool {
	if d.file == nil {
		return false
	}
	open, err := d.file.Stat()
	if err != nil {
		return true
	}
	there, err := os.Stat(d.path)
	return err != nil || !os.SameFile(open, there)
}

// newClusterID returns a random UUID.
func newClusterID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
