package observer

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
)

const (
	// maxWords is more than the kernel takes for arguments and environment
	// together: three quarters of an 8 MiB stack, see execve(2).
	maxWords = 8 << 20
	// maxWord is more than the kernel takes for one of them (128 KiB), in bytes.
	maxWord = 256 << 10
	// ourPrefix is what the names of all our variables begin with.
	ourPrefix = "STIGMER_"
)

// parseEnviron reads NUL-terminated NAME=VALUE entries, as in
// /proc/<pid>/environ, keeping only what concerns us: other values may be secrets.
func parseEnviron(r io.Reader) (environment, error) {
	var e environment
	err := eachWord(r, func(word string) {
		if strings.HasPrefix(word, ourPrefix) {
			e.set(word)
		}
	})
	return e, err
}

// parseArgs reads NUL-terminated arguments, as in /proc/<pid>/cmdline.
func parseArgs(r io.Reader) ([]string, error) {
	args := []string{}
	err := eachWord(r, func(word string) { args = append(args, word) })
	return args, err
}

// eachWord calls each for every NUL-terminated word; the last one's NUL may
// be missing, as it is when a process has overwritten its arguments.
func eachWord(r io.Reader, each func(string)) error {
	limited := &io.LimitedReader{R: r, N: maxWords}
	scanner := bufio.NewScanner(limited)
	scanner.Buffer(make([]byte, 0, 4096), maxWord)
	scanner.Split(splitNUL)
	for scanner.Scan() {
		each(scanner.Text())
	}
	if err := scanner.Err(); err != nil {
		return err
	}
	if limited.N == 0 {
		return fmt.Errorf("over %d bytes", maxWords)
	}
	return nil
}

// splitNUL is a bufio.SplitFunc for NUL-terminated words.
func splitNUL(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}
