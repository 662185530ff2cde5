package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TemporalStatus is what was last seen, written by the daemon.
type TemporalStatus struct {
	// ObservedGeneration is the metadata.generation that the last complete
	// pass acted for.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Situation is the name of the rule that the last pass went by, and
	// Message what it means.
	// +optional
	Situation string `json:"situation,omitempty"`
	// Message says in one sentence what is going on and what to do about it.
	// +optional
	Message string `json:"message,omitempty"`
	// Process is the server that runs; absent when none does.
	// +optional
	Process *ProcessStatus `json:"process,omitempty"`
	// RestartCount is how often a server was started again without being
	// asked to: after a crash, a hang or a timeout.
	// +optional
	RestartCount int32 `json:"restartCount,omitempty"`
	// LastExit says how the last server ended.
	// +optional
	LastExit *ExitStatus `json:"lastExit,omitempty"`
	// Endpoints are the addresses that are served.
	// +optional
	Endpoints *EndpointsStatus `json:"endpoints,omitempty"`
	// Lock is the instance's lock file and who holds it.
	// +optional
	Lock *LockStatus `json:"lock,omitempty"`
	// Binary is the Temporal that was found, and where.
	// +optional
	Binary *BinaryStatus `json:"binary,omitempty"`
	// Storage is where the workflows are.
	// +optional
	Storage *StorageStatus `json:"storage,omitempty"`
	// Conflict is the program that has a port or the database that Temporal
	// should have; absent when none has.
	// +optional
	Conflict *ConflictStatus `json:"conflict,omitempty"`
	// History is what the daemon remembers, so that a command, and the next
	// daemon, know it too.
	// +optional
	History *HistoryStatus `json:"history,omitempty"`
	// Conditions are the facts that "is it all right?" is made of.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// ProcessStatus is the server that runs.
type ProcessStatus struct {
	// PID is the process id.
	PID int32 `json:"pid"`
	// StartTime is when the process started.
	StartTime metav1.Time `json:"startTime"`
	// Executable that the process runs.
	// +optional
	Executable string `json:"executable,omitempty"`
}

// ExitStatus says how a server ended. With neither ExitCode nor Signal the
// kernel did not tell: the server was not the daemon's own child.
type ExitStatus struct {
	// PID of the process that ended.
	PID int32 `json:"pid"`
	// ExitCode is set when the process ended by itself.
	// +optional
	ExitCode *int32 `json:"exitCode,omitempty"`
	// Signal is set when a signal ended it, such as "killed".
	// +optional
	Signal string `json:"signal,omitempty"`
	// Time when the end was noticed.
	Time metav1.Time `json:"time"`
}

// EndpointsStatus are addresses that a client can use.
type EndpointsStatus struct {
	// Frontend is the gRPC address, host:port.
	// +optional
	Frontend string `json:"frontend,omitempty"`
	// UI is a URL.
	// +optional
	UI string `json:"ui,omitempty"`
	// HTTP is the URL of the HTTP API.
	// +optional
	HTTP string `json:"http,omitempty"`
	// Metrics is the URL of the Prometheus metrics.
	// +optional
	Metrics string `json:"metrics,omitempty"`
}

// LockStatus is the instance's lock file.
type LockStatus struct {
	// Path of the lock file.
	Path string `json:"path"`
	// Holder says who holds it: "pid 1234 (temporal)"; empty when free.
	// +optional
	Holder string `json:"holder,omitempty"`
}

// BinaryStatus is the Temporal that a start would run.
type BinaryStatus struct {
	// Path of the executable.
	Path string `json:"path"`
	// Source says which of the places it was found in.
	Source string `json:"source"`
}

// ConflictStatus describes a program that is in the way. It is not ours, and
// is never touched.
type ConflictStatus struct {
	// PID of the process; 0 when it cannot be seen.
	// +optional
	PID int32 `json:"pid,omitempty"`
	// User who runs it.
	// +optional
	User string `json:"user,omitempty"`
	// Executable that it runs.
	// +optional
	Executable string `json:"executable,omitempty"`
	// Command line, shortened.
	// +optional
	Command string `json:"command,omitempty"`
	// WorkingDir is its working folder.
	// +optional
	WorkingDir string `json:"workingDir,omitempty"`
	// Since when it runs.
	// +optional
	Since *metav1.Time `json:"since,omitempty"`
	// Parent is the process that started it: "pid 12 (bash)".
	// +optional
	Parent string `json:"parent,omitempty"`
	// Has says what it has: "the frontend port 127.0.0.1:7233".
	Has string `json:"has"`
	// Temporal says what it is when it answers as Temporal: "a Temporal dev
	// server 1.29.1, in memory".
	// +optional
	Temporal string `json:"temporal,omitempty"`
}

// StorageStatus is where the workflows are.
type StorageStatus struct {
	// Type is File or Memory.
	Type StorageType `json:"type"`
	// Path of the database file, empty with Memory.
	// +optional
	Path string `json:"path,omitempty"`
	// ClusterID is Temporal's own id of the database.
	// +optional
	ClusterID string `json:"clusterID,omitempty"`
	// CreatedBy and LastServedBy are the builds of Temporal that made the
	// database and that last served it.
	// +optional
	CreatedBy string `json:"createdBy,omitempty"`
	// +optional
	LastServedBy string `json:"lastServedBy,omitempty"`
}
