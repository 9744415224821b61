package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/spf13/cobra"

	"videogan/experiments"
)

// settingsFlags are the flags that change an experiment's settings.
type settingsFlags struct{ experiments.Settings }

func (s *settingsFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.Root, "data", "", "folder or file of the clips (sets data.root); Moving MNIST needs none")
	cmd.Flags().StringVar(&s.File, "config", "", "TOML file of settings over the experiment's defaults")
	cmd.Flags().StringArrayVar(&s.Set, "set", nil, "path=value of one setting, over all others; repeat for more ('videogan show EXPERIMENT' lists them)")
}

func newTrain(c *console) *cobra.Command {
	var settings settingsFlags
	var out string
	var resume, dryRun bool
	cmd := &cobra.Command{
		Use:   "train EXPERIMENT --out RUN",
		Short: "Train an experiment into a run folder",
		Long: `Train an experiment into a run folder: config.toml, metrics.jsonl, checkpoints/, samples/,
plots/ and report.html.

Settings come from the experiment, then --config, then --set. Ctrl-C finishes the step, leaves a
checkpoint and exits with status 130; --resume goes on from the newest whole checkpoint, on the
very same random sequence. Of a resumed run only train.steps, train.minutes, data.root and
eval.* change.`,
		Example: `  videogan train tgan-small --out runs/digits
  videogan train tgan-small --out runs/digits --set train.minutes=8 --set train.batch=8
  videogan train tgan-small --out runs/ucf --data UCF101 --set data.source=ucf101 --set data.classes=Archery,HorseRace
  videogan train tgan-ucf101 --data UCF101 --out runs/paper --dry-run
  videogan train tgan-small --out runs/digits --resume --set train.steps=20000`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeExperiments,
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return usageError{fmt.Errorf("--out: name the run folder, for example --out runs/%s", args[0])}
			}
			experiment, err := experiments.Lookup(args[0])
			if err != nil {
				return err
			}
			folder := experiments.Folder(out)
			var cfg experiments.Config
			if resume && folder.Exists() {
				cfg, err = settings.ConfigureResume(experiment, folder)
			} else {
				cfg, err = settings.Configure(experiment)
			}
			if err != nil {
				return err
			}
			options := experiments.TrainOptions{Folder: folder, Resume: resume, Logger: c.logger}
			if dryRun {
				return c.dryRun(cmd.Context(), experiment, cfg, options)
			}
			return c.train(cmd.Context(), experiment, cfg, options)
		},
	}
	settings.register(cmd)
	cmd.Flags().StringVar(&out, "out", "", "run folder")
	cmd.Flags().BoolVar(&resume, "resume", false, "go on with the run in the folder")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "check config, data and networks, print the config and the cost of a step, write nothing")
	return cmd
}

// train runs the experiment with a progress bar.
func (c *console) train(ctx context.Context, experiment experiments.Experiment, cfg experiments.Config, o experiments.TrainOptions) error {
	var bar *progress
	opening := newLazyProgress(c, "opening videos")
	o.Opening = opening.update
	o.Begin = func(first, last int) {
		opening.stop()
		bar = newProgress(c.err, c.logger, experiment.Name, last, first)
	}
	o.Step = func(p experiments.Progress) { bar.update(p.Step, stepText(p), stepAttributes(p)...) }
	begun := time.Now()
	outcome, err := experiments.Train(ctx, experiment, cfg, o)
	opening.stop()
	if bar != nil {
		bar.stop()
	}
	if err != nil {
		return err
	}
	took := time.Since(begun).Round(time.Second)
	if outcome.Cause == experiments.TimeIsUp {
		c.logger.Info("time is up", "step", outcome.Step, "of", outcome.Last, "took", took,
			"to_go_on", fmt.Sprintf("videogan train %s --out %s --resume --set train.minutes=0", experiment.Name, o.Folder))
	} else {
		c.logger.Info("finished", "steps", outcome.Step, "took", took)
	}
	fmt.Fprintln(c.out, o.Folder.Report())
	return nil
}

// dryRun says what train would do.
func (c *console) dryRun(ctx context.Context, experiment experiments.Experiment, cfg experiments.Config, o experiments.TrainOptions) error {
	plan, err := experiments.Check(ctx, experiment, cfg, o)
	if err != nil {
		return err
	}
	c.logger.Info("nothing was written", "would_write", string(o.Folder), "dataset", plan.Dataset,
		"parameters_g", plan.Cost.GeneratorParameters, "parameters_d", plan.Cost.DiscriminatorParameters,
		"gflop_a_step", math.Round(plan.Cost.FLOPs/1e8)/10, "plan_mib", plan.Cost.ArenaBytes>>20)
	return experiments.WriteTOML(c.out, cfg)
}

// stepText is what stands beside the bar.
func stepText(p experiments.Progress) string {
	d, _ := p.Metrics.Get("loss/d")
	g, _ := p.Metrics.Get("loss/g")
	return fmt.Sprintf("%.2f steps/s, %.0f clips/s, D %.3f, G %.3f, %v left", p.StepsPerClock, p.ClipsPerClock, d, g, left(p))
}

// stepAttributes are the same for a log line.
func stepAttributes(p experiments.Progress) []any {
	d, _ := p.Metrics.Get("loss/d")
	g, _ := p.Metrics.Get("loss/g")
	return []any{"step", p.Step, "of", p.Last, "steps_per_s", rounded(p.StepsPerClock), "clips_per_s", rounded(p.ClipsPerClock),
		"left", left(p), "loss_d", rounded(d), "loss_g", rounded(g)}
}

// left is about how long the run goes on. The step in which its time runs out ends a little later.
func left(p experiments.Progress) time.Duration { return max(p.Left.Round(time.Second), 0) }

// rounded keeps three decimals.
func rounded(v float64) float64 { return math.Round(v*1e3) / 1e3 }

func completeExperiments(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var names []string
	for _, experiment := range experiments.All() {
		names = append(names, experiment.Name+"\t"+experiment.Summary)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// lookup finds an experiment and its config with the flags' settings.
func (s *settingsFlags) lookup(name string) (experiments.Experiment, experiments.Config, error) {
	experiment, err := experiments.Lookup(name)
	if err != nil {
		return experiment, nil, err
	}
	cfg, err := s.Configure(experiment)
	return experiment, cfg, err
}
