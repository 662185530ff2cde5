// Package stubtemporal is a fast stand-in for `temporal server start-dev`: it
// takes the same flags, binds the same ports, refuses a taken one with the
// same words, answers the same health check and stops on the same signals, in
// milliseconds and a few megabytes.
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
// Unlike the real server it takes --port 0 and prints the port it got, and its
// banner comes last: who reads "Server:" knows that everything is in place.
//
// The package knows nothing of the rest of the module.
package stubtemporal
