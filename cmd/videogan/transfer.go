package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"videogan/eval/classifier"
	"videogan/eval/transfer"
	"videogan/eval/weights"
	"videogan/experiments"
	"videogan/nn/exec"
)

// transferFlags are the flags of transfer.
type transferFlags struct {
	transfer.Config
	data, out, split string
	classes          []string
	labels           []string
	methods          []string
	threads          int
}

func newTransfer(c *console) *cobra.Command {
	f := transferFlags{Config: transfer.DefaultConfig()}
	cmd := &cobra.Command{
		Use:   "transfer {RUN | MODEL=RUN}... --data UCF101 --out DIR",
		Short: "Measure what discriminators have learned: their features on labelled clips",
		Long: `Measure how well the discriminators of runs tell the classes of labelled clips, as VGAN's paper does: the head
is replaced by dropout and a layer of class scores, and trained from random weights (scratch), on frozen features
(probe; untrained-probe on features of random weights), or with all layers (finetune), for some shares of the labels
and numbers of classes. Runs whose names differ in "-seedN" only are repeats of one model; MODEL=RUN says so by hand.

The folder gets cells.jsonl (a line for each finished classifier), transfer.json and plots/. Ctrl-C stops at once; the
same command goes on with the cells that are missing. Clips are seen at the size and as the pixels that the run was
trained on; 'videogan prepare' makes reading them fast. A run has seen the test clips of the splits that it was not
trained on: --split own takes discriminators of every split, as many of each, and measures each on its own.`,
		Example: `  videogan transfer runs/vgan-seed1 runs/vgan-seed2 runs/vgan-seed3 --data UCF101 --out transfer
  videogan transfer runs/split?/vgan-seed? --data cache/ucf101-64 --split own --out transfer --class-counts 5,10,25,50
  videogan transfer runs/vgan --data UCF101 --out probes --methods probe,untrained-probe --layer c1 --standardize`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.read(); err != nil {
				return usageError{err}
			}
			return c.transfer(cmd.Context(), &f, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.data, "data", "", "UCF101, a folder made by 'videogan prepare', or a folder of videos by class")
	flags.StringVar(&f.out, "out", "", "folder of the results")
	flags.StringVar(&f.split, "split", "1", "official split of UCF101: 1, 2, 3; all: the mean over them; own: each run on the split that it was trained on, and the mean over these")
	flags.StringSliceVar(&f.classes, "classes", nil, "only these classes, separated by commas")
	flags.StringSliceVar(&f.methods, "methods", nil, "of scratch, untrained-probe, probe and finetune (default all)")
	flags.StringSliceVar(&f.labels, "labels", []string{"1/8", "1/4", "1/2", "1"}, "shares of the labels")
	flags.IntSliceVar(&f.Classes, "class-counts", nil, "numbers of classes to measure beside all of them")
	flags.StringVar(&f.Layer, "layer", f.Layer, "that probes see: last, or c0, c1, …; max-pooled to the size of the last")
	flags.IntVar(&f.Repeats, "repeats", f.Repeats, "repeats of each run, with other labels, order and heads")
	flags.Uint64Var(&f.Seed, "seed", f.Seed, "seed of the first repeat; the next ones follow")
	flags.IntVar(&f.Steps, "steps", f.Steps, "steps of Adam")
	flags.IntVar(&f.Batch, "batch", f.Batch, "windows a step (256 in the release)")
	flags.Float64Var(&f.Rate, "lr", f.Rate, "learning rate")
	flags.Float64Var(&f.Dropout, "dropout", f.Dropout, "probability with which a channel below the head is dropped")
	flags.IntVar(&f.Windows, "windows", f.Windows, "windows of a test video, whose mean probability decides")
	flags.IntVar(&f.Features, "feature-windows", f.Features, "windows of a training video that probes draw from")
	flags.IntVar(&f.Settle, "settle", f.Settle, "batches by which frozen layers settle their running statistics")
	flags.BoolVar(&f.Standardize, "standardize", false, "give each channel of frozen features mean 0 and variance 1")
	flags.IntVar(&f.threads, "threads", 0, "threads of the kernels; 0: all")
	return cmd
}

// read turns texts into settings.
func (f *transferFlags) read() error {
	if f.data == "" || f.out == "" {
		return errors.New("--data and --out: name the folder of labelled clips and the folder of the results")
	}
	switch f.split {
	case "all":
		f.Splits = []int{1, 2, 3}
	case "own":
		f.Splits, f.OwnSplit = []int{1, 2, 3}, true // those of the runs, once they are opened
	default:
		split, err := strconv.Atoi(f.split)
		if err != nil || split < 1 || split > 3 {
			return fmt.Errorf("--split %s: want 1, 2, 3, all or own", f.split)
		}
		f.Splits = []int{split}
	}
	f.Config.Labels = nil
	for _, text := range f.labels {
		share, err := parseShare(text)
		if err != nil {
			return err
		}
		f.Config.Labels = append(f.Config.Labels, share)
	}
	slices.Sort(f.Config.Labels)
	slices.Sort(f.Config.Classes)
	if len(f.methods) > 0 {
		f.Methods = nil
		for _, method := range transfer.Methods() { // in the order of tables
			if slices.Contains(f.methods, string(method)) {
				f.Methods = append(f.Methods, method)
			}
		}
		if len(f.Methods) != len(f.methods) {
			return fmt.Errorf("--methods %s: want of %v, each once", strings.Join(f.methods, ","), transfer.Methods())
		}
	}
	return f.Validate()
}

// parseShare reads 1/8, or 0.125.
func parseShare(text string) (float64, error) {
	above, below, fraction := strings.Cut(text, "/")
	share, err := strconv.ParseFloat(above, 64)
	if fraction && err == nil {
		var divisor float64
		divisor, err = strconv.ParseFloat(below, 64)
		share /= divisor
	}
	if err != nil || !(share > 0 && share <= 1) {
		return 0, fmt.Errorf("--labels %s: want shares such as 1/8 or 0.125, more than 0 and at most 1", text)
	}
	return share, nil
}

// transfer opens runs and clips, measures, and writes what there is; after an interrupt without a table.
func (c *console) transfer(ctx context.Context, f *transferFlags, args []string) (err error) {
	networks, first, err := openNetworks(args)
	if err != nil {
		return err
	}
	if f.OwnSplit {
		if f.Splits, err = ownSplits(networks); err != nil {
			return err
		}
	}
	data, closeData, err := c.openLabelled(ctx, f, networks, first)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeData()) }()
	device, err := exec.NewDevice(exec.DeviceOptions{Threads: f.threads})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, device.Close()) }()
	study, err := c.measureTransfer(ctx, device, networks, data, f)
	interrupted := errors.Is(err, classifier.ErrInterrupted)
	switch {
	case errors.Is(err, transfer.ErrConfig):
		return usageError{err}
	case err != nil && !(interrupted && study.Finished > 0):
		return err
	}
	if writing := study.Write(f.out, experiments.Version(), exec.ReadMachine().String()); writing != nil || interrupted {
		return errors.Join(err, writing)
	}
	return study.WriteText(c.out)
}

