package main

import (
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// Ports are given out below the range that the kernel takes random ports
// from, Temporal's internal ones among them, and never twice. Each test binary
// begins elsewhere in the range.
const (
	firstPort = 12000
	lastPort  = 29000
)

type portRange struct {
	mu    sync.Mutex
	next  int
	taken map[int]bool
}

var ports = portRange{next: firstPort + os.Getpid()*37%(lastPort-firstPort), taken: map[int]bool{}}

// freePorts reserves a frontend port whose derived ports are free as well, and
// returns the frontend's.
func freePorts(t testing.TB) int {
	t.Helper()
	ports.mu.Lock()
	defer ports.mu.Unlock()
	for range lastPort - firstPort {
		port := ports.next
		if ports.next++; ports.next > lastPort {
			ports.next = firstPort
		}
		if ports.take(quadruple(port)) {
			return port
		}
	}
	t.Fatal("no four free ports in the whole range")
	return 0
}

func quadruple(port int) []int {
	return []int{port, port + int(v1alpha1.HTTPPortOffset), port + int(v1alpha1.UIPortOffset), port + int(v1alpha1.MetricsPortOffset)}
}

// take reserves all of the ports, or none.
func (r *portRange) take(wanted []int) bool {
	var held []net.Listener
	defer func() {
		for _, l := range held {
			l.Close()
		}
	}()
	for _, port := range wanted {
		// Another test must not meet this look at a port that is its own.
		if r.taken[port] {
			return false
		}
		l, err := net.Listen("tcp4", loopback(port))
		if err != nil {
			return false
		}
		held = append(held, l)
	}
	for _, port := range wanted {
		r.taken[port] = true
	}
	return true
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// accepts says whether something listens on the port.
func accepts(port int) bool {
	c, err := net.DialTimeout("tcp4", loopback(port), time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// isOpen reports whether somebody listens on the port.
func isOpen(port int) bool {
	c, err := net.DialTimeout("tcp", loopback(port), time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}
