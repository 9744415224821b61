package main

import (
	"github.com/spf13/cobra"

	"videogan/eval/classifier"
	"videogan/experiments"
)

func newPrior(c *console) *cobra.Command {
	o := experiments.PriorOptions{Data: experiments.DefaultData()}
	var out, data string
	var start int
	cmd := &cobra.Command{
		Use:   "prior CLIP...",
		Short: "Restore damaged clips with untrained generators",
		Long: `Restore damaged clips with untrained generators (the deep image prior of Ulyanov et al. 2018): the weights are
fitted to the damaged pixels of this one clip, from random ones on. Nothing is trained before; what is restored, the
form of the network knows.

Pixels are hidden (--hide) and painted in; noise is added (--noise) and taken away: of the clip's middle frame by the
image generator, and of the clip by the image generator with a latent vector for each frame (spatial), behind the
temporal generator (temporal), and by three-dimensional convolutions (scene).

A clip is a video file, of which the middle square is taken; train:N or test:N are N clips of --data.
Prints PSNR and leaves prior.png (original, damaged, mean of neighbours, then in the order of the table; a frame's
side by side, a clip's below each other) and prior.json in --out.`,
		Example: `  videogan prior video.avi --size 64 --frames 16 --out prior
  videogan prior test:2 --data moving-mnist --hide 0.7`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Data.Digits, o.Data.Source = 1, experiments.UCF101
			if o.Data.Root = data; data == classifier.MovingMNIST {
				o.Data.Source, o.Data.Root = experiments.MovingMNIST, ""
			}
			clips, err := experiments.ReadClips(cmd.Context(), args, experiments.ClipOptions{
				Data: o.Data, Frames: o.Data.Frames, Seed: o.Prior.Seed, Start: start, Logger: c.logger})
			if err != nil {
				return err
			}
			bars := bars{console: c}
			o.Progress = bars.update
			found, err := experiments.Restore(cmd.Context(), clips, o)
			bars.stop()
			if err != nil {
				return err
			}
			return c.deliver(found, out)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&data, "data", "", "UCF101, a folder made by 'videogan prepare ucf101', or moving-mnist")
	flags.IntVar(&o.Data.Size, "size", 32, "height and width of the frames, pixels: 4 times a power of two")
	flags.IntVar(&o.Data.Frames, "frames", 8, "frames of a clip")
	flags.IntVar(&start, "start", 0, "first frame taken of a video file")
	flags.Float64Var(&o.Hide, "hide", 0.5, "share of the pixels that is hidden; 0: nothing is painted in")
	flags.Float64Var(&o.Noise, "noise", 0.2, "standard deviation of the noise, on the scale from -1 to 1; 0: none is taken away")
	flags.IntVar(&o.Prior.Steps, "steps", 600, "steps of Adam on the weights")
	flags.Float64Var(&o.Prior.Rate, "rate", 0.003, "rate of Adam; at 0.01, which is usual, networks of black frames may stay black")
	flags.Uint64Var(&o.Prior.Seed, "seed", 0, "seed of weights, latents, damage and drawn clips")
	flags.StringVar(&out, "out", "prior", "folder for the files")
	return cmd
}
