package v1alpha1

import "cmp"

// IsEnabled says whether Temporal should run; unset means yes.
func (s *TemporalSpec) IsEnabled() bool { return s.Enabled == nil || *s.Enabled }

// UIEnabled says whether the web interface is served; unset means yes.
func (s *TemporalSpec) UIEnabled() bool { return s.UI.Enabled == nil || *s.UI.Enabled }

// VersionOrDefault names the file of the home folder that is looked for.
func (s BinarySpec) VersionOrDefault() string { return cmp.Or(s.Version, DefaultVersion) }

// DerivedFrom returns the path of the field that a default of the field at
// path is computed from, and "" for a field whose default is fixed.
func DerivedFrom(path string) string {
	switch path {
	case "spec.ui.port", "spec.httpPort", "spec.metricsPort":
		return "spec.port"
	case "spec.storage.path":
		return "metadata.name"
	}
	return ""
}
