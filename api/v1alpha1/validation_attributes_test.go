package v1alpha1_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// attributes returns a change to the search attributes, given as name and type
// in turn.
func attributes(pairs ...string) func(*v1alpha1.Temporal) {
	return spec(func(s *v1alpha1.TemporalSpec) {
		s.SearchAttributes = map[string]v1alpha1.SearchAttributeType{}
		for i := 0; i < len(pairs); i += 2 {
			s.SearchAttributes[pairs[i]] = v1alpha1.SearchAttributeType(pairs[i+1])
		}
	})
}

func TestValidateSearchAttributeTypes(t *testing.T) {
	path := "spec.searchAttributes[A]"
	check(t, []row{
		{name: "every type", mutate: attributes(
			"A", "Text", "B", "Keyword", "C", "Int", "D", "Double", "E", "Bool", "F", "Datetime", "G", "KeywordList")},
		{"lower case", attributes("A", "keyword"), path, "write Keyword"},
		{"upper case", attributes("A", "DATETIME"), path, "write Datetime"},
		{"as in the API", attributes("A", "keyword_list"), path, "write KeywordList"},
		{"another word", attributes("A", "String"), path, `"KeywordList"`},
		{"empty", attributes("A", ""), path, "supported values"},
		{"space", attributes("A", "Int "), path, "supported values"},
	})
}

func TestValidateSearchAttributeNames(t *testing.T) {
	named := func(name string) func(*v1alpha1.Temporal) { return attributes(name, "Int") }
	bad := func(name, says string) row {
		return row{name, named(name), "spec.searchAttributes[" + name + "]", says}
	}
	check(t, []row{
		{name: "usual", mutate: named("CustomerId")},
		{name: "every kind of character", mutate: named("_a-B.c9")},
		{name: "longest", mutate: named(strings.Repeat("n", 255))},
		{name: "as a system name, but for case", mutate: named("workflowId")},
		{name: "what only a query knows", mutate: named("ScheduleId")},
		bad("", "has no name"),
		bad(strings.Repeat("n", 256), "at most 255"),
		bad("1st", "a letter or '_' first"),
		bad("-a", "a letter or '_' first"),
		bad("a b", "not a name"),
		bad("a=b", "not a name"),
		bad("a`b", "not a name"),
		bad("é", "not a name"),
		bad("a\x00", "not a name"),
		bad("TemporalCustomerId", "begin with Temporal"),
		bad("TemporalChangeVersion", "begin with Temporal"),
	})
}

func TestValidateSearchAttributesOfTemporalItself(t *testing.T) {
	for _, name := range []string{
		"WorkflowId", "RunId", "WorkflowType", "StartTime", "ExecutionTime", "CloseTime", "ExecutionStatus", "TaskQueue",
		"HistoryLength", "HistorySizeBytes", "ExecutionDuration", "StateTransitionCount", "ParentWorkflowId", "ParentRunId",
		"RootWorkflowId", "RootRunId", "BinaryChecksums", "BuildIds", "BatcherNamespace", "BatcherUser", "NamespaceId", "Memo",
		"MemoEncoding", "VisibilityTaskKey",
	} {
		check(t, []row{{name, attributes(name, "Keyword"), "spec.searchAttributes[" + name + "]", "is Temporal's own"}})
	}
}

// The room in a namespace is that of the columns of the visibility table.
func TestValidateSearchAttributesFitIntoANamespace(t *testing.T) {
	for kind, room := range map[string]int{
		"Text": 3, "Keyword": 10, "Int": 3, "Double": 3, "Bool": 3, "Datetime": 3, "KeywordList": 3,
	} {
		several := func(n int) func(*v1alpha1.Temporal) {
			pairs := []string{"Other", "Int"}
			if kind == "Int" {
				pairs[1] = "Bool"
			}
			for i := range n {
				pairs = append(pairs, fmt.Sprintf("A%d", i), kind)
			}
			return attributes(pairs...)
		}
		check(t, []row{
			{name: kind + ", all the room", mutate: several(room)},
			{
				kind + ", one too many", several(room + 1), "spec.searchAttributes",
				fmt.Sprintf("%d of the type %s, and a namespace has room for %d; remove some", room+1, kind, room),
			},
		})
	}
}
