package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// HistoryStatus is what can no longer be looked at.
type HistoryStatus struct {
	// Served says that the process of the status has served.
	// +optional
	Served bool `json:"served,omitempty"`
	// Failures counts the servers that failed in a row.
	// +optional
	Failures int32 `json:"failures,omitempty"`
	// NotBefore is when the next one may be started.
	// +optional
	NotBefore *metav1.MicroTime `json:"notBefore,omitempty"`
	// StartProblem is why the last attempt came to no server.
	// +optional
	StartProblem string `json:"startProblem,omitempty"`
	// StoreRead says that the process of the status could read its store.
	// +optional
	StoreRead bool `json:"storeRead,omitempty"`
	// StoreWritten says that a write of it succeeded.
	// +optional
	StoreWritten bool `json:"storeWritten,omitempty"`
	// Write is the last write check.
	// +optional
	Write *WriteCheckStatus `json:"write,omitempty"`
	// Restore is what became of the last backup that was to be restored.
	// +optional
	Restore *RestoreWishStatus `json:"restore,omitempty"`
	// Databases are the last few that have served, the newest last.
	// +listType=map
	// +listMapKey=path
	// +optional
	Databases []KnownDatabaseStatus `json:"databases,omitempty"`
	// Retirements are the processes that were asked to stop and still live.
	// +listType=atomic
	// +optional
	Retirements []RetirementStatus `json:"retirements,omitempty"`
}

// RestoreWishStatus is what became of a backup that was to be restored.
type RestoreWishStatus struct {
	// Wish is the value of the restore annotation.
	Wish string `json:"wish"`
	// Database of the spec when the wish was first seen.
	Database string `json:"database"`
	// Knowing says that the server was known to have its data alone already when
	// the wish was first seen.
	// +optional
	Knowing bool `json:"knowing,omitempty"`
	// Done says that it was put in place, or taken out of the file before.
	// +optional
	Done bool `json:"done,omitempty"`
	// Problem is why it could not be put in place.
	// +optional
	Problem string `json:"problem,omitempty"`
	// FailedAt is when that was found.
	// +optional
	FailedAt *metav1.MicroTime `json:"failedAt,omitempty"`
}

// KnownDatabaseStatus is a database that has served.
type KnownDatabaseStatus struct {
	// Path of the file, without symbolic links.
	Path string `json:"path"`
	// Mount is the mount point of its file system when it last served, FileSystem the
	// id of that, where there is one.
	Mount string `json:"mount"`
	// +optional
	FileSystem string `json:"fileSystem,omitempty"`
	// ClusterID is Temporal's own id of the database.
	ClusterID string `json:"clusterID"`
	// Named is its path as the spec had it.
	// +optional
	Named string `json:"named,omitempty"`
	// Served is when a write to it last succeeded.
	// +optional
	Served *metav1.MicroTime `json:"served,omitempty"`
	// GivenUp is the annotation give-up of the time when it was last seen.
	// +optional
	GivenUp string `json:"givenUp,omitempty"`
}

// RetirementStatus is a process that was asked to stop.
type RetirementStatus struct {
	// BootID is the kernel's id of the boot, PID the process id.
	BootID string `json:"bootID"`
	PID    int32  `json:"pid"`
	// StartTicks is the kernel's start time, in the platform's own unit.
	StartTicks int64 `json:"startTicks"`
	// Reason why it has to go.
	Reason string `json:"reason"`
	// Asked is when it was first asked, Killed when it was last killed.
	Asked metav1.MicroTime `json:"asked"`
	// +optional
	Killed *metav1.MicroTime `json:"killed,omitempty"`
	// Age is how old the process was when it was first asked, less all that the
	// machine had slept until then, so it may be negative: that tells the time to
	// another daemon, whatever was done to the wall clock and slept through since.
	// What was slept is told on Linux only.
	// +optional
	Age *metav1.Duration `json:"age,omitempty"`
}

// WriteCheckStatus is the outcome of a write to the server's store.
type WriteCheckStatus struct {
	// Time of the check; nil while only the first one is late.
	// +optional
	Time *metav1.MicroTime `json:"time,omitempty"`
	// Problem is why it failed; empty when it did not.
	// +optional
	Problem string `json:"problem,omitempty"`
	// Failures counts the checks that failed in a row.
	// +optional
	Failures int32 `json:"failures,omitempty"`
	// Late is why the next check has had no answer yet, LateAt when that was seen.
	// +optional
	Late string `json:"late,omitempty"`
	// +optional
	LateAt *metav1.MicroTime `json:"lateAt,omitempty"`
}