// measureTransfer measures with a progress bar.
func (c *console) measureTransfer(ctx context.Context, device *exec.Device, networks []*transfer.Network, data []transfer.Data, f *transferFlags) (*transfer.Study, error) {
	var bar *progress
	study, err := transfer.Run(ctx, device, networks, data, f.Config, transfer.Options{Dir: f.out, Logger: c.logger, Progress: func(done, total int, what string) {
		if bar == nil {
			bar = newProgress(c.err, c.logger, "transfer", total, done)
		}
		bar.update(done, what, "step", done, "of", total, "cell", what)
	}})
	if bar != nil {
		bar.stop()
	}
	return study, err
}

// seedEnding is what the names of a model's runs differ in.
var seedEnding = regexp.MustCompile(`[-_]seed[-_]?[0-9]+$`)

// openNetworks opens the discriminators of runs; first is the config of the first one.
func openNetworks(args []string) (networks []*transfer.Network, first *experiments.Data, err error) {
	for _, arg := range args {
		model, run, named := strings.Cut(arg, "=")
		if !named {
			run = arg
			model = seedEnding.ReplaceAllString(filepath.Base(filepath.Clean(run)), "")
		}
		d, err := experiments.OpenDiscriminator(experiments.Folder(run))
		if err != nil {
			return nil, nil, err
		}
		sum, err := weights.FileSHA256(d.Checkpoint)
		if err != nil {
			return nil, nil, err
		}
		data := &d.Config.Shared().Data
		if first == nil {
			first = data
		}
		if data.Preprocess != first.Preprocess {
			return nil, nil, usageError{fmt.Errorf("%s was trained on frames preprocessed by %s, the first run by %s: measure them apart", run, data.Preprocess, first.Preprocess)}
		}
		split := 0
		if data.Source == experiments.UCF101 {
			split = data.Split
		}
		networks = append(networks, &transfer.Network{Model: model, Run: filepath.Base(filepath.Clean(run)), Checkpoint: sum, Steps: d.File.Steps, Split: split,
			Range: data.Range, Shape: d.Shape, Networks: d.Networks, Params: d.File.Params})
	}
	return networks, first, nil
}

// ownSplits lists the splits that runs were trained on.
func ownSplits(networks []*transfer.Network) (splits []int, err error) {
	for _, n := range networks {
		if n.Split == 0 {
			return nil, usageError{fmt.Errorf("--split own: %s was not trained on a split of UCF101 (data.split): name the split to measure it on", n.Run)}
		}
		splits = append(splits, n.Split)
	}
	slices.Sort(splits)
	return slices.Compact(splits), nil
}

// openLabelled opens the clips of every split at the size that the networks see.
func (c *console) openLabelled(ctx context.Context, f *transferFlags, networks []*transfer.Network, trained *experiments.Data) (data []transfer.Data, closeAll func() error, err error) {
	var open []classifier.Data
	closeAll = func() error {
		var errs []error
		for _, d := range open {
			errs = append(errs, d.Close())
		}
		return errors.Join(errs...)
	}
	network := networks[0]
	for _, split := range f.Splits {
		clips := clipFlags{classifier.DataOptions{Root: f.data, Split: split, Classes: f.classes, Frames: network.Shape.Frames, Size: network.Shape.Height, Preprocess: trained.Preprocess}}
		d, err := clips.open(ctx, c)
		if err != nil {
			return nil, nil, errors.Join(err, closeAll())
		}
		open = append(open, d)
		labelled, err := transfer.NewData(split, d)
		if err != nil {
			return nil, nil, errors.Join(usageError{err}, closeAll())
		}
		data = append(data, labelled)
		if f.OwnSplit || trained.Source != experiments.UCF101 {
			continue
		}
		if at := slices.IndexFunc(networks, func(n *transfer.Network) bool { return n.Split != split }); at >= 0 {
			c.logger.Warn("the run may have seen the test clips, without their labels: --split own measures each on its own split",
				"run", networks[at].Run, "trained_on_split", networks[at].Split, "test_of_split", split)
		}
	}
	return data, closeAll, nil
}
