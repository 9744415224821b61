package main

import (
	"github.com/spf13/cobra"

	"videogan/experiments"
)

func newInterpolate(c *console) *cobra.Command {
	var o experiments.InterpolateOptions
	var out string
	cmd := &cobra.Command{
		Use:   "interpolate RUN",
		Short: "Show what lies between the clips of a generator",
		Long: `Show what lies between the clips of a generator:

z0: from one latent vector of a clip to another, straight and along the arc (slerp): z0.png has the middle
frame at each step, straight above arc, z0.mp4 the clips themselves;
z1: frames between frames, painted from latent vectors between those of two frames: z1.png and z1.mp4 have
the clip's own frames held, painted between, and mixed of the pixels of both;
motion: in a row of motion.mp4 (a group of motion.png) one z0 with the frames' latent vectors of others.

A generator that makes clips in one piece (VGAN) has the first only. Of a run, the discriminator scores the ways.`,
		Example: `  videogan interpolate pretrained:tgan-small --out interpolation
  videogan interpolate runs/digits -n 6 --steps 11 --times 8`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			g, err := experiments.OpenGenerator(args[0])
			if err != nil {
				return err
			}
			if folder := experiments.Folder(args[0]); folder.Exists() {
				d, err := experiments.OpenDiscriminator(folder)
				if err != nil {
					return err
				}
				judge := d.Knowledge()
				o.Discriminator = &judge
			}
			bar := newLazyProgress(c, "interpolate")
			o.Progress = bar.update
			found, err := experiments.Interpolate(cmd.Context(), g, o)
			bar.stop()
			if err != nil {
				return err
			}
			return c.deliver(found, out)
		},
	}
	flags := cmd.Flags()
	flags.IntVarP(&o.Clips, "number", "n", 4, "pairs, clips, contents and motions that are shown")
	flags.IntVar(&o.Steps, "steps", 9, "points of a way, its ends included")
	flags.IntVar(&o.Times, "times", 4, "steps from one frame to the next")
	flags.Uint64Var(&o.Seed, "seed", 0, "seed of the latent vectors")
	flags.StringVar(&out, "out", "interpolation", "folder for the files")
	return cmd
}
