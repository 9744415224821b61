package experiments

import (
	"errors"
	"fmt"

	"videogan/gan"
	"videogan/nn/exec"
)

// SampleBench is how fast a generator makes clips. Its JSON form stays stable.
type SampleBench struct {
	Experiment  string  `json:"experiment"`
	Clips       int     `json:"clips"`
	Seconds     float64 `json:"sample_s"` // for all of them, the median of three times
	ResidentMiB float64 `json:"rss_mib"`  // most physical memory held
	CPU         string  `json:"cpu"`
}

// BenchSample measures a new generator that makes clips, as many at a time as sample does.
// Building, compiling and a first time, which touches every page, are not counted.
func BenchSample(experiment Experiment, cfg Config, clips int) (b SampleBench, err error) {
	if err := cfg.Validate(); err != nil {
		return b, fmt.Errorf("experiments: %s: %w", experiment.Name, err)
	}
	if clips < 1 {
		return b, fmt.Errorf("experiments: bench sample: %w: %d clips: want 1 or more", ErrConfig, clips)
	}
	common := cfg.Shared()
	device, err := common.Train.open()
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, device.Close()) }()
	params, err := newParams(cfg)
	if err != nil {
		return b, err
	}
	batch := min(clips, sampleBatch)
	sampler, err := gan.NewSampler(device, params, cfg.Networks(), common.Data.shape(), batch)
	if err != nil {
		return b, fmt.Errorf("experiments: bench sample: %w", err)
	}
	defer func() { err = errors.Join(err, sampler.Close()) }()
	seconds, err := medianTime(3, func() error {
		for first := 0; first < clips; first += batch {
			if _, err := sampler.SampleFrom(common.seed(), first); err != nil {
				return err
			}
		}
		return nil
	})
	return SampleBench{Experiment: experiment.Name, Clips: clips, Seconds: seconds,
		ResidentMiB: float64(exec.ReadProcessMemory().PeakBytes) / (1 << 20), CPU: exec.ReadMachine().CPU}, err
}

// ConstraintBench is what applying an experiment's constraint takes. Its JSON form stays
// stable.
type ConstraintBench struct {
	Experiment string  `json:"experiment"`
	Constraint string  `json:"constraint"`
	Seconds    float64 `json:"clip_s"`
	CPU        string  `json:"cpu"`
}

// BenchConstraint measures one application of the constraint, see MeasureConstraint.
func BenchConstraint(experiment Experiment, cfg Config, runs int) (ConstraintBench, error) {
	b := ConstraintBench{Experiment: experiment.Name, Constraint: cfg.Shared().GAN.Constraint.Kind.String(), CPU: exec.ReadMachine().CPU}
	if err := cfg.Validate(); err != nil {
		return b, fmt.Errorf("experiments: %s: %w", experiment.Name, err)
	}
	if kind := cfg.Shared().GAN.Constraint.Kind; kind != gan.SingularValueClipping && kind != gan.WeightClipping {
		return b, fmt.Errorf("experiments: bench constraint: %w", invalid("gan.constraint.kind", kind, "want one that is applied after a step: %s or %s",
			gan.SingularValueClipping, gan.WeightClipping))
	}
	if runs < 1 {
		return b, fmt.Errorf("experiments: bench constraint: %w: %d runs: want 1 or more", ErrConfig, runs)
	}
	var err error
	b.Seconds, err = MeasureConstraint(cfg, runs)
	return b, err
}
