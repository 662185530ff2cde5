package plan

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// Restore returns the history that a new daemon, or a command that looks,
// starts with, from the object that a daemon left behind. A server that was
// there and should be, and that the first look does not find, ended without
// being asked to.
func Restore(last *v1alpha1.Temporal) History {
	h := History{Generation: last.Generation, RestartCount: last.Status.RestartCount}
	if p := last.Status.Process; p != nil {
		h.LastPID = int(p.PID)
		h.Unplanned = Desired{Object: last}.Wanted()
	}
	if exit := last.Status.LastExit; exit != nil {
		h.LastExit = &Exit{
			Identity: observed.Identity{PID: int(exit.PID)},
			Code:     exit.ExitCode,
			Signal:   exit.Signal,
			Time:     exit.Time.Time,
		}
	}
	if kept := last.Status.History; kept != nil {
		h.Served, h.StoreRead, h.StoreWritten = kept.Served, kept.StoreRead, kept.StoreWritten
		h.Failures, h.StartProblem = int(kept.Failures), kept.StartProblem
		if kept.Write != nil {
			h.Write = WriteCheck{
				Time: timeOf(kept.Write.Time), Problem: kept.Write.Problem, Failures: int(kept.Write.Failures),
				Late: kept.Write.Late, LateAt: timeOf(kept.Write.LateAt),
			}
		}
		h.NotBefore = timeOf(kept.NotBefore)
		if wish := kept.Restore; wish != nil {
			h.Restore = RestoreWish{Value: wish.Wish, Database: wish.Database, Knowing: wish.Knowing, Done: wish.Done, Problem: wish.Problem, FailedAt: timeOf(wish.FailedAt)}
		}
		for _, db := range kept.Databases {
			h.Databases = append(h.Databases, KnownDatabase{
				Path: db.Path, Named: db.Named, Mount: observed.Mount{Point: db.Mount, FileSystem: db.FileSystem},
				ClusterID: db.ClusterID, Served: timeOf(db.Served), GivenUp: db.GivenUp,
			})
		}
		h.Retirements = retirements(kept.Retirements)
	}
	return h
}

func retirements(kept []v1alpha1.RetirementStatus) map[observed.Identity]Retirement {
	list := map[observed.Identity]Retirement{}
	for _, r := range kept {
		id := observed.Identity{BootID: r.BootID, PID: int(r.PID), StartTicks: uint64(r.StartTicks)}
		asked := Retirement{Reason: r.Reason, Asked: r.Asked.Time, Killed: timeOf(r.Killed)}
		if r.Age != nil {
			asked.Age, asked.Kept = r.Age.Duration, true
		}
		list[id] = asked
	}
	return list
}

// Keep returns the part of the history that the status keeps; nil when there
// is nothing to keep.
func (h History) Keep() *v1alpha1.HistoryStatus {
	kept := &v1alpha1.HistoryStatus{Served: h.Served, StoreRead: h.StoreRead, StoreWritten: h.StoreWritten, Failures: int32(h.Failures)}
	if write := h.Write; write != (WriteCheck{}) {
		kept.Write = &v1alpha1.WriteCheckStatus{
			Time: microTime(write.Time), Problem: write.Problem, Failures: int32(write.Failures),
			Late: write.Late, LateAt: microTime(write.LateAt),
		}
	}
	if wish := h.Restore; wish.Value != "" {
		kept.Restore = &v1alpha1.RestoreWishStatus{
			Wish: wish.Value, Database: wish.Database, Knowing: wish.Knowing, Done: wish.Done, Problem: wish.Problem, FailedAt: microTime(wish.FailedAt),
		}
	}
	for _, db := range h.Databases {
		kept.Databases = append(kept.Databases, v1alpha1.KnownDatabaseStatus{
			Path: db.Path, Named: db.Named, Mount: db.Mount.Point, FileSystem: db.Mount.FileSystem,
			ClusterID: db.ClusterID, Served: microTime(db.Served), GivenUp: db.GivenUp,
		})
	}
	if h.Failures > 0 {
		kept.NotBefore, kept.StartProblem = microTime(h.NotBefore), h.StartProblem
	}
	for id, r := range h.Retirements {
		kept.Retirements = append(kept.Retirements, v1alpha1.RetirementStatus{
			BootID: id.BootID, PID: int32(id.PID), StartTicks: int64(id.StartTicks),
			Reason: r.Reason, Asked: metav1.NewMicroTime(r.Asked), Killed: microTime(r.Killed), Age: &metav1.Duration{Duration: r.Age},
		})
	}
	slices.SortFunc(kept.Retirements, func(a, b v1alpha1.RetirementStatus) int { return int(a.PID - b.PID) })
	if !kept.Served && kept.Write == nil && kept.Failures == 0 && kept.Retirements == nil && kept.Restore == nil && kept.Databases == nil {
		return nil
	}
	return kept
}

func timeOf(t *metav1.MicroTime) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Time
}

func microTime(t time.Time) *metav1.MicroTime {
	if t.IsZero() {
		return nil
	}
	m := metav1.NewMicroTime(t)
	return &m
}
