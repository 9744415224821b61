package knowledge

import (
	"context"
	"errors"
	"fmt"

	"gorgonia.org/gorgonia"

	"videogan/gan"
	"videogan/nn"
	"videogan/nn/exec"
)

// PriorOptions are the settings of Prior. The zero value is usual.
type PriorOptions struct {
	Steps   int     // of Adam on the weights; 0: 600
	Rate    float64 // of Adam; 0: 0.01
	Jitter  float64 // standard deviation of the noise on the latent vectors, anew each step; 0: 0.03
	Average float64 // share of the old value in the running mean of what the network makes; 0: 0.95
	Copies  int     // latent vectors of each clip, which all are to give it and whose clips are averaged; 0: 4
	Seed    uint64  // of weights and latents
	// Watch is called every Every steps (0: 50) with the running mean; it may be nil.
	Watch func(step int, clips []float32)
	Every int
	// Progress is told the steps made of all there are; it may be nil.
	Progress func(done, total int)
}

// PriorNetwork makes clips (n×C×T×H×W) from latent vectors (n×LatentSize), untrained.
type PriorNetwork struct {
	LatentSize int
	Build      func(s *nn.Scope, z *nn.Node) *nn.Node
}

// Prior fits the weights of an untrained generator to damaged clips (n×C×T×H×W, of a shape) from
// fixed random latent vectors, and returns the running mean of what it makes. Only pixels that are
// known (1, else 0; nil: all) count. The network takes up what has the form of its outputs
// before it takes up noise and before it leaves holes: stopped in time, it restores without ever
// having seen another clip. ErrShape: other sizes.
//
// Source: Ulyanov, Vedaldi and Lempitsky 2018, "Deep image prior", Sec. 2 and 3. Differs from it
// in: the network is a generator from a vector, not an hourglass from an image of noise; and
// there are several vectors, since batch normalization needs more than one value a channel.
func Prior(ctx context.Context, dev *exec.Device, network PriorNetwork, damaged, known []float32, shape gan.ClipShape, o PriorOptions) ([]float32, error) {
	out, err := prior(ctx, dev, network, damaged, known, shape, o)
	if err != nil {
		return nil, fmt.Errorf("knowledge: deep image prior: %w", err)
	}
	return out, nil
}

func (o PriorOptions) withDefaults() (PriorOptions, error) {
	if o.Steps == 0 {
		o.Steps = 600
	}
	if o.Every == 0 {
		o.Every = 50
	}
	if o.Copies == 0 {
		o.Copies = 4
	}
	for _, v := range []struct {
		value *float64
		usual float64
	}{{&o.Rate, 0.01}, {&o.Jitter, 0.03}, {&o.Average, 0.95}} {
		if *v.value == 0 {
			*v.value = v.usual
		}
	}
	if o.Copies < 2 {
		return o, fmt.Errorf("%w: %d copies: want 2 or more", ErrOption, o.Copies)
	}
	if o.Steps < 1 || o.Every < 1 || !(o.Rate > 0) || !(o.Jitter >= 0) || !(o.Average >= 0 && o.Average < 1) {
		return o, fmt.Errorf("%w: %d steps, rate %v, jitter %v, average %v: want 1 or more, above 0, 0 or more, and 0 to below 1",
			ErrOption, o.Steps, o.Rate, o.Jitter, o.Average)
	}
	return o, nil
}

func prior(ctx context.Context, dev *exec.Device, network PriorNetwork, damaged, known []float32, shape gan.ClipShape, o PriorOptions) (mean []float32, err error) {
	if o, err = o.withDefaults(); err != nil {
		return nil, err
	}
	size := shape.Size()
	if len(damaged) == 0 || len(damaged)%size != 0 || known != nil && len(known) != len(damaged) {
		return nil, fmt.Errorf("%w: %d values and a mask of %d are not clips of %+v", ErrShape, len(damaged), len(known), shape)
	}
	n := len(damaged) / size * o.Copies
	params := nn.NewParams(o.Seed)
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: true, Random: &nn.RandomState{Seed: o.Seed}})
	z := s.Input("z", n, network.LatentSize)
	target := s.Input("target", n, shape.Channels, shape.Frames, shape.Height, shape.Width)
	mask := s.Input("mask", n, shape.Channels, shape.Frames, shape.Height, shape.Width)
	made := network.Build(s.In("gen"), z)
	cost := s.Mean(s.Square(s.Mul(s.Sub(made, target), mask)))
	if err := s.Err(); err != nil {
		return nil, err
	}
	trained := params.Trainable("")
	weights := make([]*nn.Node, len(trained))
	for i, p := range trained {
		weights[i] = s.Param(p.Name, nil, p.Value.Shape()...)
	}
	gradients := s.GradOrZero(cost, weights...)
	program, err := exec.Compile(dev, s, append([]*nn.Node{made, cost}, gradients...)...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, program.Close()) }()
	var list []gorgonia.ValueGrad
	for i, p := range trained {
		if gradients[i].Op() != nil { // else it is the zero of GradOrZero
			list = append(list, &nn.Gradient{Param: p, Tensor: program.Tensor(gradients[i])})
		}
	}
	adam := dev.Fused(nn.NewAdam(o.Rate, 0.9, 0.999))
	rng := nn.Stream(o.Seed, "prior/latents")
	latents := make([]float32, n*network.LatentSize)
	for i := range latents {
		latents[i] = 2*rng.Float32() - 1
	}
	for at := 0; at < n*size; at += len(damaged) {
		copy(program.Data(target)[at:], damaged)
		copy(program.Data(mask)[at:], known)
	}
	if known == nil {
		for i := range program.Data(mask) {
			program.Data(mask)[i] = 1
		}
	}
	for step := range o.Steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for i := range latents {
			program.Data(z)[i] = latents[i] + float32(o.Jitter*rng.NormFloat64())
		}
		if err := program.RunAll(); err != nil {
			return nil, err
		}
		mean = average(mean, meanCopy(program.Data(made), o.Copies), o.Average)
		if o.Watch != nil && (step+1)%o.Every == 0 {
			o.Watch(step+1, mean)
		}
		if err := adam.Step(list); err != nil {
			return nil, err
		}
		if o.Progress != nil {
			o.Progress(step+1, o.Steps)
		}
	}
	return mean, nil
}

// meanCopy is the mean of copies that stand one after the other.
func meanCopy(values []float32, copies int) []float32 {
	out := make([]float32, len(values)/copies)
	for i, v := range values {
		out[i%len(out)] += v / float32(copies)
	}
	return out
}

// average moves a running mean towards a new value; the first value is the mean.
func average(mean, value []float32, keep float64) []float32 {
	if mean == nil {
		return value
	}
	k, rest := float32(keep), float32(1-keep)
	for i, v := range value {
		mean[i] = k*mean[i] + rest*v
	}
	return mean
}

// Fill is what to hold a restoration against: each pixel the mean of the known ones around it,
// with Gaussian weights of a standard deviation in pixels; known pixels stay. Without known (nil)
// it is a blur, the plainest way to take noise away.
func Fill(damaged, known []float32, shape gan.ClipShape, sigma float64) []float32 {
	out := smooth(damaged, known, shape, sigma)
	for i, k := range known {
		if k == 1 {
			out[i] = damaged[i]
		}
	}
	return out
}
