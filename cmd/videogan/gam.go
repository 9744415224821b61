package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"videogan/experiments"
)

func newGAM(c *console) *cobra.Command {
	var o experiments.GAMOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "gam RUN1 RUN2",
		Short: "Let two runs' generators fool the other's discriminator",
		Long: `Let the averaged generators of two runs fool each other's discriminator (Im et al. 2016): no classifier
is needed. The ratio of samples is the error rate of discriminator 2 on the clips of generator 1 over
that of discriminator 1 on those of generator 2: above 1 favours the first run. It counts only while
the ratio of their error rates on held-out real clips (Moving MNIST's test digits, the test clips of
UCF101's split) is near 1.`,
		Example: `  videogan gam runs/tgan runs/vgan
  videogan gam runs/tgan runs/vgan --samples 4096 --json`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Samples < 2 {
				return usageError{fmt.Errorf("--samples %d: want 2 or more", o.Samples)}
			}
			opening, judging := newLazyProgress(c, "opening videos"), newLazyProgress(c, "judging clips")
			o.Logger, o.Opening, o.Progress = c.logger, opening.update, judging.update
			r, err := experiments.MeasureGAM(cmd.Context(), experiments.Folder(args[0]), experiments.Folder(args[1]), o)
			opening.stop()
			judging.stop()
			if err != nil {
				return err
			}
			if asJSON {
				encoder := json.NewEncoder(c.out)
				encoder.SetIndent("", "  ")
				return encoder.Encode(r)
			}
			return r.WriteText(c.out)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&o.Samples, "samples", 1024, "clips of each kind")
	flags.Uint64Var(&o.Seed, "seed", 0, "seed of latent vectors and held-out clips")
	flags.StringVar(&o.Root, "data", "", "folder of the held-out clips, or moving-mnist (default: the first run's own data)")
	flags.Float64Var(&o.Tolerance, "tolerance", 0.2, "how far the test ratio may be from 1")
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}
