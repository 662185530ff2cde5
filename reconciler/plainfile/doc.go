// Package plainfile tells plain files from everything else that may stand at a
// path: a symbolic link, a folder, a pipe, a device. Whoever writes, moves or
// locks a file of ours asks first, and touches nothing else.
package plainfile
