package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"videogan/eval/knowledge"
	"videogan/experiments"
)

// invertFlags are the flags of invert.
type invertFlags struct {
	knowledge.InversionOptions
	spaces     []string
	image, out string
	data       string
	start      int
	seed       uint64
}

// clipNames explains how clips are named.
const clipNames = `A clip is a video file, of which the middle square is taken; or train:N, N clips of the run's data;
test:N, N that are held out of training (the test clips of UCF101's split, MNIST's test digits);
own:N, N that the generator makes itself.`

func newInvert(c *console) *cobra.Command {
	f := invertFlags{}
	cmd := &cobra.Command{
		Use:   "invert RUN CLIP...",
		Short: "Find the latent vectors of which a generator makes given clips",
		Long: `Find the latent vectors of which a generator makes given clips, by Adam on the squared difference from
the nearest of many random clips on, several times; the best is kept.

--space z0 moves the latent vector of the clip; z1 also those of its frames, each on its own, past the
temporal generator. --image names a run of an image generator (image-small), which inverts the clips
frame by frame: what a generator of clips knows of motion shows against it.

` + clipNames + `

Prints PSNR, that of the worst frame, and SSIM, and leaves inversion.png (each clip above what was made of it, in the order of the
table), inversion.mp4 and inversion.json in --out.`,
		Example: `  videogan invert pretrained:tgan-small own:2 test:4 --out inversion
  videogan invert runs/ucf test:4 train:4 --space z0,z1 --image runs/frames --out inversion
  videogan invert runs/ucf video.avi --start 20 --restarts 8`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, c, args[0], args[1:]) },
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.spaces, "space", []string{"z0"}, "what is moved: z0, z1 or both")
	flags.StringVar(&f.image, "image", "", "run or file of an image generator that inverts frame by frame")
	flags.StringVar(&f.out, "out", "inversion", "folder for the files")
	flags.StringVar(&f.data, "data", "", "folder of the clips (the run's data.root, where that has moved)")
	flags.IntVar(&f.start, "start", 0, "first frame taken of a video file")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of the starts and of drawn clips")
	flags.IntVar(&f.Restarts, "restarts", 4, "descents for each clip")
	flags.IntVar(&f.Steps, "steps", 300, "steps of a descent")
	flags.Float64Var(&f.Rate, "rate", 0.05, "rate of Adam")
	flags.IntVar(&f.Candidates, "candidates", 512, "random clips, of which the nearest are the starts")
	flags.IntVar(&f.Batch, "batch", 16, "descents at a time")
	return cmd
}

func (f *invertFlags) run(cmd *cobra.Command, c *console, run string, names []string) error {
	g, err := experiments.OpenGenerator(run)
	if err != nil {
		return err
	}
	o := experiments.InvertOptions{Inversion: f.InversionOptions}
	o.Inversion.Seed = f.seed
	for _, space := range f.spaces {
		switch space {
		case "z0":
			o.Spaces = append(o.Spaces, knowledge.ClipSpace)
		case "z1":
			o.Spaces = append(o.Spaces, knowledge.FrameSpace)
		default:
			return usageError{fmt.Errorf("--space %q: want z0, z1 or z0,z1", space)}
		}
	}
	if f.image != "" {
		if o.Image, err = experiments.OpenGenerator(f.image); err != nil {
			return err
		}
	}
	clips, err := readClips(cmd, c, g, names, f.data, f.start, f.seed)
	if err != nil {
		return err
	}
	bars := bars{console: c, name: "invert by"}
	o.Progress = bars.update
	found, err := experiments.Invert(cmd.Context(), g, clips, o)
	bars.stop()
	if err != nil {
		return err
	}
	return c.deliver(found, f.out)
}

// readClips reads the clips that a command names, of the shape that a generator makes.
func readClips(cmd *cobra.Command, c *console, g *experiments.Generator, names []string, data string, start int, seed uint64) ([]experiments.NamedClip, error) {
	o := experiments.ClipOptions{Data: g.Config.Shared().Data, Seed: seed, Start: start, Logger: c.logger, Own: g.Clips}
	o.Frames = o.Data.Frames
	if data != "" {
		o.Data.Root = data
	}
	return experiments.ReadClips(cmd.Context(), names, o)
}

// findings are what a command measured, for people and as files.
type findings interface {
	WriteText(w io.Writer) error
	Write(folder string) (files []string, err error)
}

// deliver prints the findings, writes them into a folder and says what it wrote.
func (c *console) deliver(found findings, folder string) error {
	if err := found.WriteText(c.out); err != nil {
		return err
	}
	files, err := found.Write(folder)
	return c.print(files, err)
}

// print prints the paths of files that were written.
func (c *console) print(files []string, err error) error {
	if len(files) > 0 {
		fmt.Fprintln(c.out, strings.Join(files, "\n"))
	}
	return err
}

// bars is a progress bar for each of several methods, one after the other.
type bars struct {
	console *console
	name    string
	method  string
	bar     *lazyProgress
}

func (b *bars) update(method string, done, total int) {
	if b.bar == nil || b.method != method {
		b.stop()
		b.method, b.bar = method, newLazyProgress(b.console, strings.TrimSpace(b.name+" "+method))
	}
	b.bar.update(done, total)
}

func (b *bars) stop() {
	if b.bar != nil {
		b.bar.stop()
	}
}
