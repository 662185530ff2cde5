package actuator

// SealDescriptors marks every descriptor beyond the three standard streams
// close-on-exec. Go opens its own that way; a process can still have inherited
// others, and no child may get those. Commands call it first thing.
func SealDescriptors() error { return sealListed("/dev/fd") }
