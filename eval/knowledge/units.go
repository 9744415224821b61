package knowledge

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"

	"videogan/eval"
	"videogan/nn"
	"videogan/nn/exec"
)

// Layers lists how many units each hidden layer of the discriminator has, the first first. A unit
// is a channel. It reports, with errors.ErrUnsupported, networks that do not tell their hidden layers.
func (d Discriminator) Layers() ([]int, error) {
	if d.Networks.Hidden == nil {
		return nil, fmt.Errorf("knowledge: layers of the discriminator: the networks do not tell them: %w", errors.ErrUnsupported)
	}
	s := nn.NewScope(gorgonia.NewGraph(), d.Params, nn.ScopeOptions{})
	hidden := d.Networks.Hidden(s.In("dis"), s.Input("clips", 1, d.Shape.Channels, d.Shape.Frames, d.Shape.Height, d.Shape.Width))
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("knowledge: layers of the discriminator: %w", err)
	}
	units := make([]int, len(hidden))
	for i, h := range hidden {
		units[i] = h.Shape()[1]
	}
	return units, nil
}

// Activations are the mean activation of each unit of a hidden layer over time and place, a clip
// (of n×C×T×H×W) a row.
func (d Discriminator) Activations(ctx context.Context, dev *exec.Device, clips []float32, layer int) (eval.Features, error) {
	units, err := d.unitsOf(layer)
	var all []float32
	if err == nil {
		err = d.each(ctx, dev, clips, func(s *nn.Scope, x *nn.Node) *nn.Node {
			return s.Mean(d.hidden(s, x, layer), 2, 3, 4) // N×U×1×1×1
		}, func(_ int, rows []float32) { all = append(all, rows...) })
	}
	if err != nil {
		return eval.Features{}, fmt.Errorf("knowledge: activations of layer %d: %w", layer, err)
	}
	return eval.NewFeatures(units, all)
}

func (d Discriminator) unitsOf(layer int) (int, error) {
	layers, err := d.Layers()
	if err != nil {
		return 0, err
	}
	if layer < 0 || layer >= len(layers) {
		return 0, fmt.Errorf("%w: layer %d: want 0 to %d", ErrOption, layer, len(layers)-1)
	}
	return layers[layer], nil
}

func (d Discriminator) hidden(s *nn.Scope, x *nn.Node, layer int) *nn.Node {
	if hidden := d.Networks.Hidden(s, x); layer < len(hidden) {
		return hidden[layer]
	}
	return nil // with an error in the scope
}

// Top gives the rows with the k highest numbers in a column, highest first; of equal ones the
// lower row comes first.
func Top(f eval.Features, column, k int) []int {
	rows := make([]int, f.Rows)
	for i := range rows {
		rows[i] = i
	}
	slices.SortStableFunc(rows, func(a, b int) int {
		switch va, vb := f.Row(a)[column], f.Row(b)[column]; {
		case va > vb:
			return -1
		case va < vb:
			return 1
		}
		return 0
	})
	return rows[:min(k, len(rows))]
}

// MaximiseOptions are the settings of Maximise. The zero value is usual.
type MaximiseOptions struct {
	Steps     int       // 0: 200
	Rate      float64   // of Adam; 0: 0.05
	Variation float64   // weight of the mean squared difference of neighbours in place and time; 0: 100
	Energy    float64   // weight of the mean square; 0: 5
	Scale     []float64 // what a unit's activation is divided by, such as its spread over real clips; nil: 1
	Seed      uint64    // of the clips to begin with
	// Progress is told the steps made of all there are; it may be nil.
	Progress func(done, total int)
}

func (o MaximiseOptions) withDefaults(units int) (MaximiseOptions, error) {
	if o.Steps == 0 {
		o.Steps = 200
	}
	for _, v := range []struct {
		value *float64
		usual float64
	}{{&o.Rate, 0.05}, {&o.Variation, 100}, {&o.Energy, 5}} {
		if *v.value == 0 {
			*v.value = v.usual
		}
	}
	if o.Scale == nil {
		o.Scale = slices.Repeat([]float64{1}, units)
	}
	if o.Steps < 1 || !(o.Rate > 0) || !(o.Variation >= 0) || !(o.Energy >= 0) || len(o.Scale) != units {
		return o, fmt.Errorf("%w: %d steps, rate %v, variation %v, energy %v, %d scales of %d units", ErrOption, o.Steps, o.Rate, o.Variation, o.Energy, len(o.Scale), units)
	}
	for _, scale := range o.Scale {
		if !(scale > 0) {
			return o, fmt.Errorf("%w: scale %v: want more than 0", ErrOption, scale)
		}
	}
	return o, nil
}

