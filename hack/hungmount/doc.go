// Package hungmount gives tests a file system whose server is dead: whoever looks
// up anything there waits, as on a mount of NFS that has lost its host.
package hungmount
