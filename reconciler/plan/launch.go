package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/stigmer/stigmer-local/api/redact"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// LaunchFor returns the start that the desired object asks for, with the
// executable that was found. Every flag that decides where Temporal listens
// and stores is given, because Temporal reads what is missing from a file of
// the user's.
func LaunchFor(desired Desired, executable observed.Executable) Launch {
	spec, files := desired.Object.Spec, desired.Files
	args := arguments(spec, files)
	env := slices.DeleteFunc(environment(spec.Env), func(entry string) bool {
		// A value that was not kept is not the user's.
		_, value, _ := strings.Cut(entry, "=")
		return value == redact.Hidden
	})
	marks := []string{
		observed.MarkVariable + "=" + files.Mark,
		observed.LaunchVariable + "=" + launchDigest(desired),
		observed.SpecVariable + "=" + specDigest(spec),
		observed.BuildVariable + "=" + executable.Build,
	}
	if at := desired.Object.Annotations[v1alpha1.RestartedAtAnnotation]; at != "" {
		marks = append(marks, observed.RestartedAtVariable+"="+at)
	}
	dirs := []string{files.DataDir, filepath.Dir(files.Log)}
	if spec.Storage.Path != "" {
		dirs = append(dirs, filepath.Dir(spec.Storage.Path))
	}
	return Launch{
		Executable:   executable.Path,
		Build:        executable.Build,
		Args:         args,
		Env:          append(env, marks...),
		LockPath:     files.Lock,
		RecordPath:   files.Record,
		DatabasePath: spec.Storage.Path,
		LogPath:      files.Log,
		NoEnvFile:    files.NoEnvFile,
		Dirs:         dirs,
	}
}

// arguments returns the command line after the executable.
func arguments(spec v1alpha1.TemporalSpec, files Files) []string {
	args := []string{
		"server", "start-dev",
		"--output", "none",
		"--env-file", files.NoEnvFile,
		"--ip", spec.IP,
		"--port", port(spec.Port),
		"--http-port", port(spec.HTTPPort),
		"--metrics-port", port(spec.MetricsPort),
		"--log-level", spec.LogLevel,
	}
	if spec.UIEnabled() {
		args = append(args, "--ui-ip", spec.IP, "--ui-port", port(spec.UI.Port))
	} else {
		args = append(args, "--headless")
	}
	if spec.Storage.Type == v1alpha1.StorageFile {
		args = append(args, "--db-filename", spec.Storage.Path)
	}
	for _, key := range slices.Sorted(maps.Keys(spec.DynamicConfig)) {
		args = append(args, "--dynamic-config-value", key+"="+string(spec.DynamicConfig[key].Raw))
	}
	pragmas := pragmas(spec)
	for _, key := range slices.Sorted(maps.Keys(pragmas)) {
		args = append(args, "--sqlite-pragma", key+"="+pragmas[key])
	}
	return append(args, spec.ExtraArgs...)
}

// busyTimeout is given to SQLite unless the spec gives another one, in
// milliseconds. Without it a Temporal whose commit meets a reader of the file,
// such as sqlite3 in a terminal, fails every write from then on.
const busyTimeout = "10000"

// pragmas returns those of the spec and our own.
func pragmas(spec v1alpha1.TemporalSpec) map[string]string {
	all := map[string]string{}
	if spec.Storage.Type == v1alpha1.StorageFile {
		all["busy_timeout"] = busyTimeout
	}
	maps.Copy(all, spec.SQLitePragmas)
	return all
}

// environment returns the variables as KEY=VALUE, sorted.
func environment(variables map[string]string) []string {
	env := []string{}
	for _, key := range slices.Sorted(maps.Keys(variables)) {
		env = append(env, key+"="+variables[key])
	}
	return env
}

// launchDigest names what of the spec a server is started with. Which file
// the search for an executable finds is not in it: that depends on the
// environment of whoever looks, and a server that works is not given up for it.
func launchDigest(desired Desired) string {
	spec := desired.Object.Spec
	return digest(arguments(spec, desired.Files), environment(spec.Env), []string{spec.Binary.Path, spec.Binary.VersionOrDefault()})
}

// specDigest names what of the spec decides about a start, as it is written and
// completed. Another version of stigmer may start a server with other arguments for
// it, for which no server that works is given up.
func specDigest(spec v1alpha1.TemporalSpec) string {
	spec.Enabled, spec.PortConflict, spec.Interval, spec.TerminationGracePeriod = nil, "", nil, nil
	spec.Health, spec.Restart = v1alpha1.HealthSpec{}, v1alpha1.RestartSpec{}
	spec.Namespaces, spec.SearchAttributes = nil, nil // changed on the running server
	text, err := json.Marshal(spec)
	if err != nil {
		return "" // a valid spec is always JSON
	}
	return digest([]string{string(text)})
}

// digest names lists of strings. It is kept in the environment of the process, where
// any daemon can read it back. Neither an argument nor a variable can contain
// a NUL byte, so no two launches read the same.
func digest(lists ...[]string) string {
	h := sha256.New()
	for _, list := range lists {
		for _, text := range list {
			h.Write([]byte(text))
			h.Write([]byte{0})
		}
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func port(number int32) string { return strconv.Itoa(int(number)) }
