package observer

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// uiOf serves pages and returns the door to them, with the number of
// connections that were made.
func uiOf(t *testing.T, serve http.HandlerFunc) (door, *pages, *connections) {
	t.Helper()
	made := &connections{made: make(chan struct{}, 100)}
	server := httptest.NewUnstartedServer(serve)
	server.Config.ConnState = made.note
	server.Start()
	p := &pages{}
	t.Cleanup(func() { p.close(); server.Close() })
	return door{address: mustAddrPort(server.Listener.Addr().String()), listener: socket{inode: 1}}, p, made
}

// redirectingTo answers with a redirect, except on the page it leads to.
func redirectingTo(place string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" || place == "/loop" {
			http.Redirect(w, r, place, http.StatusFound)
		}
	}
}

func TestUI(t *testing.T) {
	asked := make(chan string, 10)
	elsewhere, _, _ := uiOf(t, func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.Path })
	cases := map[string]struct {
		serve http.HandlerFunc
		want  string
	}{
		"serving":           {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }, "ok"},
		"broken":            {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, "problem GET ADDRESS: 500 Internal Server Error"},
		"nothing":           {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, "problem GET ADDRESS: 204 No Content"},
		"slow":              {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "problem GET ADDRESS: no answer within 300ms"},
		"within the host":   {redirectingTo("/namespaces"), "ok"},
		"a loop":            {redirectingTo("/loop"), "problem GET ADDRESS: 302 Found"},
		"to another host":   {redirectingTo("http://" + elsewhere.address.String()), "problem GET ADDRESS: 302 Found"},
		"to another scheme": {redirectingTo("https://" + elsewhere.address.String()), "problem GET ADDRESS: 302 Found"},
		"an endless page":   {func(w http.ResponseWriter, r *http.Request) { writeUntilGone(w, r) }, "ok"},
		"cut":               {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "problem Get \"http://ADDRESS/\": EOF"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d, p, _ := uiOf(t, c.serve)
			timeout := patience
			if name == "slow" {
				timeout = 300 * time.Millisecond
			}
			want := strings.ReplaceAll(c.want, "ADDRESS", d.address.String())
			if got := checkWord(p.check(t.Context(), d, timeout)); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	select {
	case path := <-asked:
		t.Errorf("another host was asked for %s", path)
	default:
	}
}

// writeUntilGone sends a page without an end.
func writeUntilGone(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := w.Write(make([]byte, 1024)); err != nil {
			return
		}
	}
}

// connections counts those that were made to a server.
type connections struct{ made chan struct{} }

func (c *connections) note(_ net.Conn, state http.ConnState) {
	if state == http.StateNew {
		c.made <- struct{}{}
	}
}

// One connection serves look after look, and ends with its listener.
func TestUIConnectionIsKept(t *testing.T) {
	d, p, made := uiOf(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat("x", 2000)) })
	for range 5 {
		if got := p.check(t.Context(), d, patience); !passed(got) {
			t.Fatal(checkWord(got))
		}
	}
	if n := len(made.made); n != 1 {
		t.Errorf("%d connections for five checks", n)
	}
	d.listener = socket{inode: 2}
	p.check(t.Context(), d, patience)
	if n := len(made.made); n != 2 {
		t.Errorf("%d connections for two listeners", n)
	}
}

func TestUICutShort(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d, p, _ := uiOf(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	if got := checkWord(p.check(ctx, d, patience)); got != "unknown the check was cut short: context canceled" {
		t.Error(got)
	}
}

func TestUIIgnoresProxies(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	d, p, _ := uiOf(t, func(http.ResponseWriter, *http.Request) {})
	if got := p.check(t.Context(), d, patience); !passed(got) {
		t.Error(checkWord(got))
	}
}

// The UI is asked only where it is ours and where connections lead to it.
func TestUIDoor(t *testing.T) {
	ours := observed.Process{Identity: observed.Identity{PID: 1}, Evidence: observed.Evidence{CarriesMark: observed.Known}}
	at := mustAddrPort("127.0.0.1:8233")
	healthy := func() portView {
		listener := observed.Listener{Address: at, Inode: 7, Owner: observed.Is(ours)}
		s := socket{address: at, inode: 7}
		return portView{
			ports:   []observed.Port{{Name: observed.UI, Address: at, Listener: observed.Is(listener)}},
			found:   []socket{s},
			sockets: []socket{s},
		}
	}
	l := newObserver(t).newLook(Target{})
	if q := l.questions(healthy(), []observed.Process{ours}); q.ui.Value.listener.inode != 7 {
		t.Errorf("door = %+v", q.ui)
	}
	changes := map[string]func(*portView){
		"a stranger's":   func(v *portView) { v.ports[0].Listener.Value.Owner.Value.PID = 2 },
		"nobody's":       func(v *portView) { v.ports[0].Listener = observed.None[observed.Listener]("nobody") },
		"no UI port":     func(v *portView) { v.ports[0].Name = observed.HTTP },
		"another socket": func(v *portView) { v.found[0].inode = 8 },
	}
	for name, change := range changes {
		v := healthy()
		change(&v)
		if q := l.questions(v, []observed.Process{ours}); !q.ui.IsUnknown() || q.ui.Reason == "" {
			t.Errorf("%s: door = %+v", name, q.ui)
		}
	}
}
