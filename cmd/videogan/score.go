package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"videogan/eval"
	"videogan/eval/score"
	"videogan/experiments"
)

// scoreFlags are the flags of score.
type scoreFlags struct {
	experiments.ScoreOptions
	measures []string
	protocol eval.Protocol // what the flags below set
	asJSON   bool
}

func newScore(c *console) *cobra.Command {
	var f scoreFlags
	cmd := &cobra.Command{
		Use:   "score [RUN | GENERATOR.safetensors | pretrained:EXPERIMENT]... --classifier FILE",
		Short: "Score generators, or real clips, by a classifier, each number with its protocol",
		Long: `Draw clips from generators, have a classifier judge them and print the measures asked for. Each
result goes to RUN/scores/ as JSON, with the whole protocol that it was measured by; 'videogan compare'
sets them side by side. Without a run the real clips of --data are scored: the line to be held to.

The classifier is a folder of 'videogan classifier train' (C3D-small), C3D's weights (with --mean
mean2.npz), I3D's .safetensors or a MoViNet .tflite. What it says of each clip is kept in RUN/scores/cache: work that
Ctrl-C stopped goes on where it was.

measures: inception, frechet, kernel, precision (and recall, density, coverage), modes (and their
divergence), duplicates (birthday test), nearest (memorisation); all of them: all. Most compare with
real clips, the run's own unless --data says otherwise. Of a generator that goes on from given frames,
ssim and psnr hold its future to the real one, without a classifier; with --real also the given frame, held.`,
		Example: `  videogan score runs/digits --classifier classifiers/digits
  videogan score runs/digits --classifier classifiers/digits --measure inception,frechet,modes --real
  videogan score runs/a runs/b --classifier classifiers/digits --raw --step 4000 --samples 1024 --repeats 1
  videogan score --data moving-mnist --classifier classifiers/digits --out runs/real
  videogan score runs/futures --measure ssim,psnr --samples 256
  videogan score runs/ucf --classifier conv3d_deepnetA_ucf.npz --mean mean2.npz --preset tgan2017 --data UCF101`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.complete(cmd, args); err != nil {
				return err
			}
			results, err := c.score(cmd.Context(), args, f.ScoreOptions)
			if errors.Is(err, context.Canceled) {
				return fmt.Errorf("interrupted: what has been measured is kept, and the same command goes on from there: %w", err)
			}
			if err != nil {
				return err
			}
			if f.asJSON {
				encoder := json.NewEncoder(c.out)
				encoder.SetIndent("", "  ")
				return encoder.Encode(results)
			}
			table, err := eval.Compare(results)
			if err != nil {
				return err
			}
			return table.WriteText(c.out)
		},
	}
	f.register(cmd)
	return cmd
}

func (f *scoreFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.Classifier, "classifier", "", "classifier: folder of C3D-small, C3D's or I3D's weights, or MoViNet's .tflite")
	flags.StringVar(&f.Judge.Mean, "mean", "", "C3D: file of the mean that is subtracted, mean2.npz")
	flags.BoolVar(&f.Judge.Dropout, "dropout", false, "C3D: keep dropout active, as TGAN's published program did")
	flags.IntVar(&f.Judge.Stride, "stride", 1, "MoViNet: show one of so many frames")
	flags.IntVar(&f.Judge.Frames, "frames", 16, "I3D: frames of the clips")
	flags.BoolVar(&f.Judge.Pooled, "pooled", false, "I3D: distances by the last pool's features, not by the logits as in the Fréchet video distance")
	flags.StringSliceVar(&f.measures, "measure", []string{"inception"}, "measures, separated by commas; all: every one")
	flags.StringVar(&f.Judge.Preset, "preset", "", "published protocol: tgan2017, tgan2020, stylegan-v, small (default: the classifier's)")
	flags.BoolVar(&f.Raw, "raw", false, "score the generator itself, not its average")
	flags.IntVar(&f.Step, "step", -1, "step of the checkpoint (default: the newest)")
	flags.Lookup("step").DefValue = "" // the text says it
	flags.StringVar(&f.Root, "data", "", "real clips: folder or file, or moving-mnist (default: the run's own)")
	flags.StringArrayVar(&f.Set, "set", nil, "data.KEY=value of one setting of the real clips; repeat for more")
	flags.BoolVar(&f.Real, "real", false, "score the real clips as well; of ssim and psnr, the given frame held")
	flags.StringVar(&f.Out, "out", "", "folder in whose scores/ the results go (default: the run)")
	flags.StringVar(&f.Cache, "cache", "", "folder of what the classifier said, to share between runs (default: scores/cache)")
	flags.IntVar(&f.protocol.Samples, "samples", 0, "clips of each repeat (default: the preset's)")
	flags.IntVar(&f.protocol.Repeats, "repeats", 0, "repeats, each with clips of its own (default: the preset's)")
	flags.IntVar(&f.protocol.Splits, "splits", 0, "inception: parts that are scored apart (default: the preset's)")
	flags.Float64Var(&f.protocol.Epsilon, "epsilon", 0, "inception: ε within the logarithms (default: the preset's)")
	flags.IntVar(&f.protocol.Reference.Samples, "real-samples", 0, "real clips to compare with (default: as many as --samples)")
	flags.IntVar(&f.protocol.Neighbours, "neighbours", 0, "precision: k of the balls (default 3)")
	flags.IntVar(&f.protocol.Subsets, "subsets", 0, "kernel: estimates (default 10)")
	flags.IntVar(&f.protocol.SubsetSize, "subset-size", 0, "kernel: clips of each estimate (default 1000); duplicates: clips of each group (default 64)")
	flags.Float64Var(&f.protocol.Threshold, "threshold", 0, "duplicates: distance of features below which clips are near duplicates (default: the first percentile of real clips)")
	flags.Uint64Var(&f.protocol.Seed, "seed", 0, "seed of latent vectors and of real clips")
	flags.BoolVar(&f.asJSON, "json", false, "print the results as JSON, for programs")
}

