package plan

import (
	"cmp"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// Verdict is what a look says of one aspect of the instance. Package status
// makes a condition of each.
type Verdict struct {
	// Type is the condition's type.
	Type string
	// Holds is Known for True, Absent for False.
	Holds observed.Knowledge
	// Reason is one CamelCase word, Message one sentence.
	Reason, Message string
	// remedy is what the user can do when it does not hold.
	remedy string
}

// Verdict returns the verdict of that type; the zero one, which is Unknown,
// when there is none.
func (p Plan) Verdict(name string) Verdict {
	for _, verdict := range p.Verdicts {
		if verdict.Type == name {
			return verdict
		}
	}
	return Verdict{Type: name}
}

func holds(name, reason, message string) Verdict {
	return Verdict{Type: name, Holds: observed.Known, Reason: reason, Message: message}
}

func fails(name, reason, message, remedy string) Verdict {
	return Verdict{Type: name, Holds: observed.Absent, Reason: reason, Message: message, remedy: remedy}
}

func unsure(name, message string) Verdict {
	return Verdict{Type: name, Holds: observed.Unknown, Reason: "NotObserved", Message: message}
}

// noServer is the verdict on a server while none is known to run.
func (v view) noServer(name string) Verdict {
	if processes := v.in.Observed.Processes; !processes.IsKnown() {
		return unsure(name, "which processes run is not known: "+processes.Reason)
	}
	return fails(name, "NoProcess", "no server of this instance runs", "")
}

// deepChecks are the verdicts that a server must pass before it is Ready, in
// the order in which the first that fails is told. They are asked only of a
// server whose frontend serves.
func deepChecks() []string {
	return []string{
		v1alpha1.ConditionDatabaseFile, v1alpha1.ConditionStoreReadable, v1alpha1.ConditionStoreWritable,
		v1alpha1.ConditionVisibilityReadable, v1alpha1.ConditionUIServing,
	}
}

// verdicts returns all verdicts of a look.
func (v view) verdicts() []Verdict {
	return []Verdict{
		v.databaseFile(), v.storeReadable(), v.storeWritable(), v.visibilityReadable(), v.uiServing(),
		v.namespacesReady(), v.searchAttributesReady(), v.exposed(), v.shadowed(), v.versionSkew(),
	}
}

// checked turns a check of the server into a verdict.
func (v view) checked(name string, check observed.Fact[observed.Check], good, remedy string) Verdict {
	outcome, asked := check.Get()
	switch {
	case v.main == nil && !v.reusable():
		return v.noServer(name)
	case !asked:
		return unsure(name, v.whyNotChecked(check.Reason))
	case outcome.Problem != "":
		return fails(name, "CheckFailed", outcome.Problem, remedy)
	}
	return holds(name, "Checked", good)
}

// whyNotChecked says why a deep check has no answer.
func (v view) whyNotChecked(reason string) string {
	if serving, known := v.serving.Get(); !serving || !known {
		return "not asked while the frontend does not serve"
	}
	if reason == "" {
		return "not asked"
	}
	return reason
}

func (v view) storeReadable() Verdict {
	name := v1alpha1.ConditionStoreReadable
	recorded, running, differ := v.otherCluster()
	switch {
	case differ:
		return fails(name, "OtherCluster",
			"the server has the database of cluster "+running+", and "+v.metaPath()+" records cluster "+recorded,
			"if you replaced the file on purpose, remove "+v.metaPath()+"; else put the right file back and "+v.quoted("restart"))
	case v.main != nil && v.onFile() && v.in.Observed.Database.Meta.IsUnknown():
		return unsure(name, v.in.Observed.Database.Meta.Reason)
	}
	return v.checked(name, v.in.Observed.Server.Store, "the server reads its store",
		"if the file is damaged, restore a backup: see "+v.quoted("backups")+" and "+v.quoted("logs"))
}

// otherCluster reports whether the server has another database than the one
// that is recorded beside the file.
func (v view) otherCluster() (recorded, running string, differ bool) {
	meta, cluster := v.in.Observed.Database.Meta, v.in.Observed.Server.Cluster
	if v.main == nil || !v.startedOnIt() || !meta.IsKnown() || !cluster.IsKnown() {
		return "", "", false
	}
	recorded, running = meta.Value.ClusterID, cluster.Value.ID
	return recorded, running, recorded != "" && running != recorded
}

// writeCheckStale is how old the last write check may be to count: longer
// than it takes to make the next one, on a slow machine.
const writeCheckStale = 3 * WriteCheckEvery

// storeWritable judges by the last write, which is not made in every look. One
// that succeeded does not count any more when the file was lost since, the server
// hangs, or the next one is late.
func (v view) storeWritable() Verdict {
	name, write := v1alpha1.ConditionStoreWritable, v.in.History.Write
	file, late := v.databaseFile(), write.late(v.in.Now)
	switch serving, known := v.serving.Get(); {
	case v.main == nil:
		return v.noServer(name)
	case !known || !serving:
		return unsure(name, v.whyNotChecked(""))
	case write.Time.IsZero():
		return unsure(name, cmp.Or(late, "the first write has not been tried yet"))
	case v.in.Now.Sub(write.Time) > writeCheckStale:
		return unsure(name, cmp.Or(late, "no write was tried lately"))
	case write.Problem != "":
		return fails(name, "CheckFailed", write.Problem,
			"look at the disk and at "+v.quoted("logs")+"; if it stays so, "+v.quoted("restart"))
	case late != "":
		return unsure(name, late)
	case file.Holds == observed.Absent && file.Reason != firstBootUnfinished:
		return unsure(name, "not tried since: "+file.Message)
	}
	return holds(name, "Checked", "the server writes its store")
}

func (v view) visibilityReadable() Verdict {
	return v.checked(v1alpha1.ConditionVisibilityReadable, v.in.Observed.Server.Visibility, "workflows can be listed",
		"if the file is damaged, restore a backup: see "+v.quoted("backups")+" and "+v.quoted("logs"))
}

func (v view) uiServing() Verdict {
	name := v1alpha1.ConditionUIServing
	if !v.in.Desired.Object.Spec.UIEnabled() {
		return holds(name, "Disabled", "the UI is switched off")
	}
	if v.main == nil && v.reusable() {
		return unsure(name, "not asked of a server that is not ours")
	}
	return v.checked(name, v.in.Observed.Server.UI, "the UI answers 200", v.quoted("restart")+", or switch it off: spec.ui.enabled: false")
}
