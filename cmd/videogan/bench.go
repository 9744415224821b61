package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"videogan/experiments"
)

func newBench(c *console) *cobra.Command {
	var settings settingsFlags
	var batch, steps int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "bench EXPERIMENT",
		Short: "Measure the step of an experiment, the data loader, or the decoder",
		Long: `Measure training steps of an experiment on this machine, and the machine's peak in the same
run. With --json one object goes to standard output, whose keys stay as they are.

Data that lies nowhere (no --data) is replaced by random bytes of the same shape.`,
		Example: `  videogan bench tgan-ucf101 --batch 4 --steps 10 --json
  videogan bench data ucf101 --data cache/ucf101-64
  videogan bench decode video.avi`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeExperiments,
		RunE: func(cmd *cobra.Command, args []string) error {
			experiment, cfg, err := settings.lookup(args[0])
			if err != nil {
				return err
			}
			if batch != 0 {
				cfg.Shared().Train.Batch = batch
			}
			bar := newLazyProgress(c, "measuring")
			b, err := experiments.Bench(cmd.Context(), experiment, cfg, experiments.BenchOptions{Steps: steps, Logger: c.logger, Step: bar.update})
			bar.stop()
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(c.out).Encode(b)
			}
			_, err = fmt.Fprintf(c.out, `%s, batch %d, on %s, %d threads
step          %8.3f s median of %d; first %.1f s from nothing
clips         %8.1f a second
work          %8.1f GFLOP a step, %.0f GFLOP/s, %.0f %% of the %.0f measured for a matrix product
data          %8.2f %% of the time spent waiting
memory        %8.0f MiB arena, %.0f MiB resident at most
`, b.Experiment, b.Batch, b.CPU, b.Threads, b.StepSeconds, b.Steps, b.FirstStep, b.ClipsPerClock,
				b.GFLOPPerStep, b.GFLOPS, 100*b.PeakShare, b.PeakGFLOPS, 100*b.DataWaitShare, b.ArenaMiB, b.ResidentMiB)
			return err
		},
	}
	settings.register(cmd)
	cmd.Flags().IntVar(&batch, "batch", 0, "clips in a batch; 0: the experiment's")
	cmd.Flags().IntVar(&steps, "steps", 12, "steps to measure, after a first one that is not counted")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.AddCommand(newBenchData(c), newBenchDecode(c), newBenchSample(c), newBenchConstraint(c), newBenchPeer(c), newBenchGrowth(c), newBenchScore(c))
	return cmd
}

func newBenchData(c *console) *cobra.Command {
	var root string
	var set []string
	var batches int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "data SOURCE",
		Short: "Measure how fast batches of a source are drawn",
		Example: `  videogan bench data moving-mnist --set data.size=32 --set data.frames=8
  videogan bench data ucf101 --data UCF101 --set train.batch=16 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg := experiments.DefaultTGAN()
			cfg.Data.Source, cfg.Data.Root = experiments.Source(args[0]), root
			for _, assignment := range set {
				if err := experiments.Set(cfg, assignment); err != nil {
					return err
				}
			}
			b, err := experiments.BenchData(cmd.Context(), cfg, batches, c.logger)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(c.out).Encode(b)
			}
			_, err = fmt.Fprintf(c.out, "%s: batches of %d clips, %d frames of %d×%d: %.4f s a batch, %.0f clips/s, on %s\n",
				b.Dataset, b.Batch, b.Frames, b.Size, b.Size, b.BatchSeconds, b.ClipsPerClock, b.CPU)
			return err
		},
	}
	cmd.Flags().StringVar(&root, "data", "", "folder or file of the clips")
	cmd.Flags().StringArrayVar(&set, "set", nil, "path=value of a data.* or train.* setting")
	cmd.Flags().IntVar(&batches, "batches", 100, "batches to draw")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}
