// Package stubtemporal is a fast stand-in for `temporal server start-dev`: it
// takes the same flags, binds the same ports, refuses a taken one with the
// same words, answers the same health check, keeps namespaces with their search
// attributes, and stops on the same signals, in milliseconds and a few
// megabytes. It runs no workflow.
//
// It exists for volume (a thousand restarts) and for misbehaviour that the
// real server cannot be asked for. It never replaces a test with the real one.
//
// Misbehaviour is asked for by STUB_* variables, or by lines NAME=VALUE in the
// file that STUB_CONTROL names, which win and are read again on SIGUSR1:
//
//	STUB_START_DELAY=2s       bind and serve only after that long
//	STUB_STOP_DELAY=2s        take that long to exit after SIGTERM or SIGINT
//	STUB_IGNORE_TERM=1        SIGTERM and SIGINT change nothing
//	STUB_EXIT=3               exit with that code once started ...
//	STUB_EXIT_AFTER=1s        ... but only that long after the start
//	STUB_HEALTH=never         WorkflowService is NOT_SERVING from the start
//	STUB_HEALTH=lost          SERVING, then NOT_SERVING after ...
//	STUB_HEALTH_AFTER=1s      ... that long (0 unless set)
//	STUB_HEALTH=mute          accepts connections and answers nothing
//	STUB_STORE=hang           what reads the store is never answered ...
//	STUB_STORE=error          ... or with Unavailable: GetClusterInfo,
//	                          DescribeNamespace, ListNamespaces, ListSearchAttributes,
//	                          DescribeWorkflowExecution
//	STUB_WRITE=hang           the same for what writes the store ...
//	STUB_WRITE=error          ... RegisterNamespace, UpdateNamespace,
//	                          AddSearchAttributes
//	STUB_VISIBILITY=hang      the same for what lists workflows ...
//	STUB_VISIBILITY=error     ... ListWorkflowExecutions, CountWorkflowExecutions
//	STUB_UI=hang              the UI accepts connections and answers nothing ...
//	STUB_UI=500               ... or a failure
//	STUB_CLUSTER=id           another cluster id than that of the database
//	STUB_RUNNING=7            so many workflows run in the namespace default
//	STUB_BOOT=2s              take that long to create an absent database file:
//	                          it is there, and not complete until then
//	STUB_GRANDCHILD=group     leave a process behind, in our process group ...
//	STUB_GRANDCHILD=setsid    ... or in a session of its own; it ignores SIGTERM
//	STUB_GRANDCHILD=setsid,fd3  ... and holds descriptor 3, the instance's lock
//	STUB_GRANDCHILD_FILE=f    write the pid of that process to f
//	STUB_SIGNALS=f            append the name of every signal received to f;
//	                          a test that waits for a signal makes f a fifo
//
// No process of this package outlives STUB_LIFETIME (10m unless set), so a
// broken test cannot litter a machine.
//
// # The database
//
// The file that --db-filename names is two lines, the second of which has the
// random cluster id; to SQLite it is an empty database. As with the real server an
// absent file is created, one without its second line (a kill during STUB_BOOT
// leaves it so) refused for ever, and the file is open from before anything is
// answered until the end. When it was deleted or replaced since, reads are answered
// as before and writes are refused with the real server's words, which that one
// needs a quarter of a second for. Namespaces are kept in memory only: after a
// restart there are those that the flags name.
//
// Unlike the real server it takes --port 0 and prints the port it got, and its
// banner comes last: who reads "Server:" knows that everything is in place.
//
// The package knows nothing of the rest of the module.
package stubtemporal
