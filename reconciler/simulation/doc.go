// Package simulation is a machine that exists only in memory: processes, the
// lock, the pid record, ports, a disk and a clock, with the observer's and the
// actuator's interface. The loop and the plan run against it unchanged, and an
// adversary may come between any two of its steps.
//
// It knows what is true: which process is whose, which database has whose
// workflows, who got which signal. So it judges the loop without asking any of
// the loop's own code: what must never happen is a Harm, kept the moment it
// happens.
//
// It is for tests. It is not a model of SQLite or of Temporal beyond what
// decides whether data is lost: a file that is made in the first milliseconds
// of a first boot and lacks tables until that has come to its end, a server
// that serves some time later, and one that goes on with a file that was taken
// away. A Machine is a value: Clone gives one that shares nothing that changes.
package simulation
