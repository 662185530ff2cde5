package observer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// maxRecord is the size above which a file is no pid record, in bytes.
const maxRecord = 4096

// readRecord reads the pid record at path: Absent when there is none, Unknown
// when it cannot be read or is no regular file. It never waits for anybody.
func readRecord(path string) observed.Fact[observed.Record] {
	fd, err := openRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return observed.None[observed.Record]("there is no pid record")
	}
	if err != nil {
		return observed.Unsure[observed.Record](fmt.Sprintf("cannot read the pid record: %v", err))
	}
	defer fd.close()
	data, err := io.ReadAll(io.LimitReader(fd, maxRecord+1))
	if err != nil {
		return observed.Unsure[observed.Record](fmt.Sprintf("cannot read the pid record %s: %v", path, err))
	}
	return observed.Is(parseRecord(data))
}

// parseRecord reads three lines, pid, command and start in Unix seconds; or
// the one line of older versions. Everything else is corrupt.
func parseRecord(data []byte) observed.Record {
	corrupt := observed.Record{Format: observed.RecordCorrupt}
	lines := recordLines(data)
	if len(data) > maxRecord || (len(lines) != 1 && len(lines) != 3) {
		return corrupt
	}
	pid, err := strconv.ParseInt(lines[0], 10, 32)
	if err != nil || pid <= 0 {
		return corrupt
	}
	if len(lines) == 1 {
		return observed.Record{Format: observed.RecordLegacy, PID: int(pid)}
	}
	seconds, err := strconv.ParseInt(lines[2], 10, 64)
	if err != nil || seconds <= 0 || lines[1] == "" {
		return corrupt
	}
	return observed.Record{
		Format:  observed.RecordCurrent,
		PID:     int(pid),
		Command: lines[1],
		Started: time.Unix(seconds, 0),
	}
}

// recordLines splits into trimmed lines, empty ones at the end left out.
func recordLines(data []byte) []string {
	var lines []string
	for scanner := bufio.NewScanner(bytes.NewReader(data)); scanner.Scan(); {
		lines = append(lines, strings.TrimSpace(scanner.Text()))
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}
