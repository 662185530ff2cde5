package actuator

import "syscall"

// dieWithUs does nothing: macOS has no means for it. A scratch server outlives a
// daemon that is killed; it listens on loopback only, and nobody knows its ports.
func dieWithUs(*syscall.SysProcAttr) {}
