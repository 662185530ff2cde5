package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// TestServerThatMayHaveTheOnlyCopyStays: which files it has open cannot be read,
// so another one may be at the path. Neither an edit nor its health ends it, and
// a restart that is asked for does.
func TestServerThatMayHaveTheOnlyCopyStays(t *testing.T) {
	untold := func(p *observed.Process) {
		p.Evidence.OpensDatabase, p.Evidence.OpensAnother = observed.Unknown, observed.Unknown
	}
	for name, c := range map[string]struct {
		change func(*base)
		want   Situation
	}{
		"an edit":            {func(b *base) { b.spec().LogLevel = "debug" }, DatabaseUnknown},
		"stopped":            {func(b *base) { b.hangs(); b.edit(func(p *observed.Process) { p.State = observed.StateStopped }) }, DatabaseUnknown},
		"hangs":              {(*base).hangs, DatabaseUnknown},
		"never seen serving": {func(b *base) { b.hangs(); b.History.Served = false }, DatabaseUnknown},
		"well":               {func(*base) {}, ChecksUnknown},
		"asked for":          {func(b *base) { b.hangs(); b.restart() }, RestartRequested},
		"known to have opened none": {func(b *base) {
			b.hangs()
			b.History.Served = false
			b.edit(func(p *observed.Process) { p.Evidence.OpensAnother = observed.Absent })
		}, StartTimedOut},
	} {
		b := healthy()
		b.edit(untold)
		c.change(&b)
		p := Compute(b.Input)
		if p.Situation != c.want {
			t.Errorf("%s: %s", name, p)
		}
		if c.want == DatabaseUnknown && (len(p.Actions) > 0 || p.LostFile != observed.Unknown || !strings.Contains(p.Remedy, "restart")) {
			t.Errorf("%s: %s", name, p)
		}
	}
}

// hangs makes the server fail its checks for long enough.
func (b *base) hangs() {
	b.silent()
	b.History.FailedChecks = int(b.spec().Health.FailureThreshold)
}

func (b *base) restart() {
	b.Desired.Object.Annotations = map[string]string{v1alpha1.RestartedAtAnnotation: b.Now.Add(-time.Second).Format(time.RFC3339Nano)}
}

// TestWhyUntold: what is said is what could not be read.
func TestWhyUntold(t *testing.T) {
	for want, change := range map[string]func(*base){
		"it is a folder": func(b *base) {
			b.Observed.Database.File = observed.Unsure[observed.File]("it is a folder")
			b.edit(func(p *observed.Process) { p.Evidence.OpensDatabase = observed.Unknown })
		},
		"which files the server has open cannot be read": func(b *base) {
			b.edit(func(p *observed.Process) { p.Evidence.OpensDatabase = observed.Unknown })
		},
		"which database the server was started on cannot be read": func(b *base) {
			b.edit(func(p *observed.Process) {
				p.Evidence.NamesDatabase, p.Evidence.OpensDatabase = observed.Unknown, observed.Absent
			})
		},
	} {
		b := healthy()
		change(&b)
		if v := Compute(b.Input).Verdict(v1alpha1.ConditionDatabaseFile); v.Holds != observed.Unknown || v.Message != want {
			t.Errorf("%+v, want %q", v, want)
		}
	}
}

// TestDatabaseLostAfterTheRestoreWasAskedFor: what the server alone has would be
// gone, and whoever asked thought that it is kept. Who asks knowing it is obeyed,
// and so is the next daemon's memory of that.
func TestDatabaseLostAfterTheRestoreWasAskedFor(t *testing.T) {
	wish := "/b/x.db@2026-01-02T03:04:04Z"
	lose := func(b *base) {
		b.edit(func(p *observed.Process) {
			p.Evidence.OpensDatabase, p.Evidence.OpensAnother = observed.Absent, observed.Known
		})
		b.Observed.Database.File = observed.None[observed.File]("")
	}
	hide := func(b *base) {
		b.edit(func(p *observed.Process) {
			p.Evidence.OpensDatabase, p.Evidence.OpensAnother = observed.Unknown, observed.Unknown
		})
	}
	for name, c := range map[string]struct {
		before, after func(*base)
		want          Situation
	}{
		"lost after":                 {func(*base) {}, lose, DatabaseLost},
		"lost before":                {lose, func(*base) {}, RestoreRequested},
		"never lost":                 {func(*base) {}, func(*base) {}, RestoreRequested},
		"unknown after":              {func(*base) {}, hide, ChecksUnknown},
		"unknown before, lost after": {hide, lose, DatabaseLost},
		"unknown throughout":         {hide, func(*base) {}, ChecksUnknown},
	} {
		b := healthy()
		b.Desired.Object.Annotations = map[string]string{v1alpha1.RestoreAnnotation: wish}
		b.Observed.Restore = observed.Is(observed.File{Size: 1})
		c.before(&b)
		b.look()
		c.after(&b)
		b.Observed.Database.Staged = observed.Is(observed.Meta{Restored: wish})
		b.look()
		for range 2 {
			p := Compute(b.Input)
			if p.Situation != c.want || (c.want == RestoreRequested) != (len(p.Actions) > 0) {
				t.Errorf("%s: %s", name, p)
			}
			if waits := "it was to make room for /b/x.db"; strings.Contains(p.Message, waits) != (c.want == DatabaseLost) {
				t.Errorf("%s: not said what waits for it: %s", name, p.Message)
			}
			b.History = kept(t, b)
			b.look()
		}
	}
}

// TestWishOfWhatIsStopped: what a start would do is said of it.
func TestWishOfWhatIsStopped(t *testing.T) {
	b := healthy()
	b.gone()
	no := false
	b.spec().Enabled = &no
	b.Desired.Object.Annotations = map[string]string{v1alpha1.RestoreAnnotation: "/b/x.db@2026-01-02T03:04:04Z"}
	for there, want := range map[bool]string{true: "spec.enabled is false; the next start restores /b/x.db", false: "spec.enabled is false; /b/x.db was to be restored and cannot be now: there is no /b/x.db"} {
		b.Observed.Restore = observed.None[observed.File]("there is no /b/x.db")
		if there {
			b.Observed.Restore = observed.Is(observed.File{})
		}
		b.look()
		if p := Compute(b.Input); p.Situation != Stopped || p.Message != want {
			t.Errorf("the backup is there: %t: %s", there, p)
		}
	}
}

// TestRenamedHomeIsNoDrift: the path of a file that must not be there is all that
// differs.
func TestRenamedHomeIsNoDrift(t *testing.T) {
	b := healthy()
	b.spec().Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory}
	b.startedAsWanted()
	b.Desired.Files.NoEnvFile = "/home/ada/renamed/temporal.no-env-file"
	if drift := driftOf(b.Observed.Processes.Value[0], b.Input); drift != nil {
		t.Errorf("%+v", drift)
	}
	b.spec().LogLevel = "debug"
	if drift := driftOf(b.Observed.Processes.Value[0], b.Input); drift == nil {
		t.Error("an edit is no drift")
	}
}

// startedAsWanted lets the server be one that was started for the spec.
func (b *base) startedAsWanted() {
	b.edit(func(p *observed.Process) {
		p.Args = append([]string{"/opt/temporal"}, arguments(b.Desired.Object.Spec, b.Desired.Files)...)
		p.Launch.Value.Digest = launchDigest(b.Desired)
	})
}
