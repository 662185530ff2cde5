package observed

import (
	"net/netip"
	"time"
)

// Server is what a Temporal answers. Every fact is Unknown when it was not
// asked: before the frontend serves there is nobody to ask.
type Server struct {
	// Cluster is from GetClusterInfo.
	Cluster Fact[Cluster]
	// Store says whether the store can be read.
	Store Fact[Check]
	// Write says whether the store can be written. It is asked only when the
	// target says so.
	Write Fact[Check]
	// WriteLate says why Write is Unknown: the write has had no answer within
	// the timeout of a check, and goes on.
	WriteLate bool
	// WriteEnded says that Write is the outcome of a write, even of one that tells
	// nothing of the store.
	WriteEnded bool
	// Visibility says whether workflows can be listed.
	Visibility Fact[Check]
	// UI says whether the UI answers 200.
	UI Fact[Check]
	// Namespaces are those that the target names; Absent when there is none
	// of the name.
	Namespaces map[string]Fact[Namespace]
	// Running is how many workflows run, in all namespaces. It is asked only
	// when the target says so.
	Running Fact[int64]
}

// Cluster is what a server says of itself.
type Cluster struct {
	// ID is the random id of the database, or in memory that of the user.
	ID string
	// Version of the server, such as "1.29.1".
	Version string
}

// Check is the outcome of one check.
type Check struct {
	// Problem is why it failed, in words; empty when it did not.
	Problem string
}

// Namespace is a namespace as the server has it.
type Namespace struct {
	Description string
	// Retention of closed workflows.
	Retention time.Duration
	// SearchAttributes that users added, name to type such as "Keyword".
	SearchAttributes Fact[map[string]string]
}

// External is a Temporal that is not ours.
type External struct {
	// Process that listens on the port of the frontend.
	Process Process
	// Address at which it was asked.
	Address netip.AddrPort
	// Health is what its WorkflowService answered.
	Health Health
	// Database is the file that its command line names; empty when it keeps
	// its workflows in memory.
	Database string
}
