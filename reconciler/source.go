package reconciler

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// removalSettle is how long a desired file must be gone before that means
// "stop": editors and synchronisers remove a file for a moment when they
// replace it.
const removalSettle = 2 * time.Second

// source reads one instance's desired file and remembers the last good one.
type source struct {
	home   Home
	name   string
	claims *claims
	// data is what the file said at the last read, object the last good
	// content, complete and valid, with its generation; nil when there never
	// was one. problem is why data is not object.
	data    []byte
	object  *v1alpha1.Temporal
	problem string
	// last is the file that data was read from; nil when data is. seen is one that
	// says something else, and may be half.
	last *writeState
	seen sight
	// begun means that it was read what should be, or why that cannot be: object is
	// not only what an earlier daemon had in force.
	begun bool
	// waiting is since when it is not known what the file says, undecided why; zero
	// while that is known.
	waiting   time.Time
	undecided string
	// again is what the file asks for and is judged once more at the next read: it may
	// not have that, because another instance has its database, or the home something
	// else there; or the disk did not answer. Nil for nothing.
	again *v1alpha1.Temporal
	// judged is what was last put in force with a look at where its database is.
	judged *v1alpha1.Temporal
	// missingSince is when the file was first missed; zero while it is there.
	missingSince time.Time
}

// newSource returns a source that knows the last good object of an earlier
// daemon from the status file, if there is one.
func newSource(home Home, name string, last *v1alpha1.Temporal, claims *claims) *source {
	s := &source{home: home, name: name, claims: claims, object: home.lastGood(name, last)}
	s.judged = s.object
	claims.hold(name, s.object)
	return s
}

// lastGood returns the object that was in force when last was written; nil for
// none. The status file may be of another version, or edited.
func (h Home) lastGood(name string, last *v1alpha1.Temporal) *v1alpha1.Temporal {
	if last == nil || last.Generation <= 0 {
		return nil
	}
	object := v1alpha1.Complete(last, string(h))
	if object.Name != name || len(v1alpha1.Validate(last, object)) > 0 {
		return nil
	}
	object.Status = v1alpha1.TemporalStatus{}
	return object
}

// read looks at the file. What it returns is valid unless Object is nil;
// problem says why the file itself is not what is returned. While somebody may
// still be writing it, that is what was returned before; nothing at the first read.
func (s *source) read(now time.Time) (desired plan.Desired, problem string) {
	path := s.home.Desired(s.name)
	written := "" // that it is, for too long
	data, how, err := s.claims.disk.read(path, s.data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.unsee()
		s.miss(now)
	case errors.Is(err, context.DeadlineExceeded) && !s.begun && s.waits(err.Error(), now):
		return plan.Desired{Files: s.home.Files(s.name)}, ""
	case err != nil:
		s.unsee()
		s.missingSince, s.problem = time.Time{}, err.Error()
	case how != nil && !s.seen.settled(data, *how, s.last, !s.begun, now):
		s.missingSince = time.Time{}
		switch waits := s.waits(beingWritten(path), now); {
		case !waits:
			s.begun, written = true, s.undecided+" on and on; what it said before stays in force until it is left alone"
		case !s.begun:
			return plan.Desired{Files: s.home.Files(s.name)}, ""
		}
	default:
		s.missingSince, s.seen, s.begun, s.waiting = time.Time{}, sight{}, true, time.Time{}
		if how != nil {
			s.last = how
		}
		s.take(path, data)
	}
	missing := !s.missingSince.IsZero()
	settled := missing && now.Sub(s.missingSince) >= removalSettle
	if settled && s.object == nil {
		s.object = s.unknown()
	}
	problem = cmp.Or(written, s.problem)
	if problem != "" {
		problem += lacking(s.object)
	}
	return plan.Desired{
		Object:  s.object,
		Missing: missing,
		Removed: settled,
		Files:   s.home.Files(s.name),
	}, problem
}

// unsee forgets what the file said.
func (s *source) unsee() {
	s.data, s.last, s.seen, s.begun, s.waiting = nil, nil, sight{}, true, time.Time{}
}

// waits reports whether it is still waited for what the file says, and notes why that
// is not known.
func (s *source) waits(why string, now time.Time) bool {
	if s.waiting.IsZero() {
		s.waiting = now
	}
	s.undecided = why
	return now.Sub(s.waiting) < readPatience
}

