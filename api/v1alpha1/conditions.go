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
	// ConditionReconciling is True while there is something left to do that
	// the daemon will do by itself. Negative polarity: False is the calm state.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is True when the daemon cannot go on until the user
	// does something, which the message names. Negative polarity.
	ConditionStalled = "Stalled"
)
