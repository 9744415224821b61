package spatial

import (
	"fmt"
	"math/rand/v2"

	"videogan/nn"
)

// initial is how a network's weights start: evenly in ±uniform, or else from
// N(0, gain²/fan-in).
type initial struct{ gain, uniform float64 }

func (i initial) validate(network string) error {
	switch {
	case !(i.gain > 0):
		return fmt.Errorf("%s: init_gain = %v: want more than 0; 1 is usual", network, i.gain)
	case !(i.uniform >= 0):
		return fmt.Errorf("%s: init_uniform = %v: want 0 (off) or more", network, i.uniform)
	}
	return nil
}

func (i initial) weights() nn.Initializer {
	if i.uniform > 0 {
		return nn.Uniform(i.uniform)
	}
	return fanIn{nn.LeCunNormal(), i.gain}
}

// fanIn is LeCun's normal distribution times a gain.
type fanIn struct {
	nn.Initializer
	gain float64
}

func (f fanIn) Name() string { return fmt.Sprintf("%g·%s", f.gain, f.Initializer.Name()) }

func (f fanIn) Fill(dst []float64, shape []int, rng *rand.Rand) error {
	if err := f.Initializer.Fill(dst, shape, rng); err != nil {
		return err
	}
	for i := range dst {
		dst[i] *= f.gain
	}
	return nil
}
