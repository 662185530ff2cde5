package status

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// Unreadable returns the object that says that an instance's file cannot be
// used and that there never was one that could. Nothing else is known of it.
func Unreadable(name, problem string, previous v1alpha1.TemporalStatus, now time.Time) *v1alpha1.Temporal {
	object := v1alpha1.New(name)
	object.Status.Message = problem
	object.Status.Conditions = append([]metav1.Condition(nil), previous.Conditions...)
	for _, c := range []metav1.Condition{
		condition(v1alpha1.ConditionDesiredStateValid, metav1.ConditionFalse, "Invalid", problem),
		condition(v1alpha1.ConditionReady, metav1.ConditionUnknown, "Invalid", "what should run is not known"),
		condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, "Invalid", "mend the file: "+problem),
	} {
		c.LastTransitionTime = metav1.NewTime(now)
		meta.SetStatusCondition(&object.Status.Conditions, c)
	}
	return object
}
