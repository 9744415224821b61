package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"videogan/datasets"
)

func newPrepare(c *console) *cobra.Command {
	var root, out, lists, preprocess string
	var o datasets.PrepareOptions
	cmd := &cobra.Command{
		Use:   "prepare {ucf101|folder} --root DIR --out DIR",
		Short: "Decode a set of videos once, into arrays that training maps into memory",
		Long: `Decode every video of a set once, scaled to the size of the training clips, into memory-mapped
NumPy arrays. 'train --data' takes the folder that this makes in place of the videos; drawing a
window from it is a copy of memory.

An interrupted call is gone on with by the same command, and a second call does nothing. Files that
cannot be decoded are named, counted and passed over.`,
		Example: `  videogan prepare ucf101 --root UCF101 --out cache/ucf101-64 --size 64 --preprocess tgan
  videogan prepare folder --root videos --out cache/videos-32 --size 32 --fps 12`,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"ucf101", "folder"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if root == "" || out == "" {
				return usageError{fmt.Errorf("--root and --out: name the folder of the videos and the folder to write")}
			}
			if err := o.Preprocess.UnmarshalText([]byte(preprocess)); err != nil {
				return usageError{fmt.Errorf("--preprocess: %w", err)}
			}
			catalogue, err := catalogueOf(args[0], root, lists)
			if err != nil {
				return err
			}
			o.Out = out
			return c.prepare(cmd.Context(), catalogue, o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&root, "root", "", "folder of the videos")
	flags.StringVar(&out, "out", "", "folder to write")
	flags.StringVar(&lists, "lists", "", "ucf101: folder of the split lists (default ucfTrainTestlist in --root or beside it)")
	flags.StringVar(&preprocess, "preprocess", "centre", "how a frame becomes a square: centre, or tgan (the release's 85×64 and its crop)")
	flags.IntVar(&o.Size, "size", 64, "height and width of the frames, pixels")
	flags.Float64Var(&o.FPS, "fps", 0, "frames a second to convert to; 0: every frame")
	flags.IntVar(&o.Workers, "workers", 0, "videos decoded at a time; 0: one a core")
	return cmd
}

func catalogueOf(kind, root, lists string) (*datasets.Catalogue, error) {
	if kind == "ucf101" {
		return datasets.ListUCF101(root, lists)
	}
	return datasets.ListFolder(root)
}

func (c *console) prepare(ctx context.Context, catalogue *datasets.Catalogue, o datasets.PrepareOptions) error {
	bar := newLazyProgress(c, "decoding")
	o.Progress, o.Logger = bar.update, c.logger
	result, err := datasets.Prepare(ctx, catalogue, o)
	bar.stop()
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s: %d clips, %d frames, %.1f MiB in %d files; decoded now: %d, skipped: %d\n",
		o.Out, result.Clips, result.Frames, float64(result.Bytes)/(1<<20), result.Shards, result.Decoded, len(result.Skipped))
	return nil
}