// miss notes that the file is not there, unless the whole folder is not: then
// something is wrong with the folder, and nobody removed this file.
func (s *source) miss(now time.Time) {
	if _, err := os.Lstat(s.home.Desired(s.name)); err == nil {
		// The target of a link may be on a disk that comes back.
		s.missingSince, s.problem = time.Time{}, s.home.Desired(s.name)+" is a link to nothing: mend it, or remove it to stop "+s.name
		return
	}
	_, err := os.ReadDir(s.home.DesiredDir())
	if err != nil && (s.object != nil || !errors.Is(err, fs.ErrNotExist)) {
		s.missingSince, s.problem = time.Time{}, fmt.Sprintf("cannot read the desired files: %v", err)
		return
	}
	s.problem = ""
	if s.missingSince.IsZero() {
		s.missingSince = now
	}
}

// unknown returns an object for an instance of which neither a desired file
// nor a usable status file is left: whatever runs has to stop, for which the
// defaults say enough.
func (s *source) unknown() *v1alpha1.Temporal {
	stopped := false
	object := v1alpha1.New(s.name)
	object.Spec.Enabled = &stopped
	return v1alpha1.Complete(object, string(s.home))
}

// settling returns how long it takes until a missing file means "stop", or one that
// is being written may be complete; zero when neither is waited for.
func (s *source) settling(now time.Time) time.Duration {
	switch {
	case s.missingSince.IsZero() && s.waiting.IsZero():
		return 0
	case s.missingSince.IsZero():
		return cmp.Or(s.seen.left(now), writeSettle)
	}
	return max(0, removalSettle-now.Sub(s.missingSince))
}

// take decodes the data unless it is what was decoded last. What was refused then, or
// not seen, is judged again: the other instance may have another database now, or a
// link lead elsewhere.
func (s *source) take(path string, data []byte) {
	object := s.again.DeepCopy()
	if s.data == nil || !bytes.Equal(data, s.data) {
		s.data, s.again = data, nil
		var err error
		if object, err = encoding.Decode(path, data, string(s.home)); err != nil {
			s.problem = err.Error()
			return
		}
	}
	if object != nil {
		s.adopt(path, object)
	}
}

// adopt puts the object in force, unless another instance has its database, or the
// home something else there. One that could be judged only later, and is refused
// then, gives way to what was in force before it.
func (s *source) adopt(path string, object *v1alpha1.Temporal) {
	err := s.home.keepsAway(s.claims.disk, path, s.data, object, databaseOf(s.judged))
	if err == nil {
		if holder := s.claims.take(s.name, object); holder != "" {
			err = usedBy(path, s.data, object, holder)
		}
	}
	if err != nil {
		s.again, s.problem = object, err.Error()
		if s.judged != nil && s.object != s.judged {
			s.force(s.judged.DeepCopy())
			s.judged = s.object
			s.claims.hold(s.name, s.object)
		}
		return
	}
	s.again, s.problem = nil, ""
	s.force(object)
	if s.claims.disk.place(databaseOf(object)).unseen && databaseOf(object) != databaseOf(s.judged) {
		s.again = object
		return
	}
	s.judged = object
}

// force puts the object in force, as another generation if it asks for something else.
func (s *source) force(object *v1alpha1.Temporal) {
	object.Status = v1alpha1.TemporalStatus{}
	object.Generation = 1
	if s.object != nil {
		object.Generation = s.object.Generation
		if !sameDesire(s.object, asKept(s.object, object)) {
			object.Generation++
		}
	}
	s.object = object
}

// sameDesire reports whether two objects ask for the same.
func sameDesire(a, b *v1alpha1.Temporal) bool {
	return equality.Semantic.DeepEqual(a.Spec, b.Spec) &&
		a.Annotations[v1alpha1.RestartedAtAnnotation] == b.Annotations[v1alpha1.RestartedAtAnnotation] &&
		a.Annotations[v1alpha1.GiveUpAnnotation] == b.Annotations[v1alpha1.GiveUpAnnotation] &&
		a.Annotations[v1alpha1.RestoreAnnotation] == b.Annotations[v1alpha1.RestoreAnnotation] &&
		a.Annotations[v1alpha1.RestoreDatabaseAnnotation] == b.Annotations[v1alpha1.RestoreDatabaseAnnotation]
}

// names returns the instances that have a desired file or a status file. The
// status file of an instance without a desired one says what has to stop.
func (h Home) names() ([]string, error) {
	var names []string
	seen := map[string]bool{}
	var errs []error
	for _, dir := range []string{h.DesiredDir(), h.StatusDir()} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
		for _, entry := range entries {
			name, ok := instanceName(entry.Name())
			if ok && !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names, errors.Join(errs...)
}

// instanceName returns the instance that a file in the desired folder is for.
// Dot files and what editors leave behind are for none.
func instanceName(file string) (string, bool) {
	name, isYAML := strings.CutSuffix(file, desiredSuffix)
	return name, isYAML && len(validation.IsDNS1123Label(name)) == 0
}