// complete checks the flags and turns them into options.
func (f *scoreFlags) complete(cmd *cobra.Command, args []string) (err error) {
	if len(args) == 0 && f.Root == "" {
		return usageError{errors.New("name a run to score, or real clips with --data")}
	}
	if f.Measures, err = score.ParseMeasures(f.measures); err != nil {
		return usageError{fmt.Errorf("--measure: %w", err)}
	}
	if f.Classifier == "" && slices.ContainsFunc(f.Measures, score.Measure.Judged) {
		return usageError{errors.New("--classifier: name the classifier that judges (train one by 'videogan classifier train')")}
	}
	for _, flag := range []struct {
		name       string
		value, low int
	}{{"samples", f.protocol.Samples, 2}, {"repeats", f.protocol.Repeats, 1}, {"splits", f.protocol.Splits, 1}, {"real-samples", f.protocol.Reference.Samples, 2},
		{"neighbours", f.protocol.Neighbours, 1}, {"subsets", f.protocol.Subsets, 1}, {"subset-size", f.protocol.SubsetSize, 2}, {"stride", f.Judge.Stride, 1}} {
		if cmd.Flags().Changed(flag.name) && flag.value < flag.low {
			return usageError{fmt.Errorf("--%s %d: want %d or more", flag.name, flag.value, flag.low)}
		}
	}
	if !slices.ContainsFunc(f.Measures, score.Measure.Judged) {
		for _, name := range []string{"repeats", "splits", "epsilon", "real-samples", "neighbours", "subsets", "subset-size", "threshold"} {
			if cmd.Flags().Changed(name) {
				return usageError{fmt.Errorf("--%s: ssim and psnr do not use it; --samples says how many clips count", name)}
			}
		}
	}
	f.Judge.Seed = f.protocol.Seed
	f.Adjust = func(p *eval.Protocol) {
		changed, given := cmd.Flags().Changed, f.protocol
		for _, flag := range []struct {
			name     string
			from, to *int
		}{{"samples", &given.Samples, &p.Samples}, {"repeats", &given.Repeats, &p.Repeats}, {"splits", &given.Splits, &p.Splits},
			{"real-samples", &given.Reference.Samples, &p.Reference.Samples}, {"neighbours", &given.Neighbours, &p.Neighbours},
			{"subsets", &given.Subsets, &p.Subsets}, {"subset-size", &given.SubsetSize, &p.SubsetSize}} {
			if changed(flag.name) && *flag.to != *flag.from {
				*flag.to = *flag.from
				if strings.Contains("samples repeats splits", flag.name) {
					p.Preset = "" // it is no longer what was published
				}
			}
		}
		if changed("epsilon") && p.Epsilon != given.Epsilon {
			p.Epsilon, p.Preset = given.Epsilon, ""
		}
		p.Threshold, p.Seed = given.Threshold, given.Seed
	}
	return nil
}

// score scores each run, or the real clips, with a progress bar.
func (c *console) score(ctx context.Context, runs []string, o experiments.ScoreOptions) (scored []eval.Run, err error) {
	opening, judging, measuring := newLazyProgress(c, "opening videos"), newLazyProgress(c, "judging clips"), newLazyProgress(c, "measuring")
	o.Logger, o.Opening, o.Progress = c.logger, opening.update, func(done, total int) {
		opening.stop()
		judging.update(done, total)
		if done == total {
			judging.stop() // the real clips, or the next run, begin anew
		}
	}
	o.Measuring = func(done, total int) {
		measuring.update(done, total)
		if done == total {
			measuring.stop()
		}
	}
	defer opening.stop()
	defer judging.stop()
	defer measuring.stop()
	scoring, err := experiments.NewScoring(o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, scoring.Close()) }()
	if len(runs) == 0 {
		results, err := scoring.Data(ctx)
		return []eval.Run{{Name: o.Root, Results: results}}, err
	}
	for _, run := range runs {
		results, err := scoring.Run(ctx, run)
		judging.stop()
		if err != nil {
			return nil, err
		}
		scored = append(scored, eval.Run{Name: run, Results: results})
	}
	return scored, nil
}
