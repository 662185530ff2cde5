package simulation

import (
	"fmt"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/actuator"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// seal records what is known, and takes the marker away.
func (m *Machine) seal(w plan.DatabaseWork) error {
	f := m.Disk.At(w.Path)
	if f.Store == 0 {
		return &actuator.DatabaseChangedError{Path: w.Path, Found: "there is none"}
	}
	if store := m.Disk.Stores[f.Store]; !store.Whole {
		m.harm("a database that lacks tables was sealed as complete")
	}
	m.Disk.Change(w.Path, func(f *File) { f.Meta = observed.Is(w.Meta) })
	if err := m.Between("the record is written"); err != nil {
		return err
	}
	m.Disk.Change(w.Path, func(f *File) { f.Marker = false })
	return nil
}

// quarantine renames a database aside whose first boot was cut short.
func (m *Machine) quarantine(w plan.DatabaseWork) error {
	f := m.Disk.At(w.Path)
	switch {
	case f.Store != 0 && !f.Marker:
		return &actuator.DatabaseChangedError{Path: w.Path, Found: "its first boot came to its end"}
	case f.Store != 0 && m.Disk.Stores[f.Store].Used:
		// The real one looks into the file, and takes the marker away.
		m.Disk.Change(w.Path, func(f *File) { f.Marker = false })
		return &actuator.DatabaseChangedError{Path: w.Path, Found: "it holds workflows"}
	}
	return m.Disk.moveAside(w.Path, w.Aside)
}

// backUp copies a database that nobody has open, and records that.
func (m *Machine) backUp(w plan.DatabaseWork) error {
	f := m.Disk.At(w.Path)
	if f.Store == 0 || f.Journal && !m.Disk.Stores[f.Store].Whole {
		return fmt.Errorf("cannot copy %s: %w", w.Path, errIO)
	}
	if m.Disk.Full {
		return fmt.Errorf("no room for a copy: %w", errIO)
	}
	m.Disk.Backups[w.BackupPath] = m.Disk.copyOf(f.Store)
	if err := m.Between("the copy is made"); err != nil {
		return err
	}
	m.Disk.Change(w.Path, func(f *File) {
		meta := f.Meta.Value
		meta.BackedUpFor, meta.Objects = w.Meta.BackedUpFor, []string{"table executions"}
		f.Meta = observed.Is(meta)
	})
	return nil
}

// stage copies a backup beside the database and checks it.
func (m *Machine) stage(w plan.DatabaseWork) error {
	f := m.Disk.At(w.Path)
	if f.Copy != 0 && f.Staged.Value.Restored == w.Meta.Restored {
		return nil
	}
	store, there := m.Disk.Backups[w.BackupPath]
	switch {
	case !there:
		return fmt.Errorf("there is no %s", w.BackupPath)
	case store == 0 || !m.Disk.Stores[store].Whole:
		return fmt.Errorf("%s cannot be used: it is no database", w.BackupPath)
	case m.Disk.Full:
		return fmt.Errorf("no room for a copy: %w", errIO)
	}
	copied := m.Disk.copyOf(store)
	m.Disk.Change(w.Path, func(f *File) { f.Copy, f.Staged = copied, observed.None[observed.Meta]("") })
	if err := m.Between("the backup is copied"); err != nil {
		return err
	}
	staged := observed.Meta{ClusterID: m.Disk.Stores[store].Cluster, LastServedBy: m.Build, CreatedBy: m.Build, Restored: w.Meta.Restored}
	m.Disk.Change(w.Path, func(f *File) { f.Staged = observed.Is(staged) })
	return nil
}

// discard removes a staged backup.
func (m *Machine) discard(w plan.DatabaseWork) error {
	if aside := m.Disk.At(w.Path).Staged.Value.Replaces; aside != "" {
		return &actuator.DatabaseChangedError{Path: w.Path, Found: "a restore has begun"}
	}
	m.Disk.Change(w.Path, func(f *File) { f.Copy, f.Staged = 0, observed.None[observed.Meta]("") })
	return nil
}

// replace puts the staged backup in the place of the database.
func (m *Machine) replace(w plan.DatabaseWork) error {
	f := m.Disk.At(w.Path)
	switch {
	case f.Staged.Value.Replaces != "":
	case f.Meta.Value.Restored == w.Meta.Restored:
		return m.discard(w)
	case f.Copy == 0 || f.Staged.Value.Restored != w.Meta.Restored:
		return &actuator.DatabaseChangedError{Path: w.Path, Found: "it was copied for another restore, or not at all"}
	default:
		m.Disk.Change(w.Path, func(f *File) {
			meta := f.Staged.Value
			meta.Replaces = w.Aside
			f.Staged = observed.Is(meta)
		})
		if err := m.Between("the swap is written down"); err != nil {
			return err
		}
	}
	if f = m.Disk.At(w.Path); f.Copy != 0 {
		if err := m.swap(w, f.Staged.Value.Replaces); err != nil {
			return err
		}
	}
	if err := m.Between("the copy is in place"); err != nil {
		return err
	}
	m.Disk.Change(w.Path, func(f *File) { f.Marker = false })
	if err := m.Between("the marker is taken away"); err != nil {
		return err
	}
	m.Disk.Change(w.Path, func(f *File) { f.Meta, f.Staged = f.Staged, observed.None[observed.Meta]("") })
	return nil
}

// swap carries out the renames that are left of a restore.
func (m *Machine) swap(w plan.DatabaseWork, aside string) error {
	if _, taken := m.Disk.Aside[aside]; taken {
		aside = w.Aside
	}
	if m.Disk.At(w.Path).Store != 0 || m.Disk.At(w.Path).Journal {
		if err := m.Disk.moveAside(w.Path, aside); err != nil {
			return err
		}
	}
	if err := m.Between("the database is moved aside"); err != nil {
		return err
	}
	m.Disk.Change(w.Path, func(f *File) { f.Store, f.Copy = f.Copy, 0 })
	return nil
}
