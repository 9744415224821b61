// Command videogan trains, samples and measures generators of video. 'videogan help' lists
// what it does; docs/configuration.md and docs/metrics.md explain what goes in and comes out.
//
// Data goes to standard output, logs and progress to standard error. The exit status is 0
// for success, 1 for a failure, 2 for wrong usage or an invalid config, 130 after an interrupt.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"videogan/eval/classifier"
	"videogan/experiments"
)

// Exit statuses.
const (
	exitFailure   = 1
	exitUsage     = 2
	exitInterrupt = 130 // 128 + SIGINT, as shells report it
)

func main() {
	// The heap is a few large arrays, which the collector need not look into: garbage is collected early instead of
	// doubling the memory of the process.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(20)
	}
	// The first signal asks for a checkpoint and an end; NotifyContext's stop gives a second
	// one back its usual, immediate meaning.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command line and returns its exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot(&console{out: stdout, err: stderr, logger: newLogger(stderr)})
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "videogan: "+oneLine(err))
	return exitStatus(err)
}

func exitStatus(err error) int {
	var usage usageError
	switch {
	case errors.Is(err, experiments.ErrInterrupted), errors.Is(err, classifier.ErrInterrupted), errors.Is(err, context.Canceled):
		return exitInterrupt
	case errors.As(err, &usage), errors.Is(err, experiments.ErrConfig):
		return exitUsage
	}
	return exitFailure
}

// oneLine keeps an error of several parts on one line, and leaves out the name of the
// package that reports it: the user called a command.
func oneLine(err error) string {
	text := strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ")
	return strings.TrimPrefix(text, "experiments: ")
}

// console is where a command writes.
type console struct {
	out    io.Writer // data
	err    io.Writer // progress, logs and errors
	logger *slog.Logger
}

// newLogger writes log lines for a person: time of day, level when it is not plain, message, values.
func newLogger(w io.Writer) *slog.Logger {
	if isTerminal(w) {
		w = clearing{w}
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey && len(groups) == 0 {
				return slog.String(slog.TimeKey, a.Value.Time().Format("15:04:05"))
			}
			return a
		},
	}))
}

// clearing clears the terminal's line before each write, which may hold a progress bar.
type clearing struct{ io.Writer }

func (c clearing) Write(line []byte) (int, error) {
	if _, err := io.WriteString(c.Writer, "\r\x1b[K"); err != nil {
		return 0, err
	}
	return c.Writer.Write(line)
}

// usageError marks a command line that is wrong in itself.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func newRoot(c *console) *cobra.Command {
	root := &cobra.Command{
		Use:   "videogan",
		Short: "Train, sample and measure generators of video",
		Long: `videogan trains, samples and measures generative adversarial networks of video.

A run is a folder: its config, metrics, checkpoints, samples, plots and a report on one page.`,
		Example: `  videogan list                                          # what can be trained
  videogan train tgan-small --out runs/digits            # Moving MNIST, on a laptop's CPU
  videogan train tgan-ucf101 --data UCF101 --out runs/ucf
  videogan sample runs/digits -n 16 --mp4                # from its newest checkpoint`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(
		newTrain(c), newSample(c), newExport(c), newReport(c), newPrepare(c), newClassifier(c), newTransfer(c), newScore(c), newGAM(c), newCompare(c), newStudy(c),
		newInterpolate(c), newInvert(c), newPrior(c), newRealness(c), newFeatures(c),
		newList(c), newShow(c), newBench(c), newProfile(c), newDoctor(c), newVersion(c),
	)
	markUsageErrors(root)
	readDecimals(root)
	return root
}

// markUsageErrors makes wrong flags and arguments of every command usage errors.
func markUsageErrors(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w ('%s --help' shows what there is)", err, cmd.CommandPath())}
	})
	if args := cmd.Args; args != nil {
		cmd.Args = func(cmd *cobra.Command, given []string) error {
			if err := args(cmd, given); err != nil {
				return usageError{fmt.Errorf("%w ('%s --help' shows what there is)", err, cmd.CommandPath())}
			}
			return nil
		}
	}
	for _, child := range cmd.Commands() {
		markUsageErrors(child)
	}
}
