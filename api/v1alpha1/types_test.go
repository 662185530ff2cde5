package v1alpha1_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// fill sets every field below value to something that is not its zero.
func fill(value reflect.Value) {
	switch value.Interface().(type) {
	case metav1.Time:
		value.Set(reflect.ValueOf(metav1.NewTime(time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC).Local())))
		return
	case metav1.Duration:
		value.Set(reflect.ValueOf(metav1.Duration{Duration: time.Second}))
		return
	case metav1.MicroTime:
		value.Set(reflect.ValueOf(metav1.NewMicroTime(time.Date(2026, 1, 2, 3, 4, 5, 6000, time.Local))))
		return
	case v1alpha1.JSONValue:
		value.Set(reflect.ValueOf(v1alpha1.JSONValue{Raw: json.RawMessage(`{"a":[1.0,null]}`)}))
		return
	case metav1.FieldsV1:
		value.Set(reflect.ValueOf(*metav1.NewFieldsV1(`{"f:a":{}}`)))
		return
	}
	fillKind(value)
}

func fillKind(value reflect.Value) {
	switch value.Kind() {
	case reflect.Struct:
		for i := range value.NumField() {
			fill(value.Field(i))
		}
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		fill(value.Elem())
	case reflect.Slice:
		value.Set(reflect.MakeSlice(value.Type(), 2, 2))
		fill(value.Index(0))
		fill(value.Index(1))
	case reflect.Map:
		element := reflect.New(value.Type().Elem()).Elem()
		fill(element)
		value.Set(reflect.MakeMap(value.Type()))
		value.SetMapIndex(reflect.ValueOf("key"), element)
	case reflect.String:
		value.SetString("text")
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Int32, reflect.Int64:
		value.SetInt(7)
	}
}

func filled() *v1alpha1.Temporal {
	t := &v1alpha1.Temporal{}
	fill(reflect.ValueOf(t).Elem())
	return t
}

func TestJSONRoundTripLosesNothing(t *testing.T) {
	for name, object := range map[string]*v1alpha1.Temporal{"every field": filled(), "no field": {}, "a name": v1alpha1.New("x")} {
		t.Run(name, func(t *testing.T) {
			data, err := json.Marshal(object)
			if err != nil {
				t.Fatal(err)
			}
			got := &v1alpha1.Temporal{}
			if err := json.Unmarshal(data, got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(object, got); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
		})
	}
}

func TestDeepCopyIsEqualAndApart(t *testing.T) {
	original := filled()
	copied := original.DeepCopy()
	if diff := cmp.Diff(original, copied); diff != "" {
		t.Fatalf("(-original +copy):\n%s", diff)
	}
	if object := original.DeepCopyObject(); !reflect.DeepEqual(object, original) {
		t.Error("DeepCopyObject differs")
	}
	spoil(reflect.ValueOf(copied).Elem())
	if diff := cmp.Diff(filled(), original); diff != "" {
		t.Errorf("the copy shares memory with the original (-want +got):\n%s", diff)
	}
}

// spoil changes in place everything that a shallow copy would share.
func spoil(value reflect.Value) {
	switch value.Kind() {
	case reflect.Struct:
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				spoil(value.Field(i))
			}
		}
	case reflect.Pointer:
		if !value.IsNil() && value.Type() != reflect.TypeFor[*time.Location]() {
			spoil(value.Elem())
			value.Elem().SetZero()
		}
	case reflect.Slice:
		for i := range value.Len() {
			spoil(value.Index(i))
			value.Index(i).SetZero()
		}
	case reflect.Map:
		value.Clear()
	}
}

func TestDeepCopyOfNothing(t *testing.T) {
	var temporal *v1alpha1.Temporal
	var spec *v1alpha1.TemporalSpec
	var status *v1alpha1.TemporalStatus
	if temporal.DeepCopy() != nil || spec.DeepCopy() != nil || status.DeepCopy() != nil || temporal.DeepCopyObject() != nil {
		t.Error("a copy of nothing is something")
	}
}

func TestJSONValueKeepsItsText(t *testing.T) {
	for _, text := range []string{`1.0`, `"a"`, `{"b":1,"a":[null,true]}`, `null`, `18446744073709551615`} {
		var value v1alpha1.JSONValue
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(value); err != nil || string(got) != text {
			t.Errorf("%s became %s, %v", text, got, err)
		}
	}
	if got, err := json.Marshal(v1alpha1.JSONValue{}); err != nil || string(got) != "null" {
		t.Errorf("nothing became %s, %v", got, err)
	}
}

func TestJSONValueCopiesWhatItReads(t *testing.T) {
	data := []byte(`"abc"`)
	var value v1alpha1.JSONValue
	if err := value.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	data[1] = 'x'
	if string(value.Raw) != `"abc"` {
		t.Errorf("the value changed with its source: %s", value.Raw)
	}
}
