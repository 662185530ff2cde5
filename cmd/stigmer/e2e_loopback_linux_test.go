package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestNothingListensBeyondLoopback, read from the kernel's own table, and not
// by the code that tells whether it does.
func TestNothingListensBeyondLoopback(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.up("--port", freePort(w))
	if open, inside := w.listeners(); len(open) > 0 || inside < 4 {
		t.Errorf("%d sockets listen on loopback, and beyond it: %v", inside, open)
	}
	if c := w.status().condition("Exposed"); c.Status != "False" {
		t.Errorf("Exposed: %+v", c)
	}
	w.wish("ip: 0.0.0.0")
	w.awaitStatus("is exposed", func(o object) bool { return o.is("Ready") && o.is("Exposed") })
	if open, _ := w.listeners(); len(open) == 0 {
		t.Error("nothing listens beyond loopback, so the table is not read as it should be")
	}
}

func freePort(w *world) string { return fmt.Sprint(w.port) }

// listeners returns what the home's processes listen on beyond loopback, and
// how many sockets listen on it.
func (w *world) listeners() (open []netip.AddrPort, inside int) {
	w.Helper()
	ours := map[string]bool{}
	for _, p := range append(processesOf(w.home), w.daemon()) {
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.pid))
		for _, link := range links {
			if target, err := os.Readlink(link); err == nil {
				ours[target] = true
			}
		}
	}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		file, err := os.Open(table)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			w.Fatal(err)
		}
		defer file.Close()
		for lines := bufio.NewScanner(file); lines.Scan(); {
			fields := strings.Fields(lines.Text())
			if len(fields) < 10 || fields[3] != "0A" || !ours["socket:["+fields[9]+"]"] {
				continue
			}
			if address := w.address(fields[1]); address.Addr().Unmap().IsLoopback() {
				inside++
			} else {
				open = append(open, address)
			}
		}
	}
	return open, inside
}

// address reads "0100007F:1C41": words of four bytes in the machine's order,
// the least first here, and a port.
func (w *world) address(text string) netip.AddrPort {
	w.Helper()
	host, port, _ := strings.Cut(text, ":")
	bytes, err := hex.DecodeString(host)
	if err != nil {
		w.Fatal(err)
	}
	for word := range slices.Chunk(bytes, 4) {
		slices.Reverse(word)
	}
	address, ok := netip.AddrFromSlice(bytes)
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil || !ok {
		w.Fatalf("not an address: %q", text)
	}
	return netip.AddrPortFrom(address, uint16(number))
}
