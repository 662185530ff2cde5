package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/go-logr/zapr"
	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/actuator"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

func (a *app) daemonCommand() *cobra.Command {
	var format string
	var detached bool
	c := &cobra.Command{
		Use:   "daemon",
		Short: "Run the reconciler in the foreground",
		Long: "Run the reconciler in the foreground. SIGTERM or Ctrl-C ends it and leaves\n" +
			"Temporal running; a second one ends it at once.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.runDaemon(c.Context(), format, detached)
		},
	}
	c.Flags().StringVar(&format, "log-format", "console", "format of the log: console or json")
	c.Flags().BoolVar(&detached, "detached", false, "this daemon was started by a command")
	// Only for the command that starts it: Lookup finds the flag just defined.
	c.Flags().Lookup("detached").Hidden = true
	return c
}

func (a *app) runDaemon(ctx context.Context, format string, detached bool) error {
	if err := shedMark(); err != nil {
		return err
	}
	if err := actuator.SealDescriptors(); err != nil {
		return err
	}
	// What Temporal writes is for this user alone, like the rest of the home.
	syscall.Umask(0o077)
	s, err := a.create()
	if err != nil {
		return err
	}
	defer s.close()
	log, err := a.logger(format)
	if err != nil {
		return err
	}
	err = reconciler.New(reconciler.Options{
		Home:   s.home,
		Log:    zapr.NewLogger(log),
		Search: search(),
		Env:    os.Environ(),
		Info:   reconciler.DaemonInfo{Version: version(), Detached: detached, Temporal: search().Override},
	}).Run(ctx)
	var running *reconciler.AlreadyRunningError
	if errors.As(err, &running) && detached {
		// Commands raced to start a daemon; the other one won, and that is fine.
		return nil
	}
	if holder, _, known := s.daemon(); running != nil && known {
		err = fmt.Errorf("%w by %s", err, plan.Describe(holder))
	}
	return errors.Join(err, ignoreSync(log.Sync()))
}

// ignoreSync drops the error that terminals and pipes give to fsync.
func ignoreSync(err error) error {
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTTY) || errors.Is(err, syscall.ENOTSUP) {
		return nil
	}
	return err
}

// shedMark starts this program over without our mark in its environment. A
// shell that a Temporal of ours started has the mark, and a daemon with it
// would look like a part of that Temporal.
func shedMark() error {
	if os.Getenv(observed.MarkVariable) == "" {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("cannot find this program: %w", err)
	}
	if err := syscall.Exec(self, os.Args, withoutMarks(os.Environ())); err != nil {
		return fmt.Errorf("cannot start %s again without %s: %w", self, observed.MarkVariable, err)
	}
	return nil
}

// withoutMarks returns the environment without what a start of ours adds.
func withoutMarks(env []string) []string {
	marks := observed.Variables()
	return slices.DeleteFunc(slices.Clone(env), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(marks, name)
	})
}

// logger returns the daemon's log on standard error. -v adds each pass.
func (a *app) logger(format string) (*zap.Logger, error) {
	config := zap.NewProductionConfig()
	config.Encoding = format
	config.Sampling = nil
	config.DisableStacktrace = true
	config.DisableCaller = true
	config.EncoderConfig.EncodeTime = zapcore.ISO8601TimeEncoder
	if a.verbose {
		config.Level = zap.NewAtomicLevelAt(zap.DebugLevel)
	}
	if format != "console" && format != "json" {
		return nil, usageError("unknown --log-format %q: use console or json", format)
	}
	return config.Build()
}
