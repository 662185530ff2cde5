// Package failpoint lets tests kill the daemon at a step that only a power cut
// would otherwise find it at.
//
// Each step of an effect after which something on the disk, or a process, is
// different says so by a call of Reached. That is an empty function, which the
// compiler removes, unless the program is built with the tag failpoints: then
// the process kills itself by SIGKILL at the point that STIGMER_FAILPOINT names.
//
// It never does anything else, and imports nothing of the module, so that every
// layer may call it.
package failpoint
