package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// Group is the API group of every kind in this package.
	Group = "local.stigmer.ai"
	// Version is the version of the group.
	Version = "v1alpha1"
	// APIVersion is what stands in a file's apiVersion.
	APIVersion = Group + "/" + Version
	// Kind is what stands in a file's kind.
	Kind = "Temporal"

	// RestoreAnnotation asks for a backup to be put in the place of the
	// database: "<absolute path of the backup>@<time of the request, RFC 3339>".
	// Each value is carried out once, and none that is older than the last.
	RestoreAnnotation = Group + "/restore"

	// RestoreDatabaseAnnotation is the path of the database, as in the spec, that the
	// restore is for: it is put in the place of no other. Without it that is the one
	// of the spec when the restore is first seen.
	RestoreDatabaseAnnotation = Group + "/restore-database"

	// GiveUpAnnotation gives a database up whose file system is not mounted, so that
	// another one is used at its path: "<its cluster id>@<time>". Each value counts
	// until that database is seen again.
	GiveUpAnnotation = Group + "/give-up"

	// RestartedAtAnnotation asks for a restart: a process that was started
	// before this time (RFC 3339), and not on behalf of it, is replaced.
	RestartedAtAnnotation = Group + "/restarted-at"
)

// Temporal is one local Temporal dev server.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Frontend",type=string,JSONPath=`.status.endpoints.frontend`
// +kubebuilder:printcolumn:name="PID",type=integer,JSONPath=`.status.process.pid`
type Temporal struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   TemporalSpec   `json:"spec,omitempty"`
	Status TemporalStatus `json:"status,omitempty"`
}

// TemporalSpec is what should be.
type TemporalSpec struct {
	// Enabled says whether Temporal should run. False means that it is
	// stopped and stays stopped. Default true.
	// +optional
	Enabled *bool `json:"enabled,omitempty"`
	// IP is the address that every port is bound to. Default 127.0.0.1.
	// +optional
	IP string `json:"ip,omitempty"`
	// Port of the gRPC frontend. Default 7233.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	// +optional
	Port int32 `json:"port,omitempty"`
	// UI is Temporal's web interface.
	// +optional
	UI UISpec `json:"ui,omitempty"`
	// HTTPPort is the port of the HTTP API. Default port + 10.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	// +optional
	HTTPPort int32 `json:"httpPort,omitempty"`
	// MetricsPort is the port of the Prometheus metrics. Default port + 2000.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	// +optional
	MetricsPort int32 `json:"metricsPort,omitempty"`
	// Storage says where workflows are kept.
	// +optional
	Storage StorageSpec `json:"storage,omitempty"`
	// Binary says which Temporal to run.
	// +optional
	Binary BinarySpec `json:"binary,omitempty"`
	// PortConflict says what to do when somebody else's program listens on
	// the port of the frontend. Default Wait.
	// +optional
	PortConflict PortConflict `json:"portConflict,omitempty"`
	// Namespaces that should exist, and how; "default" may be among them.
	// Others are left alone. Changed on the running server.
	// +listType=map
	// +listMapKey=name
	// +optional
	Namespaces []NamespaceSpec `json:"namespaces,omitempty"`
	// SearchAttributes that every namespace of the spec, and "default", should
	// have, name to type. Others are left alone. Added on the running server.
	// +optional
	SearchAttributes map[string]SearchAttributeType `json:"searchAttributes,omitempty"`
	// DynamicConfig holds Temporal's dynamic configuration, key to JSON value.
	// +optional
	DynamicConfig map[string]JSONValue `json:"dynamicConfig,omitempty"`
	// SQLitePragmas are given to SQLite when the database is opened.
	// +optional
	SQLitePragmas map[string]string `json:"sqlitePragmas,omitempty"`
	// LogLevel of the server: debug, info, warn, error or never. Default warn.
	// +kubebuilder:validation:Enum=debug;info;warn;error;never
	// +optional
	LogLevel string `json:"logLevel,omitempty"`
	// Env is added to the server's environment.
	// +optional
	Env map[string]string `json:"env,omitempty"`
	// ExtraArgs are added to the command line of "temporal server start-dev",
	// which every user of the machine can read: a secret belongs into env.
	// Flags that another field manages are refused.
	// +optional
	ExtraArgs []string `json:"extraArgs,omitempty"`
	// Interval is how often the world is looked at when nothing wakes the
	// loop. Default 5s.
	// +optional
	Interval *metav1.Duration `json:"interval,omitempty"`
	// Health says when a running server counts as broken.
	// +optional
	Health HealthSpec `json:"health,omitempty"`
	// Restart says how long to wait before a crashed server is started again.
	// +optional
	Restart RestartSpec `json:"restart,omitempty"`
	// TerminationGracePeriod is how long a server that was asked to stop may
	// take before it is killed. Default 10s.
	// +optional
	TerminationGracePeriod *metav1.Duration `json:"terminationGracePeriod,omitempty"`
}