// Maximise looks for the clip (C×T×H×W, in [-1, 1]) that excites each of some units of a hidden
// layer most on average over time and place, by Adam from faint noise on, and returns them with
// the mean activations that they reach. Clips with little variation and energy are preferred: a
// picture is not to be full of the finest patterns.
//
// Source: Erhan et al. 2009; Simonyan, Vedaldi and Zisserman 2014, Sec. 2; the total variation is
// Mahendran and Vedaldi's 2015, with squared differences, and along time too.
func (d Discriminator) Maximise(ctx context.Context, dev *exec.Device, layer int, units []int, o MaximiseOptions) (clips []float32, reached []float64, err error) {
	clips, reached, err = d.maximise(ctx, dev, layer, units, o)
	if err != nil {
		return nil, nil, fmt.Errorf("knowledge: maximise units of layer %d: %w", layer, err)
	}
	return clips, reached, nil
}

func (d Discriminator) maximise(ctx context.Context, dev *exec.Device, layer int, units []int, o MaximiseOptions) (clips []float32, reached []float64, err error) {
	channels, err := d.unitsOf(layer)
	if err == nil {
		o, err = o.withDefaults(len(units))
	}
	if err != nil {
		return nil, nil, err
	}
	n := len(units)
	if n == 0 {
		return nil, nil, fmt.Errorf("%w: no units", ErrOption)
	}
	s := nn.NewScope(gorgonia.NewGraph(), d.Params, nn.ScopeOptions{})
	x := s.Input("clips", n, d.Shape.Channels, d.Shape.Frames, d.Shape.Height, d.Shape.Width)
	wanted := s.Input("units", n, channels, 1, 1, 1)
	var activation *nn.Node
	program, err := compile(dev, s, func() []*nn.Node {
		mean := s.Mean(d.hidden(s.In("dis"), x, layer), 2, 3, 4) // N×U×1×1×1
		activation = s.Sum(s.Mul(mean, wanted), 1)               // N×1×1×1×1
		prior := s.Scale(s.Mean(s.Square(x)), o.Energy)
		for axis := 2; axis <= 4; axis++ {
			if size := x.Shape()[axis]; size > 1 {
				step := s.Sub(s.Slice(x, axis, 1, size), s.Slice(x, axis, 0, size-1))
				prior = s.Add(prior, s.Scale(s.Mean(s.Square(step)), o.Variation))
			}
		}
		// The prior is a mean over clips: times n, each clip bears its own.
		cost := s.Sub(s.Scale(prior, float64(n)), s.Sum(activation))
		return append([]*nn.Node{activation}, s.Grad(cost, x)...)
	})
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, program.Close()) }()
	for i, unit := range units {
		if unit < 0 || unit >= channels {
			return nil, nil, fmt.Errorf("%w: unit %d: want 0 to %d", ErrOption, unit, channels-1)
		}
		program.Data(wanted)[i*channels+unit] = float32(1 / o.Scale[i])
	}
	rng, values := nn.Stream(o.Seed, "maximise"), program.Data(x)
	for i := range values {
		values[i] = float32(0.1 * rng.NormFloat64())
	}
	descent := newDescent(program.Program, []*nn.Node{x}, program.outputs[1:], o.Rate, o.Steps)
	for step := range o.Steps {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if err := program.RunAll(); err != nil {
			return nil, nil, err
		}
		if err := descent.step(step, 1); err != nil {
			return nil, nil, err
		}
		if o.Progress != nil {
			o.Progress(step+1, o.Steps)
		}
	}
	if err := program.RunAll(); err != nil {
		return nil, nil, err
	}
	for i, v := range program.Data(activation) {
		reached = append(reached, float64(v)*o.Scale[i])
	}
	return slices.Clone(program.Data(x)), reached, nil
}
