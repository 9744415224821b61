package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"videogan/experiments"
	"videogan/nn/exec"
	"videogan/video"
)

// sampleFlags are the flags of sample.
type sampleFlags struct {
	n             int
	seed          uint64
	out           string
	mp4, gif, png bool
	separate, raw bool
}

func newSample(c *console) *cobra.Command {
	var f sampleFlags
	cmd := &cobra.Command{
		Use:   "sample {RUN | GENERATOR.safetensors | pretrained:EXPERIMENT}",
		Short: "Generate clips and print the files that they went to",
		Long: `Generate clips with the averaged generator of a run's newest checkpoint, of a safetensors file,
or of one that is built into the program. Clip i of a seed is always the same, however many are made.

The clips lie side by side in one video (--mp4, --gif) and below each other, a clip a row, in one
contact sheet (--png); --separate writes each clip on its own. Without one of the three: --mp4 --png.
Clips that are composed are followed by what they are composed of, which the files' names say:
output, foreground, mask (white where the foreground is), background; --separate leaves these out.`,
		Example: `  videogan sample runs/digits -n 16 --seed 7 --gif
  videogan sample pretrained:tgan-small --out samples
  videogan sample runs/digits --raw --png             # the generator itself, not its average`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if f.n < 1 {
				return usageError{fmt.Errorf("-n %d: want 1 or more clips", f.n)}
			}
			if !f.mp4 && !f.gif && !f.png {
				f.mp4, f.png = true, true
			}
			samples, err := f.samples(args[0])
			if err != nil {
				return err
			}
			files, err := f.write(args[0], samples)
			for _, file := range files {
				fmt.Fprintln(c.out, file)
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.IntVarP(&f.n, "number", "n", 8, "number of clips")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of the latent vectors")
	flags.StringVar(&f.out, "out", ".", "folder for the files")
	flags.BoolVar(&f.mp4, "mp4", false, "write H.264 video")
	flags.BoolVar(&f.gif, "gif", false, "write an animated GIF")
	flags.BoolVar(&f.png, "png", false, "write a contact sheet")
	flags.BoolVar(&f.separate, "separate", false, "a file for each clip, as small as the network makes it")
	flags.BoolVar(&f.raw, "raw", false, "sample the generator itself, not its average (of a run)")
	return cmd
}

// samples generates what was asked for.
func (f *sampleFlags) samples(from string) (samples *experiments.Samples, err error) {
	if f.raw {
		if !experiments.Folder(from).Exists() {
			return nil, usageError{fmt.Errorf("--raw: %s is no run folder, and only those hold the generator itself", from)}
		}
		return experiments.SampleRaw(experiments.Folder(from), f.n, 0, f.seed)
	}
	generator, err := experiments.OpenGenerator(from)
	if err != nil {
		return nil, err
	}
	device, err := exec.NewDevice(exec.DeviceOptions{Threads: generator.Config.Shared().Train.Threads})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, device.Close()) }()
	return generator.SampleParts(device, f.n, 0, f.seed)
}

// write writes the files in the forms asked for and returns their paths.
func (f *sampleFlags) write(from string, samples *experiments.Samples) (files []string, err error) {
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return nil, fmt.Errorf("make --out: %w", err)
	}
	name := fmt.Sprintf("%s-seed%d", strings.TrimSuffix(strings.ReplaceAll(filepath.Base(from), ":", "-"), ".safetensors"), f.seed)
	groups, names := [][]*video.Clip{samples.Clips}, []string{name}
	switch {
	case f.separate:
		groups, names = nil, nil
		for i, clip := range samples.Outputs() {
			groups, names = append(groups, []*video.Clip{clip}), append(names, fmt.Sprintf("%s-%03d", name, i))
		}
	case samples.Composed():
		names[0] += "-" + samples.Label()
	}
	for i, group := range groups {
		moving := group[0]
		if !f.separate {
			moving = samples.Tile()
		}
		for _, form := range []struct {
			wanted bool
			ending string
			write  func(path string) error
		}{
			{f.mp4, ".mp4", func(path string) error { return video.EncodeMP4(path, moving) }},
			{f.gif, ".gif", func(path string) error { return video.EncodeGIF(path, moving) }},
			{f.png, ".png", func(path string) error { return experiments.WriteSheet(path, group) }},
		} {
			if !form.wanted {
				continue
			}
			path := filepath.Join(f.out, names[i]+form.ending)
			if err := form.write(path); err != nil {
				return files, err
			}
			files = append(files, path)
		}
	}
	return files, nil
}
