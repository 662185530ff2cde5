// Package bounded waits for a call only so long. A file system whose server is
// dead lets everybody wait who touches it, and a call into the kernel cannot be
// taken back: it can only be left to itself.
package bounded
