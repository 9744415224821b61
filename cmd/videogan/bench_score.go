package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"videogan/experiments"
)

func newBenchScore(c *console) *cobra.Command {
	var o experiments.ScoreBenchOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "score",
		Short: "Measure how fast clips are judged, and a Fréchet distance",
		Example: `  videogan bench score
  videogan bench score --classifier classifiers/digits --clips 512
  videogan bench score --classifier conv3d_deepnetA_ucf.npz --mean mean2.npz --clips 16 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			bar := newLazyProgress(c, "judging clips")
			o.Step = bar.update
			b, err := experiments.BenchScore(cmd.Context(), o)
			bar.stop()
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(c.out).Encode(b)
			}
			if b.Classifier != "" {
				fmt.Fprintf(c.out, "%s: %.4f s a clip of %s, %.0f clips a second\n", b.Classifier, b.ClipSeconds, b.Clip, 1/b.ClipSeconds)
			}
			_, err = fmt.Fprintf(c.out, "Fréchet distance of %d and %d clips, %d dimensions: %.2f s\non %s, %d threads\n", b.Samples, b.Samples, b.Dims, b.FrechetSeconds, b.CPU, b.Threads)
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Classifier, "classifier", "", "classifier, as 'videogan score' takes it; none: the distance alone")
	flags.StringVar(&o.Judge.Mean, "mean", "", "C3D: file of the mean that is subtracted, mean2.npz")
	flags.IntVar(&o.Clips, "clips", 256, "clips to judge")
	flags.IntVar(&o.Samples, "samples", 2048, "clips of each side of the distance")
	flags.IntVar(&o.Dims, "dims", 4096, "dimensions of its features")
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}
