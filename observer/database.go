package observer

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

// databaseFile is the instance's database file as it stood when the look
// began; what the look says of processes is about this file.
type databaseFile struct {
	// path has no symbolic links; empty when there is no database file.
	path string
	file observed.Fact[observed.File]
}

// noDatabase is why nothing is known of a database that is not asked about.
const noDatabase = "no database file was asked about"

// statDatabase looks at the database without opening it.
func statDatabase(path string) databaseFile {
	if path == "" {
		return databaseFile{file: observed.Unsure[observed.File](noDatabase)}
	}
	path = resolve(path)
	info, err := os.Lstat(path)
	return databaseFile{path: path, file: regularFile(path, info, err)}
}

// regularFile is what stat said of a path, as a fact.
func regularFile(path string, info fs.FileInfo, err error) observed.Fact[observed.File] {
	switch {
	case missing(err):
		return observed.None[observed.File]("there is no " + path)
	case err != nil:
		return observed.Unsure[observed.File](fmt.Sprintf("cannot look at %s: %v", path, err))
	case !info.Mode().IsRegular():
		return observed.Unsure[observed.File](fmt.Sprintf("%s is %s, not a regular file", path, kindOf(info.Mode())))
	}
	device, inode, ok := fileID(info)
	if !ok {
		return observed.Unsure[observed.File]("the platform does not tell which file is at " + path)
	}
	return observed.Is(observed.File{Device: device, Inode: inode, Links: linksOf(info), Size: info.Size(), ModTime: info.ModTime()})
}

// settled returns what is known of the file when the look ends. Where it is
// another one than at the beginning, what was read in between belongs
// together with neither.
func (d databaseFile) settled() observed.Fact[observed.File] {
	now := statDatabase(d.path).file
	was := d.file
	if now.Knowledge == was.Knowledge && now.Value.Device == was.Value.Device && now.Value.Inode == was.Value.Inode {
		return now
	}
	return observed.Unsure[observed.File](d.path + " was made, replaced or removed during the look")
}

// databaseFacts says what is known of the database and of what lies beside
// it. The build is that of the executable that a start would run.
func (l *look) databaseFacts(build string) observed.Database {
	path := l.database.path
	if path == "" {
		return unknownDatabase(noDatabase)
	}
	mount := mountOf(path) // before settled, so that the file was on it
	file := l.database.settled()
	meta := readMeta(path)
	there, written := companions(path)
	if file.Value.ModTime.After(written) {
		written = file.Value.ModTime
	}
	return observed.Database{
		Path:       path,
		DeadLink:   deadLink(path),
		File:       file,
		Mount:      mount,
		SQLite:     beginsAsDatabase(path, file),
		SecondName: secondName(path, file),
		Companions: there,
		Written:    written,
		Free:       freeSpace(path),
		Writable:   writable(path, file),
		FirstBoot:  readFirstBoot(path),
		Meta:       meta,
		Staged:     readStaged(path),
		Expected:   l.expected(meta, build),
	}
}

// unknownDatabase is a database of which nothing is known, for one reason.
func unknownDatabase(reason string) observed.Database {
	return observed.Database{
		File:       observed.Unsure[observed.File](reason),
		Mount:      observed.Unsure[observed.Mount](reason),
		SQLite:     observed.Unsure[bool](reason),
		SecondName: observed.Unsure[string](reason),
		Free:       observed.Unsure[uint64](reason),
		Writable:   observed.Unsure[bool](reason),
		FirstBoot:  observed.Unsure[observed.FirstBoot](reason),
		Meta:       observed.Unsure[observed.Meta](reason),
		Staged:     observed.Unsure[observed.Meta](reason),
		Expected:   observed.Unsure[[]string](reason),
	}
}

// databaseHeader is how every SQLite database begins (file format, 1.3).
const databaseHeader = "SQLite format 3\x00"

// beginsAsDatabase reads the first bytes of the file. Temporal makes its tables
// only where there is no file, so on any other file it fails for ever.
func beginsAsDatabase(path string, file observed.Fact[observed.File]) observed.Fact[bool] {
	if !file.IsKnown() {
		return observed.Fact[bool]{Knowledge: file.Knowledge, Reason: file.Reason}
	}
	header, err := readHeader(path)
	switch {
	case err != nil:
		return observed.Unsure[bool](fmt.Sprintf("cannot read %s: %v", path, err))
	case header == "":
		return observed.Fact[bool]{Knowledge: observed.Known, Reason: "it is empty"}
	case header != databaseHeader:
		return observed.Fact[bool]{Knowledge: observed.Known, Reason: "it is no SQLite database"}
	}
	return observed.Is(true)
}

// readHeader returns as much of the file as a header has.
func readHeader(path string) (string, error) {
	fd, err := open(path, 0)
	if err != nil {
		return "", err
	}
	defer fd.close()
	header, err := io.ReadAll(io.LimitReader(fd, int64(len(databaseHeader))))
	return string(header), err
}

// secondName looks for signs that the file has another path. Symbolic links are
// none: whoever follows them arrives at this one.
func secondName(path string, file observed.Fact[observed.File]) observed.Fact[string] {
	if !file.IsKnown() {
		return observed.Fact[string]{Knowledge: file.Knowledge, Reason: file.Reason}
	}
	switch {
	case file.Value.Links > 1:
		return observed.Is(fmt.Sprintf("it has %d hard links", file.Value.Links))
	case isMountPoint(path):
		return observed.Is("it is mounted there from elsewhere")
	}
	return observed.None[string]("it has one name")
}

// readStaged reads for which wish a backup was copied beside the database. Once
// the swap has begun, the copy itself may be in its place already.
func readStaged(path string) observed.Fact[observed.Meta] {
	staged := observed.StagedPath(path)
	meta := readMeta(staged)
	if meta.Value.Replaces != "" {
		return meta
	}
	info, err := os.Lstat(staged)
	if file := regularFile(staged, info, err); !file.IsKnown() {
		return observed.Fact[observed.Meta]{Knowledge: file.Knowledge, Reason: file.Reason}
	}
	return meta
}

// companions lists those of the database's other files that are there, and when one of
// them was last written: with a write-ahead log, the file itself only now and then is.
func companions(path string) (there []string, written time.Time) {
	for _, companion := range observed.CompanionPaths(path) {
		info, err := os.Lstat(companion)
		if err != nil {
			continue
		}
		there = append(there, companion)
		if info.ModTime().After(written) {
			written = info.ModTime()
		}
	}
	return there, written
}

// backup is the one that is to be restored.
func (l *look) backup() observed.Fact[observed.File] {
	path := l.target.RestorePath
	if path == "" {
		return observed.Unsure[observed.File]("no backup was asked about")
	}
	return patiently(l, partPatience, path, func() observed.Fact[observed.File] { return statBackup(path) })
}

// statBackup looks for a backup that is to be restored, by whatever links.
func statBackup(path string) observed.Fact[observed.File] {
	info, err := os.Stat(path)
	file := regularFile(path, info, err)
	if err := unix.Access(path, unix.R_OK); file.IsKnown() && err != nil {
		return observed.Unsure[observed.File](fmt.Sprintf("cannot read %s: %v", path, err))
	}
	return file
}
