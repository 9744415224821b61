package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"videogan/experiments"
)

func newRealness(c *console) *cobra.Command {
	o := experiments.RealnessOptions{Clip: experiments.ClipOptions{Logger: c.logger}}
	var out, data string
	cmd := &cobra.Command{
		Use:   "realness RUN",
		Short: "Ask a discriminator what it takes for real",
		Long: `Ask the discriminator of a run's newest checkpoint how real clips are: training clips, held-out ones (UCF101 with
a split, Moving MNIST), generated ones, and training clips with time shuffled, one frame held, blurred (σ of one
pixel) and with noise (σ 0.1 of the range from -1 to 1).

AUC is the chance that a training clip has the higher score: 0.5 where they cannot be told apart. The picture
has four groups: training clips that look most and least real, generated ones that do; it prints a table and
leaves realness.png, realness.mp4 and realness.json in --out.`,
		Example: `  videogan realness runs/digits --out realness
  videogan realness runs/ucf --data UCF101 -n 512`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			g, d, err := openBoth(args[0])
			if err != nil {
				return err
			}
			o.Data = g.Config.Shared().Data
			if data != "" {
				o.Data.Root = data
			}
			bar := newLazyProgress(c, "realness")
			o.Update = bar.update
			found, err := experiments.MeasureRealness(cmd.Context(), g, d, o)
			bar.stop()
			if err != nil {
				return err
			}
			return c.deliver(found, out)
		},
	}
	flags := cmd.Flags()
	flags.IntVarP(&o.Clips, "number", "n", 256, "clips of each kind")
	flags.IntVar(&o.Shown, "show", 4, "clips in each group of the picture")
	flags.Uint64Var(&o.Seed, "seed", 0, "seed of what is drawn and generated")
	flags.StringVar(&data, "data", "", "folder of the clips (the run's data.root, where that has moved)")
	flags.StringVar(&out, "out", "realness", "folder for the files")
	return cmd
}

// openBoth opens a run's generator and discriminator.
func openBoth(run string) (*experiments.Generator, *experiments.Discriminator, error) {
	if !experiments.Folder(run).Exists() {
		return nil, nil, usageError{fmt.Errorf("%s is no run folder, and only those hold a discriminator", run)}
	}
	g, err := experiments.OpenGenerator(run)
	if err != nil {
		return nil, nil, err
	}
	d, err := experiments.OpenDiscriminator(experiments.Folder(run))
	return g, d, err
}
