package local

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/stigmer/stigmer-local/reconciler/events"
)

// eventFlags are the flags of "stigmer local events".
type eventFlags struct {
	watch bool
	since time.Duration
}

func (a *app) eventsCommand() *cobra.Command {
	var f eventFlags
	c := &cobra.Command{
		Use:   "events",
		Short: "Show what happened, when and why",
		Long: "Show what happened, when and why: what the daemon did, how processes ended, and\n" +
			"what it could not do. What goes on repeating itself becomes one line after the\n" +
			"first few, with the time and the text of the last and a count. Of the conditions\n" +
			"only those that matter are shown; -o wide has every change.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("since") && f.since <= 0 {
				return usageError("--since %s is not in the past: give more than 0", f.since)
			}
			return a.events(c.Context(), f, time.Now())
		},
	}
	c.Flags().BoolVarP(&f.watch, "watch", "w", false, "print new events as they come, until Ctrl-C")
	c.Flags().DurationVar(&f.since, "since", 0, "only what happened this long ago at most, such as 10m")
	return c
}

// events prints the events of the instances; now is what --since counts from.
func (a *app) events(ctx context.Context, f eventFlags, now time.Time) error {
	if a.output == "yaml" {
		return usageError("events are not printed as yaml: use -o text or json")
	}
	s, err := a.open()
	if err != nil {
		return err
	}
	defer s.close()
	feed := &feed{session: s, tails: map[string]*events.Tail{}}
	defer feed.close()
	if f.since > 0 {
		feed.after = now.Add(-f.since)
	}
	if f.watch {
		return feed.follow(ctx)
	}
	list, err := feed.next()
	if err := errors.Join(feed.print(list), err); err != nil || len(list) > 0 {
		return err
	}
	return feed.explainNothing(ctx, f.since)
}

// explainNothing says why there is nothing to show.
func (f *feed) explainNothing(ctx context.Context, since time.Duration) error {
	if len(f.tails) > 0 && since > 0 {
		fmt.Fprintf(f.stderr, "nothing happened in the last %s\n", since)
		return nil
	}
	names, err := f.names(ctx)
	switch {
	case err != nil && len(f.tails) == 0:
		return err
	case len(names) == 0 && len(f.tails) == 0:
		f.noteNoInstance()
	default:
		fmt.Fprintln(f.stderr, "nothing is recorded yet; a daemon records what it does and sees")
	}
	return nil
}
