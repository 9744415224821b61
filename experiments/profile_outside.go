package experiments

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"videogan/gan"
	"videogan/nn"
	"videogan/nn/exec"
)

// outsideRuns is how often what stands outside the programs is measured; the median counts.
const outsideRuns = 5

// outside divides the part of a step that no program takes. The optimizers are measured on
// copies of the parameters, the constraint as MeasureConstraint does; the rest is what
// remains: inputs copied, latents drawn, weights averaged. Differences of two measured
// times, the rest can come out a little below zero.
func outside(e *engine, cfg Config, seconds float64) ([]Part, error) {
	common := cfg.Shared()
	var parts []Part
	rest := seconds
	for _, n := range []struct {
		name   string
		prefix []string
		config gan.Optimizer
		times  int
	}{
		{"optimizer of D", []string{"dis", "framedis"}, common.GAN.Discriminator, common.GAN.Critic},
		{"optimizer of G", []string{"gen"}, common.GAN.Generator, 1},
	} {
		took, err := timeOptimizer(e, n.config, n.prefix)
		if err != nil {
			return nil, fmt.Errorf("experiments: profile the %s: %w", n.name, err)
		}
		took *= float64(n.times)
		parts, rest = append(parts, Part{n.name, took}), rest-took
	}
	if kind := common.GAN.Constraint.Kind; kind == gan.SingularValueClipping || kind == gan.WeightClipping {
		took, err := MeasureConstraint(cfg, outsideRuns)
		if err != nil {
			return nil, err
		}
		took *= float64(common.GAN.Critic)
		if kind == gan.SingularValueClipping {
			took /= float64(common.GAN.Constraint.Every)
		}
		parts, rest = append(parts, Part{"constraint " + kind.String(), took}), rest-took
	}
	return append(parts, Part{"rest", rest}), nil
}

// timeOptimizer is the time of one update of copies of the parameters below the prefixes.
func timeOptimizer(e *engine, config gan.Optimizer, prefixes []string) (float64, error) {
	var list []gorgonia.ValueGrad
	for _, prefix := range prefixes {
		for _, p := range e.params.Trainable(prefix) {
			twin := &nn.Param{Name: p.Name, Value: p.Value.Clone().(*tensor.Dense), Trainable: true}
			gradient := p.Value.Clone().(*tensor.Dense) // any numbers: the update does not branch on them
			list = append(list, &nn.Gradient{Param: twin, Tensor: gradient})
		}
	}
	optimizer := e.device.Fused(config.New())
	return medianTime(outsideRuns, func() error { return optimizer.Step(list) })
}

// medianTime is how long do takes, in seconds, after one run that is not counted.
func medianTime(runs int, do func() error) (float64, error) {
	var times []float64
	for i := range runs + 1 {
		begin := time.Now()
		if err := do(); err != nil {
			return 0, err
		}
		if i > 0 {
			times = append(times, time.Since(begin).Seconds())
		}
	}
	return median(times), nil
}

// MeasureConstraint is the time, in seconds, of applying an experiment's constraint once to
// the weights that its discriminators start with, which are put back before every run: the median of so many runs.
func MeasureConstraint(cfg Config, runs int) (seconds float64, err error) {
	common := cfg.Shared()
	device, err := common.Train.open()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, device.Close()) }()
	weights, err := discriminatorWeights(cfg)
	if err != nil {
		return 0, err
	}
	settings := common.GAN
	settings.Batch, settings.Critic, settings.EMA = 1, 1, 0
	settings.R1.Gamma, settings.GP.Weight, settings.Frame.Frames = 0, 0, 0
	if seconds, err = timeConstraint(device, weights, settings, runs); err != nil {
		return 0, fmt.Errorf("experiments: measure the constraint: %w", err)
	}
	return seconds, nil
}

// discriminatorWeights are the parameters that the discriminators start with.
func discriminatorWeights(cfg Config) ([]*nn.Param, error) {
	params, err := newParams(cfg)
	if err != nil {
		return nil, err
	}
	var list []*nn.Param
	for _, p := range params.All() {
		if !strings.HasPrefix(p.Name, "gen/") {
			list = append(list, p)
		}
	}
	return list, nil
}

// newParams are the parameters that an experiment's networks start with.
func newParams(cfg Config) (*nn.Params, error) {
	common := cfg.Shared()
	settings := common.GAN
	settings.Batch = 2 // the fewest that batch normalization takes
	device, err := common.Train.open()
	if err != nil {
		return nil, err
	}
	params := nn.NewParams(common.seed())
	trainer, err := gan.NewTrainer(device, params, cfg.Networks(), common.Data.shape(), settings, common.seed())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("experiments: build networks: %w", err), device.Close())
	}
	return params, errors.Join(trainer.Close(), device.Close())
}

// timeConstraint is the median time of the constraint on networks whose discriminator has the weights and next to no other work.
func timeConstraint(device *exec.Device, weights []*nn.Param, settings gan.Config, runs int) (seconds float64, err error) {
	nets := gan.Networks{
		LatentSize: 1,
		Latent:     uniform,
		Generator: func(s *nn.Scope, in gan.Input) gan.Output { // 1×1 → 1×1×1×1×1
			return gan.Output{Clips: s.Reshape(s.Add(in.Latent, s.Param("shift", nn.Zeros(), 1, 1)), 1, 1, 1, 1, 1)}
		},
		Discriminator: func(s *nn.Scope, x *nn.Node) *nn.Node {
			score := s.Reshape(x, 1, 1)
			for _, w := range weights {
				if !w.Trainable {
					s.State(w.Name, nn.Zeros(), w.Value.Shape()...)
					continue
				}
				sum := s.Sum(s.Param(w.Name, nn.Zeros(), w.Value.Shape()...))
				score = s.Add(score, s.Mul(s.Reshape(x, 1, 1), s.Reshape(sum, 1, 1)))
			}
			return score
		},
	}
	params := nn.NewParams(0)
	trainer, err := gan.NewTrainer(device, params, nets, gan.ClipShape{Channels: 1, Frames: 1, Height: 1, Width: 1}, settings, 0)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, trainer.Close()) }()
	var times []float64
	for i := range runs + 1 {
		for _, w := range weights {
			if p, ok := params.Get("dis/" + w.Name); ok {
				if err := tensor.Copy(p.Value, w.Value); err != nil {
					return 0, err
				}
			}
		}
		begin := time.Now()
		if err := trainer.Constrain(); err != nil {
			return 0, err
		}
		if i > 0 {
			times = append(times, time.Since(begin).Seconds())
		}
	}
	return median(times), nil
}
