package plan

import (
	"fmt"
	"slices"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// startedOnIt reports whether the server was started on the database of the
// spec, as far as can be told. After an edit of the storage it was not, and
// what it has open or answers says nothing of that database.
func (v view) startedOnIt() bool {
	return v.onFile() && slices.ContainsFunc(v.unit, func(p observed.Process) bool {
		return p.Evidence.NamesDatabase != observed.Absent || p.Evidence.OpensDatabase == observed.Known
	})
}

// startedElsewhere returns the database that the server was started on when
// that is not the spec's: the storage was edited since, and what the server has
// is there.
//
// It goes by the process that has the file open, if any has: a wrapper names it too.
func (v view) startedElsewhere() (on observed.StartedOn, elsewhere bool) {
	for _, p := range v.unit {
		if its, there := p.StartedOn.Get(); there && (!elsewhere || its.Opens == observed.Known || its.Opens == observed.Unknown && on.Opens == observed.Absent) {
			on, elsewhere = its, true
		}
	}
	return on, elsewhere
}

// opensDatabase says whether a process of the unit has the file at the path open.
func (v view) opensDatabase() observed.Knowledge {
	return v.any(func(e observed.Evidence) observed.Knowledge { return e.OpensDatabase })
}

// any says whether some process of the unit has the evidence.
func (v view) any(of func(observed.Evidence) observed.Knowledge) observed.Knowledge {
	all := observed.Absent
	for _, p := range v.unit {
		switch of(p.Evidence) {
		case observed.Known:
			return observed.Known
		case observed.Unknown:
			all = observed.Unknown
		}
	}
	return all
}

// hasServed says whether a server that does not have its file open has had it:
// a daemon has seen it serve, or it has another database open than the one that
// is there. One that has none open has not come that far.
func (v view) hasServed() observed.Knowledge {
	if v.in.History.Served {
		return observed.Known
	}
	return v.any(func(e observed.Evidence) observed.Knowledge { return e.OpensAnother })
}

// lostFile says whether the server alone has its data: it has served, and the
// file that it was started on was deleted or replaced under it. Which file that
// is was decided then, whatever the spec says by now.
func (v view) lostFile() observed.Knowledge {
	on, elsewhere := v.startedElsewhere()
	told, opens := on.Opens != observed.Unknown, on.Opens
	if !elsewhere {
		opens = v.opensDatabase()
		told = opens != observed.Unknown && !v.in.Observed.Database.File.IsUnknown() && !v.startUnread()
	}
	served := v.hasServed()
	switch {
	case v.main == nil || !elsewhere && !v.startedOnIt() || served == observed.Absent || opens == observed.Known:
		return observed.Absent
	case served == observed.Unknown || !told:
		return observed.Unknown
	}
	return observed.Known
}

// startUnread reports whether it cannot be told which database the server was
// started on.
func (v view) startUnread() bool {
	return v.any(func(e observed.Evidence) observed.Knowledge { return e.NamesDatabase }) == observed.Unknown
}

const filesUnread = "which files the server has open cannot be read"

// whyUntold says why it cannot be told whether the server alone has its data.
func (v view) whyUntold() string {
	on, elsewhere := v.startedElsewhere()
	db := v.in.Observed.Database
	switch {
	case elsewhere && on.Opens == observed.Unknown:
		return "whether the server still has " + on.Path + " cannot be told"
	case !elsewhere && db.File.IsUnknown():
		return db.File.Reason
	case !elsewhere && v.startUnread():
		return "which database the server was started on cannot be read"
	}
	return filesUnread
}

// lost judges a server that alone has its data. What is at the path now, if
// anything, is another file.
func (v view) lost() Verdict {
	name, from := v1alpha1.ConditionDatabaseFile, v.origin()
	gone, another := from.Exists == observed.Absent, from.Another
	rescue := "save what it holds with " + v.quoted("backup") + ", then " + v.quoted("restore BACKUP") +
		"; or give it up with " + v.quoted("restart")
	find := fmt.Sprintf("find it with 'find -H / -samefile %s' and move it back; or %s", another.Link, rescue)
	reason := "Replaced"
	if gone {
		reason = "Moved"
	}
	_, elsewhere := v.startedElsewhere()
	missing := v.missingDatabase()
	switch {
	case missing.Problem != "" && !elsewhere:
		return fails(name, "NotMounted", "the server still has "+from.Named+" open, but "+missing.Problem, missing.Remedy+"; or "+rescue)
	case another.Path != "" && from.DeadLink != "":
		return fails(name, reason, "the link "+from.DeadLink+" leads nowhere now, and the server has "+another.Path+" open", "set it back; or "+rescue)
	case another.Path != "" && from.Linked():
		// The file may be where it was, and the link lead elsewhere.
		return fails(name, reason, from.Named+" leads to "+from.Path+" now, and the server has "+another.Path+" open",
			"set the link, or the file, back; or "+rescue)
	case another.Path != "" && gone:
		return fails(name, reason, from.Named+" was moved to "+another.Path+" under the server, which cannot write it there", "move it back; or "+rescue)
	case another.Path != "":
		return fails(name, reason, from.Named+" was replaced under the server, which still has the old file, now at "+another.Path, rescue)
	case gone && another.Links > 0:
		return fails(name, reason, from.Named+" is gone, and the file that the server has open has another name", find)
	case another.Links > 0:
		return fails(name, reason, from.Named+" was replaced under the server, which still has the old file, and that has another name", rescue)
	case gone:
		return fails(name, "Deleted", from.Named+" was deleted under the server: what it holds is lost when it ends", rescue)
	}
	return fails(name, reason, from.Named+" was replaced under the server, which still has the old file", rescue)
}
