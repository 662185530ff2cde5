package v1alpha1

// The types of status.conditions. A condition that could not be observed is
// Unknown; it never keeps an older answer.
const (
	// ConditionReady summarises: True means that the WorkflowService answers
	// SERVING from the process that we own, on the port that was asked for,
	// and that the process is the one the spec asks for. Positive polarity.
	ConditionReady = "Ready"
	// ConditionDesiredStateValid is False while the desired file cannot be
	// read; the last good one stays in force. Positive polarity.
	ConditionDesiredStateValid = "DesiredStateValid"
	// ConditionProcessRunning says whether a process of ours lives. Positive polarity.
	ConditionProcessRunning = "ProcessRunning"
	// ConditionLockHeld says whether that process holds the lock. Positive polarity.
	ConditionLockHeld = "LockHeld"
	// ConditionPortsOwned says whether that process listens on every port of
	// the spec. Positive polarity.
	ConditionPortsOwned = "PortsOwned"
	// ConditionServing says whether the WorkflowService answers SERVING.
	// Positive polarity.
	ConditionServing = "Serving"
	// ConditionStoreReadable says whether the server reads its store:
	// GetClusterInfo and DescribeNamespace answer, and for a file database the
	// cluster id is the one recorded beside it. Positive polarity.
	ConditionStoreReadable = "StoreReadable"
	// ConditionStoreWritable says whether the last write to the store
	// succeeded; it is made at most once in 30 s. Positive polarity.
	ConditionStoreWritable = "StoreWritable"
	// ConditionVisibilityReadable says whether ListWorkflowExecutions answers.
	// Positive polarity.
	ConditionVisibilityReadable = "VisibilityReadable"
	// ConditionDatabaseFile says whether the file that the server has open is
	// the one at spec.storage.path, whole, with room on its disk. Positive polarity.
	ConditionDatabaseFile = "DatabaseFile"
	// ConditionUIServing says whether the UI answers 200. Positive polarity.
	ConditionUIServing = "UIServing"
	// ConditionNamespacesReady says whether spec.namespaces are as they should
	// be. Positive polarity.
	ConditionNamespacesReady = "NamespacesReady"
	// ConditionSearchAttributesReady says whether spec.searchAttributes are as
	// they should be. Positive polarity.
	ConditionSearchAttributesReady = "SearchAttributesReady"
	// ConditionExposed is True when spec.ip is not loopback: everyone who can
	// reach it may use Temporal without a password. Negative polarity.
	ConditionExposed = "Exposed"
	// ConditionShadowed is True when somebody else listens on the port of the
	// frontend on the other family's localhost, so that clients of
	// "localhost" may reach that program. Negative polarity.
	ConditionShadowed = "Shadowed"
	// ConditionVersionSkew is True when the database lacks tables, columns,
	// indexes or triggers that the running Temporal would create. Negative polarity.
	ConditionVersionSkew = "VersionSkew"
	// ConditionReconciling is True while there is something left to do that
	// the daemon will do by itself. Negative polarity: False is the calm state.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is True when the daemon cannot go on until the user
	// does something, which the message names. Negative polarity.
	ConditionStalled = "Stalled"
)
