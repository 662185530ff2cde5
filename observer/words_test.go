package observer

import (
	"errors"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
)

func isNoProcess(err error) bool { return errors.Is(err, ErrNoProcess) }

func TestNamesDatabase(t *testing.T) {
	const path = "/h/temporal-data/temporal.db"
	cases := map[string]struct {
		args []string
		want observed.Knowledge
	}{
		"separate":             {[]string{"temporal", "server", "start-dev", "--db-filename", path}, observed.Known},
		"joined":               {[]string{"temporal", "server", "start-dev", "--db-filename=" + path}, observed.Known},
		"short":                {[]string{"temporal", "server", "start-dev", "-f", path}, observed.Known},
		"short, attached":      {[]string{"temporal", "server", "start-dev", "-f" + path}, observed.Known},
		"short, joined":        {[]string{"temporal", "server", "start-dev", "-f=" + path}, observed.Known},
		"not clean":            {[]string{"start-dev", "-f", "/h//temporal-data/./temporal.db"}, observed.Known},
		"relative":             {[]string{"start-dev", "-f", "temporal-data/temporal.db"}, observed.Known},
		"relative, elsewhere":  {[]string{"start-dev", "-f", "../temporal.db"}, observed.Absent},
		"another database":     {[]string{"start-dev", "-f", "/h/other.db"}, observed.Absent},
		"an editor":            {[]string{"sqlite3", path}, observed.Absent},
		"a longer path":        {[]string{"start-dev", "-f", path + "-journal"}, observed.Absent},
		"in memory":            {[]string{"start-dev"}, observed.Absent},
		"no arguments at all":  {[]string{}, observed.Absent},
		"arguments unreadable": {nil, observed.Unknown},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := words{args: observed.Is(c.args)}
			if c.args == nil {
				w.args = observed.Unsure[[]string]("refused")
			}
			if got := w.namesDatabase(path, func() string { return "/h" }); got != c.want {
				t.Errorf("namesDatabase = %s, want %s", got, c.want)
			}
			if got := w.namesDatabase("", nil); got == observed.Known {
				t.Error("a database in memory is named")
			}
		})
	}
}

func TestCarriesMarkAndLaunch(t *testing.T) {
	carrying := func(mark string) words {
		return words{environ: observed.Is(environment{mark: mark, digest: "d", restartedAt: "r"})}
	}
	unread := words{environ: observed.Unsure[environment]("permission denied")}
	launch := observed.Is(observed.Launch{Digest: "d", RestartedAt: "r"})
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
		"never read":         {words{}, "/h/a", observed.Unknown, observed.Unsure[observed.Launch]("its environment was not read")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := c.words.carriesMark(c.mark); got != c.want {
				t.Errorf("carriesMark = %s, want %s", got, c.want)
			}
			if got := c.words.launch(c.mark); got != c.launch {
				t.Errorf("launch = %+v, want %+v", got, c.launch)
			}
		})
	}
}
