package stubtemporal

import (
	"net"
	"net/http"
	"time"
)

// The names of the ports, as the messages of the real server have them.
const (
	frontendDoor = "frontend"
	httpDoor     = "frontend HTTP"
	uiDoor       = "UI"
	metricsDoor  = "metrics"
)

// doors are the listeners of a stub, by name.
type doors map[string]net.Listener

// openDoors binds every port, in the order of the real server, or none.
func openDoors(o options) (doors, error) {
	type port struct {
		name, ip string
		number   int
	}
	ports := []port{{frontendDoor, o.ip, o.port}, {httpDoor, o.ip, o.httpPort}}
	if !o.headless {
		ports = append(ports, port{uiDoor, o.uiIP, o.uiPort})
	}
	open := doors{}
	for _, p := range append(ports, port{metricsDoor, o.ip, o.metricsPort}) {
		listener, err := listen(p.name, p.ip, p.number)
		if err != nil {
			open.close()
			return nil, err
		}
		open[p.name] = listener
	}
	return open, nil
}

func (d doors) close() {
	for _, listener := range d {
		_ = listener.Close()
	}
}

func serveHTTP(answer http.HandlerFunc, listener net.Listener) {
	h := &http.Server{ReadHeaderTimeout: time.Second, Handler: answer}
	go func() { _ = h.Serve(listener) }()
}

// answer says 200 to everything, or nothing at all.
func (s *server) answer(_ http.ResponseWriter, r *http.Request) {
	if s.behaviour.Load().health == "mute" {
		<-r.Context().Done()
	}
}

// answerUI is answer for the UI, which can fail by itself.
func (s *server) answerUI(w http.ResponseWriter, r *http.Request) {
	switch s.behaviour.Load().ui {
	case "hang":
		<-r.Context().Done()
	case "500":
		w.WriteHeader(http.StatusInternalServerError)
	default:
		s.answer(w, r)
	}
}
