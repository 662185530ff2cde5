package observer

// maxBuildRead bounds what is read of an executable, in bytes: the parser of
// Mach-O reads the whole symbol table on its way.
const maxBuildRead = 64 << 20
