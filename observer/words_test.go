package observer

import (
	"errors"
	"slices"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
)

func isNoProcess(err error) bool { return errors.Is(err, ErrNoProcess) }

func TestDatabases(t *testing.T) {
	const path = "/h/temporal.db"
	cases := map[string]struct{ args, want []string }{
		"separate":            {[]string{"temporal", "server", "start-dev", "--db-filename", path}, []string{path}},
		"joined":              {[]string{"temporal", "server", "start-dev", "--db-filename=" + path}, []string{path}},
		"short":               {[]string{"temporal", "server", "start-dev", "-f", path}, []string{path}},
		"short, attached":     {[]string{"temporal", "server", "start-dev", "-f" + path}, []string{path}},
		"short, joined":       {[]string{"temporal", "server", "start-dev", "-f=" + path}, []string{path}},
		"several":             {[]string{"start-dev", "-f", "a", "-fb", "--port", "1"}, []string{"a", "b"}},
		"value missing":       {[]string{"start-dev", "-f"}, nil},
		"an editor":           {[]string{"sqlite3", path}, nil},
		"another flag":        {[]string{"start-dev", "--log-config", path}, nil},
		"in memory":           {[]string{"start-dev"}, nil},
		"no arguments at all": {nil, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := databases(c.args); !slices.Equal(got, c.want) {
				t.Errorf("databases = %q, want %q", got, c.want)
			}
		})
	}
}

func TestHasMarkAndLaunch(t *testing.T) {
	carrying := func(mark string) words {
		return words{environ: observed.Is(environment{mark: mark, digest: "d", restartedAt: "r", build: "b"})}
	}
	unread := words{environ: observed.Unsure[environment]("permission denied")}
	launch := observed.Is(observed.Launch{Digest: "d", RestartedAt: "r", Build: "b"})
	none := observed.None[observed.Launch]("the process does not carry the mark")
	cases := map[string]struct {
		words  words
		mark   string
		want   observed.Knowledge
		launch observed.Fact[observed.Launch]
	}{
		"ours":               {carrying("/h/a"), "/h/a", observed.Known, launch},
		"another instance's": {carrying("/h/ab"), "/h/a", observed.Absent, none},
		"no mark":            {carrying(""), "/h/a", observed.Absent, none},
		"no mark wanted":     {carrying(""), "", observed.Absent, none},
		"unreadable":         {unread, "/h/a", observed.Unknown, observed.Unsure[observed.Launch]("permission denied")},
		"never read":         {words{}, "/h/a", observed.Unknown, observed.Unsure[observed.Launch]("it cannot be told whether its mark means our folder")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := c.words.hasMark(c.mark); got != c.want {
				t.Errorf("hasMark = %s, want %s", got, c.want)
			}
			if got := c.words.launch(c.want); got != c.launch {
				t.Errorf("launch = %+v, want %+v", got, c.launch)
			}
		})
	}
}
