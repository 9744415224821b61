package main

import (
	"github.com/spf13/cobra"

	"videogan/experiments"
)

func newFeatures(c *console) *cobra.Command {
	o := experiments.FeatureOptions{Clip: experiments.ClipOptions{Logger: c.logger}}
	var out, data string
	cmd := &cobra.Command{
		Use:   "features RUN",
		Short: "Show what units of a discriminator look for",
		Long: `Show what units of the discriminator of a run's newest checkpoint look for: for some units of each hidden
layer, the clip that excites the unit most on average, found by Adam from faint noise on, and the real clips that do.

Prints the mean activations and leaves layer0.png, layer0.mp4 … and features.json in --out: in each group of the picture the clip that
was made, and below it the real ones, best first.`,
		Example: `  videogan features runs/digits --out features
  videogan features runs/ucf --data UCF101 --layers 2 --units 8`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, d, err := openBoth(args[0])
			if err != nil {
				return err
			}
			o.Data = d.Config.Shared().Data
			if data != "" {
				o.Data.Root = data
			}
			bars := bars{console: c, name: "features of"}
			o.Progress = bars.update
			found, err := experiments.FindFeatures(cmd.Context(), d, o)
			bars.stop()
			if err != nil {
				return err
			}
			return c.deliver(found, out)
		},
	}
	flags := cmd.Flags()
	flags.IntVarP(&o.Clips, "number", "n", 512, "real clips that are searched")
	flags.IntVar(&o.Units, "units", 4, "units of each layer, drawn by the seed")
	flags.IntVar(&o.Top, "top", 3, "real clips of each unit")
	flags.IntSliceVar(&o.Layers, "layers", nil, "hidden layers, 0 the first; all by default")
	flags.IntVar(&o.Maximise.Steps, "steps", 200, "steps of Adam")
	flags.Float64Var(&o.Maximise.Variation, "variation", 100, "weight of the differences of neighbours in place and time")
	flags.Float64Var(&o.Maximise.Energy, "energy", 5, "weight of the mean square")
	flags.Uint64Var(&o.Seed, "seed", 0, "seed of units, clips and starts")
	flags.StringVar(&data, "data", "", "folder of the clips (the run's data.root, where that has moved)")
	flags.StringVar(&out, "out", "features", "folder for the files")
	return cmd
}
