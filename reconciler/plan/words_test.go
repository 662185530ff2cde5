package plan

import (
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// TestWords: what is said has to be true, and not only the situation.
func TestWords(t *testing.T) {
	wished := func(b *base) {
		b.Desired.Object.Annotations = map[string]string{v1alpha1.RestoreAnnotation: "/b/x.db@2026-01-02T03:04:04Z"}
		b.Observed.Restore = observed.Is(observed.File{})
	}
	taken := func(b *base) { b.Observed.Ports[0].Listener = listening(stranger(7, "/usr/bin/python3")) }
	moved := func(b *base) {
		b.edit(func(p *observed.Process) {
			p.Evidence.OpensDatabase, p.Evidence.OpensAnother = observed.Absent, observed.Known
			p.Another = observed.AnotherFile{Path: "/x/t.db", Links: 1}
		})
		b.Observed.Database.File = observed.None[observed.File]("")
	}
	for name, c := range map[string]struct {
		change func(*base)
		want   Situation
		says   string
	}{
		"a backup is made": {func(b *base) {
			b.gone()
			b.Observed.Lock = held(stranger(8, "/usr/bin/stigmer", "--home", "/h", "local", "backup"))
		}, DatabaseBusy, "a backup of the database is being made by pid 8"},
		"another name, and nothing runs": {func(b *base) {
			b.gone()
			b.Observed.Database.SecondName = observed.Is("it has 2 hard links")
		}, DatabaseUnusable, "if no other server uses it, give it one name: 'cp -p"},
		"another name, and the server would lose what it writes meanwhile": {func(b *base) {
			b.Observed.Database.SecondName = observed.Is("it has 2 hard links")
			b.spec().LogLevel = "error"
		}, ReplacementBlocked, "stop the server first, with 'stigmer local stop', then give it one name: 'cp -p"},
		"of another cluster is the file that it does not have": {func(b *base) {
			moved(b)
			b.Observed.Server.Cluster.Value.ID = "cluster-9"
		}, DatabaseLost, "was moved to /x/t.db"},
		"a link that leads nowhere, under the server": {func(b *base) {
			moved(b)
			b.Observed.Database.DeadLink = "/home/cur"
		}, DatabaseLost, "the link /home/cur leads nowhere now, and the server has /x/t.db open; set it back"},
		"a link that leads nowhere, before a start": {func(b *base) {
			b.gone()
			b.Observed.Database.File, b.Observed.Database.DeadLink = observed.None[observed.File](""), "/home/cur"
		}, DatabaseUnusable, "the symbolic link /home/cur leads nowhere; set it right, or choose another file: "},
		"a restore waits behind a port": {func(b *base) {
			b.gone()
			wished(b)
			taken(b)
		}, PortHeldByStranger, "; the next start restores /b/x.db; "},
		"a restore that cannot be done behind a port": {func(b *base) {
			b.gone()
			wished(b)
			taken(b)
			b.Observed.Restore = observed.None[observed.File]("there is no /b/x.db")
		}, PortHeldByStranger, "/b/x.db was to be restored and cannot be now: there is no /b/x.db"},
		"a restore waits with a change": {func(b *base) {
			wished(b)
			taken(b)
			b.spec().LogLevel = "error"
		}, ReplacementBlocked, `"error" and /b/x.db is to be restored: `},
		"memory would be lost by the change that waits": {func(b *base) {
			b.spec().Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory}
			b.edit(func(p *observed.Process) {
				p.Args = append([]string{"temporal"}, arguments(*b.spec(), b.Desired.Files)...)
				p.Launch.Value.Digest = launchDigest(b.Desired)
			})
			taken(b)
			b.spec().LogLevel = "error"
		}, ReplacementBlocked, " (and what it keeps in memory is lost with that): "},
		"a file that is gone asks for nothing": {func(b *base) {
			b.gone()
			wished(b)
			b.Desired.Missing, b.Desired.Removed = true, true
		}, Stopped, "removed; \n"},
	} {
		b := healthy()
		c.change(&b)
		b.look()
		p := Compute(b.Input)
		said := p.Message + "; " + p.Remedy + "\n"
		if p.Situation != c.want || !strings.Contains(said, c.says) {
			t.Errorf("%s: %s: %q, want %s and %q", name, p.Situation, said, c.want, c.says)
		}
	}
}

// TestStartedWith: a port of ours that the server has in another role is not the
// one that the spec means.
func TestStartedWith(t *testing.T) {
	b := healthy()
	b.look()
	for _, port := range b.Observed.Ports {
		if !Compute(b.Input).StartedWith(port) {
			t.Errorf("%s: it was not started with %s", port.Name, port.Address)
		}
	}
	b.spec().Port = 7243 // which is its HTTP port
	http := b.Observed.Ports[1]
	http.Name = observed.Frontend
	if Compute(b.Input).StartedWith(http) {
		t.Error("its HTTP port is taken for the frontend")
	}
	b.gone()
	b.look()
	if Compute(b.Input).StartedWith(http) {
		t.Error("nothing runs")
	}
}
