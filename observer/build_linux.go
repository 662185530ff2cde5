package observer

// maxBuildRead bounds what is read of an executable, in bytes. The linker's
// record of a Temporal and the tables that lead to it take some tens of
// kilobytes. The bound is tight because a section of an ELF file can be
// compressed: what is unpacked may be a thousand times as large.
const maxBuildRead = 128 << 10
