package local

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/reconciler/events"
)

// notable leaves out the conditions that a person need not know of: those
// that only say in another way what Ready says, and changes of a reason alone.
// With -o wide and json there are all.
func notable(list []happened) []happened {
	told := []string{
		v1alpha1.ConditionReady, v1alpha1.ConditionStalled, v1alpha1.ConditionDatabaseFile, v1alpha1.ConditionStoreReadable,
		v1alpha1.ConditionStoreWritable, v1alpha1.ConditionVisibilityReadable, v1alpha1.ConditionUIServing,
		v1alpha1.ConditionExposed, v1alpha1.ConditionShadowed, v1alpha1.ConditionVersionSkew,
	}
	return slices.DeleteFunc(slices.Clone(list), func(h happened) bool {
		from, _, _ := strings.Cut(h.From, "/")
		to, _, _ := strings.Cut(h.To, "/")
		// Whether there is a server at all is said by what was done, and by Ready.
		comes := slices.ContainsFunc([]string{"Unknown/", "/NoProcess", "/NotOpen"}, func(part string) bool {
			return strings.Contains(h.From+" "+h.To, part)
		})
		isReady := h.Condition == v1alpha1.ConditionReady
		return h.Type == events.Condition && (from == to || !isReady && comes || !slices.Contains(told, h.Condition))
	})
}

// fold makes one event of the conditions that changed in one pass, so that
// what was done stands out: a start alone changes a dozen of them.
func fold(list []happened) []happened {
	var passes [][]happened
	// first is where the conditions since the last other event begin.
	first := 0
	for _, h := range list {
		at := slices.IndexFunc(passes[first:], func(pass []happened) bool { return samePass(pass[0], h) })
		if at >= 0 {
			passes[first+at] = append(passes[first+at], h)
			continue
		}
		passes = append(passes, []happened{h})
		if h.Condition == "" {
			first = len(passes)
		}
	}
	folded := make([]happened, len(passes))
	for i, pass := range passes {
		folded[i] = folding(pass)
	}
	return folded
}

// samePass reports whether two conditions changed in the same passes.
func samePass(a, b happened) bool {
	return a.Condition != "" && b.Condition != "" && a.Name == b.Name &&
		a.Time.Equal(b.Time) && a.LastTime.Equal(b.LastTime) && a.Count == b.Count
}

// folding returns one event for all: in full the one that matters most, and
// what the others are now.
func folding(pass []happened) happened {
	lead := max(0, slices.IndexFunc(pass, func(h happened) bool { return h.Condition == v1alpha1.ConditionReady }))
	one := pass[lead]
	var states []string
	names := map[string][]string{}
	for i, h := range pass {
		if i == lead {
			continue
		}
		if names[h.To] == nil {
			states = append(states, h.To)
		}
		names[h.To] = append(names[h.To], h.Condition)
	}
	for i, state := range states {
		status, reason, _ := strings.Cut(state, "/")
		join := "; "
		if i == 0 {
			join = "; with it "
		}
		one.Message += fmt.Sprintf("%s%s %s (%s)", join, strings.Join(names[state], ", "), status, reason)
	}
	return one
}

// eventLine returns an event as one line, with times of the zone: what happened
// when it happened last, and of what is counted since when.
func eventLine(e events.Event, name string, zone *time.Location) string {
	message := e.Message
	if e.Remedy != "" {
		message += "; " + e.Remedy
	}
	began, last := e.Time.In(zone), e.LastTime.In(zone)
	line := fmt.Sprintf("%s  %s%-28s  %s", last.Format(time.DateTime), name, string(e.Type)+"/"+e.Reason, message)
	if e.Count > 1 {
		layout := time.TimeOnly
		if began.Format(time.DateOnly) != last.Format(time.DateOnly) {
			layout = time.DateTime
		}
		line += fmt.Sprintf("  (x%d since %s)", e.Count, began.Format(layout))
	}
	return oneLine(line)
}

// oneLine keeps a text from breaking the line, or from telling the terminal
// what to do: the command line of a stranger may be part of it.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ReplaceAll(text, "\n", "; "))
}
