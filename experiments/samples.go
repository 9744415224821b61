package experiments

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"videogan/datasets"
	"videogan/gan"
	"videogan/nn"
	"videogan/video"
)

// Names of the files in samples/, without ending; a step's are its name and a suffix.
const (
	averagedSuffix   = ""
	rawSuffix        = "-raw"
	realSample       = "real"
	pretrainedSample = "pretrained"
)

// show leaves samples, plots and report of the newest step, once a step.
func (r *run) show() error {
	step := r.trainer.Steps()
	if step == r.shown {
		return nil
	}
	r.shown = step
	for _, of := range []struct {
		suffix  string
		sampler *gan.Sampler
	}{{averagedSuffix, r.averaged}, {rawSuffix, r.raw}} {
		if of.sampler == nil {
			continue
		}
		n := r.common.Train.Samples
		samples, err := sampleClips(of.sampler, r.common.Data.shape(), n, 0, r.common.seed(), n)
		if err != nil {
			return fmt.Errorf("experiments: sample after step %d: %w", step, err)
		}
		if err := writeSamples(r.folder, stepName(step)+of.suffix, samples); err != nil {
			return err
		}
		if err := r.events.sheets(r.folder, step, of.suffix, samples); err != nil {
			return err
		}
	}
	return r.report()
}

// reportEvery is the time after which a run draws its page again, between samples too.
const reportEvery = time.Minute

// report draws the run's page.
func (r *run) report() error {
	r.reported = time.Now()
	return Report(r.folder)
}

// openSamplers compiles the programs that make samples. Without an average of the generator,
// the generator itself stands in the average's place and is not shown twice.
func (r *run) openSamplers() (err error) {
	n := r.common.Train.Samples
	average := r.trainer.Average() != nil
	if r.averaged, err = r.trainer.Sampler(n, average); err != nil {
		return fmt.Errorf("experiments: %w", err)
	}
	if !average {
		return nil
	}
	if r.raw, err = r.trainer.Sampler(n, false); err != nil {
		return fmt.Errorf("experiments: %w", err)
	}
	return nil
}

// showReal leaves samples of the training clips, to hold the generated ones against.
func (r *run) showReal(ctx context.Context) error {
	clips, err := realClips(ctx, r.source, r.common.Train.Samples, r.common.seed())
	if err != nil {
		return err
	}
	return writeSamples(r.folder, realSample, &Samples{Names: []string{outputName}, Clips: clips})
}

// realClips draws clips from a source, by a random stream of their own.
func realClips(ctx context.Context, source datasets.Source, n int, seed uint64) ([]*video.Clip, error) {
	info := source.Info()
	rng := nn.Stream(seed, "samples/real")
	clips := make([]*video.Clip, n)
	for i := range clips {
		clip, err := drawClip(ctx, source, info, rng)
		if err != nil {
			return nil, fmt.Errorf("experiments: draw real clips to show: %w", err)
		}
		clips[i] = clip
	}
	return clips, nil
}

func drawClip(ctx context.Context, source datasets.Source, info datasets.Info, rng *rand.Rand) (*video.Clip, error) {
	pixels := make([]byte, info.Bytes())
	if _, err := source.Draw(ctx, rng, pixels); err != nil {
		return nil, err
	}
	clip := video.NewClip(info.Frames, info.Size, info.Size, sampleFPS)
	for i := range clip.Pix {
		clip.Pix[i] = pixels[i/3*info.Channels+i%3%info.Channels]
	}
	return clip, nil
}

// showPretrained leaves samples of the experiment's committed generator, where there is one
// for clips of this shape; one of another shape is passed over.
func (r *run) showPretrained() error {
	if _, err := pretrained(r.experiment.Name); err != nil {
		return nil
	}
	g, err := OpenGenerator(PretrainedPrefix + r.experiment.Name)
	if err != nil {
		return err
	}
	samples, err := g.SampleParts(r.device, r.common.Train.Samples, 0, r.common.seed())
	if err != nil {
		return err
	}
	return writeSamples(r.folder, pretrainedSample, samples)
}

// writeSamples writes clips to the run folder: side by side as a video, and as a contact
// sheet, a clip a row. Those with parts are written a second time among them, under a name
// that says which is which.
func writeSamples(folder Folder, name string, samples *Samples) error {
	if len(samples.Clips) == 0 {
		return errors.New("experiments: no clips to show")
	}
	outputs := samples.Outputs()
	if err := writeForms(folder.samples(name), Tile(outputs), outputs); err != nil {
		return err
	}
	if !samples.Composed() {
		return nil
	}
	return writeForms(folder.samples(name+"-"+samples.Label()), samples.Tile(), samples.Clips)
}

// writeForms writes a moving picture and a contact sheet.
func writeForms(path string, moving *video.Clip, clips []*video.Clip) error {
	if err := video.EncodeMP4(path+".mp4", moving); err != nil {
		return fmt.Errorf("experiments: %w", err)
	}
	return WriteSheet(path+".png", clips)
}
