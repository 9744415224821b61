package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"videogan/experiments"
)

func newBenchSample(c *console) *cobra.Command {
	var settings settingsFlags
	var clips int
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "sample EXPERIMENT",
		Short:             "Measure how fast a generator makes clips",
		Example:           "  videogan bench sample tgan-ucf101 --clips 64",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeExperiments,
		RunE: func(_ *cobra.Command, args []string) error {
			experiment, cfg, err := settings.lookup(args[0])
			if err != nil {
				return err
			}
			b, err := experiments.BenchSample(experiment, cfg, clips)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(c.out).Encode(b)
			}
			_, err = fmt.Fprintf(c.out, "%s: %d clips in %.3f s, %.0f MiB resident at most, on %s\n", b.Experiment, b.Clips, b.Seconds, b.ResidentMiB, b.CPU)
			return err
		},
	}
	settings.register(cmd)
	cmd.Flags().IntVar(&clips, "clips", 64, "clips to make")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func newBenchConstraint(c *console) *cobra.Command {
	var settings settingsFlags
	var runs int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "constraint EXPERIMENT",
		Short: "Measure one application of what keeps the discriminator Lipschitz",
		Long: `Measure one application of singular value clipping or weight clipping to all weights that an
experiment's discriminators start with.`,
		Example:           "  videogan bench constraint tgan-ucf101",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeExperiments,
		RunE: func(cmd *cobra.Command, args []string) error {
			experiment, cfg, err := settings.lookup(args[0])
			if err != nil {
				return err
			}
			b, err := experiments.BenchConstraint(experiment, cfg, runs)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(c.out).Encode(b)
			}
			_, err = fmt.Fprintf(c.out, "%s: %s in %.4f s, on %s\n", b.Experiment, b.Constraint, b.Seconds, b.CPU)
			return err
		},
	}
	settings.register(cmd)
	cmd.Flags().IntVar(&runs, "runs", 5, "runs; the median counts")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}
