package observer

import (
	"sync"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// fileKey tells files apart, whatever their paths.
type fileKey struct{ device, inode uint64 }

// openFile is a file that a process has open.
type openFile struct {
	pid  int
	file fileKey
}

// fileMemory remembers at which descriptor a process had a file open, so that
// one stat tells whether it still has.
type fileMemory struct {
	mu          sync.Mutex
	descriptors map[openFile]int
}

func newFileMemory() *fileMemory { return &fileMemory{descriptors: map[openFile]int{}} }

func (m *fileMemory) get(f openFile) (int, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	descriptor, ok := m.descriptors[f]
	return descriptor, ok
}

func (m *fileMemory) put(f openFile, descriptor int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.descriptors) >= maxPlaces {
		clear(m.descriptors)
	}
	m.descriptors[f] = descriptor
}

// opens says whether the process has that very file open. The error says why
// that is Unknown.
func (l *look) opens(pid int, database databaseFile) (observed.Knowledge, error) {
	file, ok := database.file.Get()
	if !ok {
		// Nobody has a file open that is not there, or that nobody asked about.
		return answer(database.path == "" || database.file.IsAbsent(), false), nil
	}
	wanted := openFile{pid: pid, file: fileKey{device: file.Device, inode: file.Inode}}
	if descriptor, ok := l.files.get(wanted); ok && l.machine.hasFile(pid, descriptor, wanted.file) {
		return observed.Known, nil
	}
	descriptor, found, err := l.machine.findFile(pid, wanted.file)
	if found {
		l.files.put(wanted, descriptor)
	}
	return answer(err == nil || found, found), err
}
