package main

import (
	"os"
	"strings"
)

// scenes are the ways to all the failpoints.
func scenes() []scene {
	return []scene{
		{
			// The very first start.
			points: []string{
				"start/locked", "start/database-locked", "start/marked", "start/spawned", "start/recorded",
				"record/written", "record/renamed", "seal/recorded", "seal/unmarked",
				"meta/written", "meta/renamed", "replace/written", "replace/renamed",
			},
			set:  func(s *stage) { s.wants() },
			want: serves,
		},
		{
			points: []string{"adopt/watched", "adopt/identified"},
			set: func(s *stage) {
				s.orphan()
				s.remove("temporal.pid")
			},
			want: serves,
		},
		{
			points: []string{"stop/term", "stop/termed"},
			set: func(s *stage) {
				s.orphan()
				s.pid = 0
				s.wants("enabled: false")
			},
			want: isGone,
		},
		{
			points: []string{"stop/kill", "stop/killed"},
			set: func(s *stage) {
				lines := []string{patient, "terminationGracePeriod: 300ms"}
				s.wishStub([]string{"STUB_IGNORE_TERM=1"}, lines...)
				s.up()
				s.kill9(s.daemon().pid)
				s.wishStub([]string{"STUB_IGNORE_TERM=1"}, append(lines, "enabled: false")...)
			},
			want: isGone,
		},
		{
			points: []string{"quarantine/checked", "aside/companions", "aside/moved"},
			set:    (*stage).interruptedBoot,
			want:   (*stage).isQuarantined,
		},
		{
			points: []string{"copy/filled", "copy/published", "backup/copied", "backup/described", "backup/recorded"},
			real:   true,
			set: func(s *stage) {
				s.hasRun()
				s.servedBy("temporal-server 1.28.0", "temporal-server 1.28.0")
			},
			want: (*stage).isBackedUp,
		},
		{
			points: []string{
				"stage/copied", "stage/recorded", "restore/kept", "restore/begun",
				"restore/aside", "restore/placed", "restore/unmarked", "restore/recorded",
			},
			real: true,
			set: func(s *stage) {
				s.wants()
				s.up()
				s.start("kept")
				s.backup = s.world.backup()
				s.f.startMany("replaced", 1)
				s.kill9(s.daemon().pid)
				s.restoreWish()
			},
			want: (*stage).isRestored,
		},
	}
}

// interruptedBoot leaves what a first boot leaves that was cut short.
func (s *stage) interruptedBoot() {
	s.Helper()
	s.wants()
	s.write("{}", "temporal-data", "temporal.db.first-boot")
	change(s, s.database(), "CREATE TABLE half (made INTEGER)")
	s.write("", "temporal-data", "temporal.db-journal")
}

// isQuarantined: the half-made database is aside, with its journal, and another
// one serves.
func (s *stage) isQuarantined() {
	s.Helper()
	serves(s)
	aside := s.aside(".incomplete-*Z")
	if len(aside) != 1 {
		s.Fatalf("aside are %v", aside)
	}
	if _, err := os.Stat(aside[0] + "-journal"); err != nil {
		s.Errorf("its journal is lost: %v", err)
	}
	if got := query(s, copyDatabase(s, aside[0]), "SELECT name FROM sqlite_schema"); len(got) != 1 || got[0] != "half" {
		s.Errorf("it has %v", got)
	}
}

// isBackedUp: there is a whole copy, and the server of this build serves.
func (s *stage) isBackedUp() {
	s.Helper()
	serves(s)
	folder := s.file("temporal-data", "backups")
	entries, err := os.ReadDir(folder)
	if err != nil {
		s.Fatal(err)
	}
	copies := 0
	for _, entry := range entries {
		switch name := entry.Name(); {
		case strings.HasSuffix(name, ".db"):
			copies++
			isWhole(s, copyDatabase(s, s.file("temporal-data", "backups", name)))
		case strings.HasPrefix(name, ".stigmer-scratch-"):
			s.Errorf("%s is left", name)
		}
	}
	// One that was complete when the daemon died is kept, and counts as a backup.
	if copies != 1 && copies != 2 {
		s.Errorf("there are %v", entries)
	}
}

// isRestored: what the copy has is there, what came after it is aside, whole.
func (s *stage) isRestored() {
	s.Helper()
	s.lists(s.f, s.kept)
	got, err := s.f.listed()
	if err != nil || len(got) != len(s.kept) {
		s.Errorf("there are %v, %v; want %v", got, err, s.kept)
	}
	aside := s.aside(".replaced-*")
	if len(aside) != 1 {
		s.Fatalf("aside are %v", aside)
	}
	isWhole(s, copyDatabase(s, aside[0]))
	if left, _ := os.ReadDir(s.file("temporal-data", ".stigmer-restore")); len(left) > 0 {
		s.Errorf("beside the database is left %v", left)
	}
}
