package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"videogan/eval/classifier"
	"videogan/nn/exec"
)

func newClassifier(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "classifier",
		Short: "Train and test classifiers of clips, which scores are taken with",
		Example: `  videogan classifier train --data moving-mnist --out classifiers/digits --minutes 10
  videogan classifier test classifiers/digits --data moving-mnist
  videogan score runs/digits --classifier classifiers/digits`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newClassifierTrain(c), newClassifierTest(c))
	return cmd
}

// clipFlags are the flags that choose labelled clips.
type clipFlags struct{ classifier.DataOptions }

func (f *clipFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.Root, "data", "", "UCF101, a folder made by 'videogan prepare', a folder of videos by class, or moving-mnist")
	cmd.Flags().IntVar(&f.Split, "split", 1, "official split of UCF101, 1 to 3")
	cmd.Flags().StringSliceVar(&f.Classes, "classes", nil, "only these classes, separated by commas")
}

// open opens the clips with a progress bar.
func (f *clipFlags) open(ctx context.Context, c *console) (classifier.Data, error) {
	if f.Root == "" {
		return classifier.Data{}, usageError{errors.New("--data: name the folder of labelled videos, or moving-mnist")}
	}
	opening := newLazyProgress(c, "opening videos")
	defer opening.stop()
	f.Opening, f.Logger = opening.update, c.logger
	return classifier.OpenData(ctx, f.DataOptions)
}

func newClassifierTrain(c *console) *cobra.Command {
	var clips clipFlags
	var o classifier.TrainOptions
	var set []string
	var steps int
	var minutes float64
	cmd := &cobra.Command{
		Use:   "train --data {DIR|moving-mnist} --out DIR",
		Short: "Train a small C3D on labelled clips",
		Long: `Train a small C3D on the training clips of a labelled set, and test it on the test clips of its
official split (of a folder without one: on every fifth video of a class). It judges clips of --frames
frames, and the middle frames of longer ones.

The folder gets classifier.safetensors, classifier.json (config, classes, accuracy, hash), metrics.jsonl
and plots/ (learning curve, confusion matrix). Ctrl-C keeps what was learned; --resume goes on.`,
		Example: `  videogan classifier train --data moving-mnist --out classifiers/digits --minutes 10
  videogan classifier train --data moving-mnist --frames 8 --out classifiers/digits-8 --set train.batch=32
  videogan classifier train --data cache/ucf101-64 --size 64 --out classifiers/ucf101 --steps 2000
  videogan classifier train --data videos --out classifiers/mine --set train.lr=0.0005 --set augment.flip=false`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Dir == "" {
				return usageError{errors.New("--out: name the folder of the classifier")}
			}
			data, err := clips.open(cmd.Context(), c)
			if err != nil {
				return err
			}
			defer data.Close()
			cfg := classifier.DefaultConfig(data.Train.Info())
			if steps > 0 {
				cfg.Train.Steps = steps
			}
			cfg.Train.Minutes = minutes
			for _, assignment := range set {
				if err := cfg.Set(assignment); err != nil {
					return usageError{fmt.Errorf("--set: %w", err)}
				}
			}
			return c.trainClassifier(cmd.Context(), cfg, data, o)
		},
	}
	clips.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.Dir, "out", "", "folder of the classifier")
	flags.BoolVar(&o.Resume, "resume", false, "go on with the training in the folder")
	flags.IntVar(&clips.Size, "size", 32, "height and width of the frames, pixels")
	flags.IntVar(&clips.Frames, "frames", 16, "frames of a clip")
	flags.IntVar(&steps, "steps", 0, "steps (sets train.steps; default 1500)")
	flags.Float64Var(&minutes, "minutes", 0, "stop after so many minutes, the learning rate at 0 by then (sets train.minutes)")
	flags.StringArrayVar(&set, "set", nil, "path=value of one setting, for example train.batch=32; classifier.json lists them")
	return cmd
}

// trainClassifier trains with a progress bar.
func (c *console) trainClassifier(ctx context.Context, cfg classifier.Config, data classifier.Data, o classifier.TrainOptions) error {
	bar := newProgress(c.err, c.logger, "classifier", cfg.Train.Steps, 0)
	o.Logger = c.logger
	o.Step = func(p classifier.Progress) {
		left := p.Left.Round(time.Second)
		bar.update(p.Step, fmt.Sprintf("loss %.3f, %v left", p.Loss, left), "step", p.Step, "of", p.Last, "loss", rounded(p.Loss), "accuracy", rounded(p.Accuracy), "left", left)
	}
	outcome, err := classifier.Train(ctx, cfg, data, o)
	bar.stop()
	if errors.Is(err, classifier.ErrConfig) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	if outcome.TimeIsUp {
		c.logger.Info("time is up", "step", outcome.Step, "of", outcome.Last)
	}
	if err := outcome.Card.Test.WriteText(c.out, outcome.Card.Classes); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.out, o.Dir)
	return err
}

func newClassifierTest(c *console) *cobra.Command {
	var clips clipFlags
	var o classifier.TestOptions
	cmd := &cobra.Command{
		Use:   "test {DIR|pretrained:NAME} --data {DIR|moving-mnist}",
		Short: "Test a classifier on the test clips of a labelled set",
		Long: `Test a classifier on the test clips of a labelled set: MNIST's test digits, the test list of UCF101's
split, every fifth video of a class in a folder without split. Videos are judged by windows, evenly spaced,
and by the mean of what is said of them; the table has a row for each true class.`,
		Example: `  videogan classifier test classifiers/digits --data moving-mnist
  videogan classifier test pretrained:mnist32 --data moving-mnist --clips 5000
  videogan classifier test classifiers/ucf101 --data cache/ucf101-64 --windows 10`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			card, err := classifier.ReadCard(args[0])
			if err != nil {
				return err
			}
			clips.Size, clips.Frames = card.Config.Network.Size, card.Config.Network.Frames
			data, err := clips.open(cmd.Context(), c)
			if err != nil {
				return err
			}
			defer data.Close()
			device, err := exec.NewDevice(exec.DeviceOptions{})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, device.Close()) }()
			judge, err := classifier.Open(device, args[0], card.Config.Train.Batch)
			if err != nil {
				return err
			}
			bar := newLazyProgress(c, "testing")
			o.Progress = bar.update
			result, err := classifier.Test(cmd.Context(), judge, data.Test, o)
			bar.stop()
			if err != nil {
				return err
			}
			return result.WriteText(c.out, judge.Classes())
		},
	}
	clips.register(cmd)
	cmd.Flags().IntVar(&o.Windows, "windows", 5, "windows of each video")
	cmd.Flags().IntVar(&o.Clips, "clips", 1000, "clips of moving-mnist")
	cmd.Flags().Uint64Var(&o.Seed, "seed", 1, "seed of the clips of moving-mnist")
	return cmd
}
