package experiments

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"

	"videogan/gan"
	"videogan/nn/exec"
	"videogan/video"
)

// Keys of the metadata that a run adds to its checkpoints and generators.
const (
	experimentKey = "experiment"
	configKey     = "config" // TOML
)

// metadata says of a checkpoint or generator how its networks are built.
func metadata(experiment Experiment, cfg Config) (map[string]string, error) {
	var text strings.Builder
	if err := WriteTOML(&text, cfg); err != nil {
		return nil, err
	}
	return map[string]string{experimentKey: experiment.Name, configKey: text.String()}, nil
}

// Generator is a trained generator and how it is built.
type Generator struct {
	Experiment string
	Config     Config
	Steps      int // steps that it was trained for

	file *gan.GeneratorFile
}

// OpenGenerator opens the averaged generator of a run folder's newest whole checkpoint, of a
// safetensors file (a checkpoint, or what Export writes), or one that is built into the
// program ("pretrained:tgan-small").
func OpenGenerator(name string) (*Generator, error) {
	file, err := openGeneratorFile(name)
	if err != nil {
		return nil, err
	}
	experiment, err := Lookup(file.Metadata[experimentKey])
	if err != nil {
		return nil, fmt.Errorf("experiments: open generator %s: %w", name, err)
	}
	cfg := experiment.Default()
	if err := decode(cfg, file.Metadata[configKey]); err != nil {
		return nil, fmt.Errorf("experiments: open generator %s: its config: %w", name, err)
	}
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("experiments: open generator %s: its config: %w", name, err)
	}
	return &Generator{Experiment: experiment.Name, Config: cfg, Steps: file.Steps(), file: file}, nil
}

func openGeneratorFile(name string) (*gan.GeneratorFile, error) {
	if experiment, ok := strings.CutPrefix(name, PretrainedPrefix); ok {
		data, err := pretrained(experiment)
		if err != nil {
			return nil, err
		}
		return gan.ParseGenerator(data)
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("experiments: %s is neither a run folder nor a .safetensors file: there is nothing of this name", name)
	case err != nil:
		return nil, fmt.Errorf("experiments: open generator: %w", err)
	case !info.IsDir():
		return gan.LoadGenerator(name)
	}
	path, err := newestWhole(Folder(name), func(path string) error { _, err := gan.LoadGenerator(path); return err })
	if err != nil {
		return nil, err
	}
	return gan.LoadGenerator(path)
}

// newestWhole returns the newest checkpoint of a run that load takes, passing over damaged ones.
func newestWhole(folder Folder, load func(path string) error) (string, error) {
	if !folder.Exists() {
		return "", fmt.Errorf("experiments: %s is no run folder: it has no config.toml", folder)
	}
	steps, err := folder.Checkpoints()
	if err != nil {
		return "", err
	}
	var damaged error
	for _, step := range steps {
		path := folder.Checkpoint(step)
		if damaged = load(path); damaged == nil || !errors.Is(damaged, gan.ErrFormat) {
			return path, damaged
		}
	}
	if damaged != nil {
		return "", fmt.Errorf("experiments: none of %d checkpoints in %s is whole: %w", len(steps), folder, damaged)
	}
	return "", fmt.Errorf("experiments: %s has no checkpoint yet", folder)
}

// sampleBatch is how many clips are generated at a time.
const sampleBatch = 16

// Sample makes clips first to first+n-1 of a seed; clip i of a seed is always the same.
func (g *Generator) Sample(device *exec.Device, n, first int, seed uint64) ([]*video.Clip, error) {
	samples, err := g.SampleParts(device, n, first, seed)
	if err != nil {
		return nil, err
	}
	return samples.Outputs(), nil
}

// Clips is Sample, from the first clip on, on a device of its own.
func (g *Generator) Clips(n int, seed uint64) (clips []*video.Clip, err error) {
	device, err := openDevice(g.Config)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, device.Close()) }()
	return g.Sample(device, n, 0, seed)
}

// SampleParts makes the clips that Sample makes, and what they are composed of.
// One that goes on from given frames takes them from the data of its config.
func (g *Generator) SampleParts(device *exec.Device, n, first int, seed uint64) (samples *Samples, err error) {
	shape := g.Config.Shared().Data.shape()
	err = withGiven(context.Background(), g.Config, func(nets gan.Networks) error {
		sampler, err := gan.NewSampler(device, g.file.Params, nets, shape, min(n, sampleBatch))
		if err != nil {
			return fmt.Errorf("experiments: %w", err)
		}
		samples, err = sampleClips(sampler, shape, n, first, seed, min(n, sampleBatch))
		return errors.Join(err, sampler.Close())
	})
	return samples, err
}

// SampleRaw makes clips as SampleParts does, with the generator itself in place of its average,
// from the newest whole checkpoint of a run.
func SampleRaw(folder Folder, n, first int, seed uint64) (samples *Samples, err error) {
	err = withTrained(folder, func(run Run, e *engine) (err error) {
		batch := min(n, sampleBatch)
		sampler, err := e.trainer.Sampler(batch, false)
		if err != nil {
			return fmt.Errorf("experiments: %w", err)
		}
		samples, err = sampleClips(sampler, run.Config.Shared().Data.shape(), n, first, seed, batch)
		return errors.Join(err, sampler.Close())
	})
	return samples, err
}

// withTrained runs f on the newest whole checkpoint of a run.
func withTrained(folder Folder, f func(run Run, e *engine) error) error {
	run, err := LoadRun(folder)
	if err != nil {
		return err
	}
	return withGiven(context.Background(), run.Config, func(nets gan.Networks) (err error) {
		e, err := newEngineOf(run.Config, nets)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, e.close()) }()
		if _, err := newestWhole(folder, e.trainer.Load); err != nil {
			return err
		}
		return f(run, e)
	})
}

// Export writes the averaged generator of a run's newest whole checkpoint to a safetensors
// file that OpenGenerator reads; notes are further entries of its metadata.
func Export(folder Folder, path string, precision gan.Precision, notes map[string]string) (step int, err error) {
	err = withTrained(folder, func(run Run, e *engine) error {
		entries, err := metadata(run.Experiment, run.Config)
		if err != nil {
			return err
		}
		maps.Copy(entries, notes)
		step = e.trainer.Steps()
		return e.trainer.SaveGenerator(path, precision, entries)
	})
	return step, err
}
