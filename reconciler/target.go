package reconciler

import (
	"net/netip"
	"path/filepath"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// Search says where Temporal is looked for besides spec.binary.path.
type Search struct {
	// Override is the value of $STIGMER_TEMPORAL, empty when unset.
	Override string
	// Beside is the folder of the program that embeds the reconciler; empty
	// means that it is not searched.
	Beside string
}

// candidates lists the places where Temporal may be, best first.
func (s Search) candidates(home Home, binary v1alpha1.BinarySpec) []observer.Candidate {
	if binary.Path != "" {
		return []observer.Candidate{{Path: binary.Path, Source: "spec.binary.path"}}
	}
	var list []observer.Candidate
	if s.Override != "" {
		list = append(list, observer.Candidate{Path: s.Override, Source: "$STIGMER_TEMPORAL"})
	}
	if s.Beside != "" {
		list = append(list, observer.Candidate{Path: filepath.Join(s.Beside, "temporal"), Source: "beside stigmer"})
	}
	return append(list,
		observer.Candidate{Path: home.Binary(binary.VersionOrDefault()), Source: "the home folder"},
		observer.Candidate{Path: "temporal", Source: "PATH"},
	)
}

// target says what to look at for the desired object.
func target(desired plan.Desired, executables []observer.Candidate) observer.Target {
	spec, files := desired.Object.Spec, desired.Files
	// The spec is valid, so its address parses.
	ip, _ := netip.ParseAddr(spec.IP)
	ports := []observer.PortTarget{
		{Name: observed.Frontend, Port: uint16(spec.Port)},
		{Name: observed.HTTP, Port: uint16(spec.HTTPPort)},
		{Name: observed.Metrics, Port: uint16(spec.MetricsPort)},
	}
	if spec.UIEnabled() {
		ports = append(ports, observer.PortTarget{Name: observed.UI, Port: uint16(spec.UI.Port)})
	}
	return observer.Target{
		LockPath:      files.Lock,
		RecordPath:    files.Record,
		DatabasePath:  spec.Storage.Path,
		Mark:          files.Mark,
		IP:            ip,
		Ports:         ports,
		HealthTimeout: spec.Health.Timeout.Duration,
		Executables:   executables,

		Namespaces:       plan.Namespaces(spec),
		SearchAttributes: len(spec.SearchAttributes) > 0,
		NoEnvFile:        files.NoEnvFile,
		RestorePath:      plan.RestorePath(desired.Object),
		SchemaDir:        files.SchemaDir,
	}
}
