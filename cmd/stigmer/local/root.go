package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/stigmer/stigmer-local/api/encoding"
)

// Main runs the command line and returns the exit code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal ends the program at once, whatever it is waiting for.
	context.AfterFunc(ctx, stop)
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintln(stderr, "stigmer: "+err.Error())
	}
	return exitCode(err)
}

// exitCode returns the code that an error carries.
func exitCode(err error) int {
	var coded *exitError
	var invalid *encoding.InvalidError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &coded):
		return coded.code
	case errors.As(err, &invalid):
		return exitUsage
	}
	return exitFailed
}

// defaultName is the instance that commands are about unless told otherwise.
const defaultName = "temporal"

// app is what the commands share: the streams and the global flags.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	homeFlag string
	name     string
	// named says that --name was given.
	named   bool
	output  string
	verbose bool
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "stigmer",
		Short:         "Run a local Temporal dev server and keep it running",
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.homeFlag, "home", "", "folder of the instances (default $STIGMER_HOME or ~/.stigmer)")
	flags.StringVar(&a.name, "name", defaultName, "name of the instance; status, plan and events are about all unless it is given")
	flags.StringVarP(&a.output, "output", "o", "text", "format of the result: text, wide, json or yaml")
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "say more on standard error")
	root.SetFlagErrorFunc(flagError)
	root.PersistentPreRunE = a.checkFlags
	root.AddCommand(a.localCommand(), a.versionCommand())
	root.CompletionOptions.HiddenDefaultCmd = true
	return root
}

// noArgs refuses what is not a flag of the command.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if meant := meantCommand(c, args[0]); meant != "" {
		return usageError("unknown command %q; did you mean '%s'?", args[0], meant)
	}
	if !c.HasSubCommands() {
		return usageError("'%s' takes no argument, and was given %q; an instance is named with --name", c.CommandPath(), args[0])
	}
	return usageError("unknown command or argument %q; see '%s --help'", args[0], c.CommandPath())
}

// meantCommand returns the command line that was probably meant; empty when
// there is no telling. Many programs have a word for what "stigmer local" does.
func meantCommand(c *cobra.Command, typed string) string {
	local, _, err := c.Root().Find([]string{"local"})
	switch {
	case err != nil || !c.HasSubCommands():
		return ""
	case slices.Contains([]string{"start", "up", "run"}, typed):
		return local.CommandPath()
	}
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(typed); len(near) > 0 {
		return c.CommandPath() + " " + near[0]
	}
	if c != local {
		return meantCommand(local, typed)
	}
	return ""
}

func (a *app) checkFlags(c *cobra.Command, _ []string) error {
	a.named = c.Flags().Changed("name")
	switch a.output {
	case "text", "wide", "json", "yaml":
		return nil
	}
	return usageError("unknown output format %q: use text, wide, json or yaml", a.output)
}

// homePath returns the home folder that was asked for.
func (a *app) homePath() (string, error) {
	if a.homeFlag != "" {
		return a.homeFlag, nil
	}
	if home := os.Getenv("STIGMER_HOME"); home != "" {
		return home, nil
	}
	user, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("cannot find the home folder: %w; give --home or set $STIGMER_HOME", err)
	}
	return filepath.Join(user, ".stigmer"), nil
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.stdout, "stigmer", version())
			return err
		},
	}
}

// version returns the version of this build: the module's, or the commit's.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "unknown"
	}
	return info.Main.Version
}
