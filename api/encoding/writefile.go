package encoding

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/stigmer/stigmer-local/reconciler/failpoint"
)

const (
	// newFileMode: the file may hold secrets in spec.env.
	newFileMode fs.FileMode = 0o600
	// maxLinks is what Linux follows in one look-up.
	maxLinks = 40
)

// WriteFile replaces the content of path, or of the file that a symlink at
// path leads to, in one step: a reader sees the old content or the new, also
// after a power loss. An existing file keeps its mode, a new one gets 0600.
// A target that is not a regular file is refused. On an error nothing has
// changed and no temporary file is left.
func WriteFile(path string, data []byte) error {
	target, mode, err := writeTarget(path)
	if err != nil {
		return err
	}
	_, err = replace(path, target, data, mode)
	return err
}

// ReplaceFile is WriteFile for a file that belongs to the program: a symlink
// at path is replaced, not followed, and the mode is always 0600. It returns
// the file that it wrote, as it was before anybody else could see it.
func ReplaceFile(path string, data []byte) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	if err == nil && info.Mode()&fs.ModeSymlink == 0 {
		if err := checkRegular(path, info); err != nil {
			return nil, err
		}
	}
	return replace(path, path, data, newFileMode)
}

// replace puts a new file with the data at target; errors speak of path.
func replace(path, target string, data []byte, mode fs.FileMode) (fs.FileInfo, error) {
	temp, err := writeTemp(target, data, mode)
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", path, err)
	}
	failpoint.Reached("replace/written")
	written, err := os.Lstat(temp)
	if err == nil {
		err = os.Rename(temp, target)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", path, errors.Join(err, os.Remove(temp)))
	}
	failpoint.Reached("replace/renamed")
	if err := syncFolder(filepath.Dir(target)); err != nil {
		return nil, fmt.Errorf("cannot sync the folder of %s: %w", path, err)
	}
	return written, nil
}

// writeTarget follows symlinks, also to a file that does not exist yet.
func writeTarget(path string) (target string, mode fs.FileMode, err error) {
	target = path
	for range maxLinks {
		info, err := os.Lstat(target)
		if errors.Is(err, fs.ErrNotExist) {
			return target, newFileMode, nil
		}
		if err != nil {
			return "", 0, fmt.Errorf("cannot write %s: %w", path, err)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			return target, info.Mode().Perm(), checkRegular(target, info)
		}
		link, err := os.Readlink(target)
		if err != nil {
			return "", 0, fmt.Errorf("cannot write %s: %w", path, err)
		}
		if !filepath.IsAbs(link) {
			// No Join: cleaning "link/.." is wrong where link is a symlink.
			link = filepath.Dir(target) + "/" + link
		}
		target = link
	}
	return "", 0, fmt.Errorf("cannot write %s: more than %d symlinks (is it a loop?)", path, maxLinks)
}

// writeTemp writes a dot file, which watchers of the folder ignore, beside target. It
// sets the modification time, to a whole millisecond, so that it differs from the time
// of the last change: a reader of the desired file takes that for complete. A rename
// alone may fall into the tick of the clock in which the file was written.
func writeTemp(target string, data []byte, mode fs.FileMode) (name string, err error) {
	file, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*.tmp")
	if err != nil {
		return "", err
	}
	_, err = file.Write(data)
	err = errors.Join(err, file.Chmod(mode))
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		now := time.Now().Truncate(time.Millisecond)
		_ = os.Chtimes(file.Name(), now, now) // without it, a reader waits a moment
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