// UISpec is Temporal's web interface.
type UISpec struct {
	// Enabled says whether the UI is served. Default true.
	// +optional
	Enabled *bool `json:"enabled,omitempty"`
	// Port of the UI. Default port + 1000.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	// +optional
	Port int32 `json:"port,omitempty"`
}

// StorageType says where workflows are kept.
// +kubebuilder:validation:Enum=File;Memory
type StorageType string

const (
	// StorageFile keeps workflows in a SQLite file; they survive a restart.
	StorageFile StorageType = "File"
	// StorageMemory keeps workflows in the process; they die with it.
	StorageMemory StorageType = "Memory"
)

// StorageSpec says where workflows are kept.
type StorageSpec struct {
	// Type is File or Memory. Default File.
	// +optional
	Type StorageType `json:"type,omitempty"`
	// Path of the database file, absolute. Default
	// <home>/<name>-data/<name>.db. Not allowed with Memory.
	// +optional
	Path string `json:"path,omitempty"`
}

// BinarySpec says which Temporal to run.
type BinarySpec struct {
	// Path of the executable, absolute. Default: $STIGMER_TEMPORAL, then
	// beside stigmer, then <home>/bin/temporal-<version>, then PATH.
	// +optional
	Path string `json:"path,omitempty"`
	// Version names the file in <home>/bin that is looked for; what is found
	// elsewhere may have another one. Default 1.5.1, which is not filled in:
	// it changes with stigmer.
	// +optional
	Version string `json:"version,omitempty"`
}

// PortConflict says what to do when somebody else's program listens on the
// port of the frontend.
// +kubebuilder:validation:Enum=Wait;Reuse
type PortConflict string

const (
	// PortConflictWait leaves it alone and starts Temporal when it has gone.
	PortConflictWait PortConflict = "Wait"
	// PortConflictReuse takes a healthy Temporal there for the answer: it is
	// watched, never signalled, and replaced by our own when it goes away.
	PortConflictReuse PortConflict = "Reuse"
)

// SearchAttributeType is the type of a search attribute.
// +kubebuilder:validation:Enum=Text;Keyword;Int;Double;Bool;Datetime;KeywordList
type SearchAttributeType string

// The types of search attributes that Temporal has.
const (
	SearchAttributeText        SearchAttributeType = "Text"
	SearchAttributeKeyword     SearchAttributeType = "Keyword"
	SearchAttributeInt         SearchAttributeType = "Int"
	SearchAttributeDouble      SearchAttributeType = "Double"
	SearchAttributeBool        SearchAttributeType = "Bool"
	SearchAttributeDatetime    SearchAttributeType = "Datetime"
	SearchAttributeKeywordList SearchAttributeType = "KeywordList"
)

// NamespaceSpec is a namespace that should exist.
type NamespaceSpec struct {
	// Name of the namespace.
	Name string `json:"name"`
	// Retention is how long closed workflows are kept, at least 1h. Not set,
	// it is left as it is, and a namespace that is made gets 72h, as from
	// Temporal's CLI.
	// +optional
	Retention *metav1.Duration `json:"retention,omitempty"`
	// Description of the namespace. Not set, it is left as it is.
	// +optional
	Description string `json:"description,omitempty"`
}

// HealthSpec says when a running server counts as broken.
type HealthSpec struct {
	// StartupTimeout is how long a start may take. Default 30s.
	// +optional
	StartupTimeout *metav1.Duration `json:"startupTimeout,omitempty"`
	// Timeout of one health check. Default 1s. A write to the store, which is
	// tried every 30s, may take 12s; Ready is Unknown while it is late.
	// +optional
	Timeout *metav1.Duration `json:"timeout,omitempty"`
	// FailureThreshold is how many checks in a row must fail before a server
	// that has served is replaced. Default 3.
	// +kubebuilder:validation:Minimum=1
	// +optional
	FailureThreshold int32 `json:"failureThreshold,omitempty"`
}

// RestartSpec says how long to wait before a crashed server is started again.
// The first restart after a stable run is immediate.
type RestartSpec struct {
	// InitialDelay before the second restart in a row. Default 250ms.
	// +optional
	InitialDelay *metav1.Duration `json:"initialDelay,omitempty"`
	// MaxDelay that the doubling stops at. Default 30s.
	// +optional
	MaxDelay *metav1.Duration `json:"maxDelay,omitempty"`
	// ResetAfter is how long a server must be Ready to count as stable.
	// Default 60s.
	// +optional
	ResetAfter *metav1.Duration `json:"resetAfter,omitempty"`
}
