package nn

import (
	"fmt"
	"math/rand/v2"
)

// InitialWeights is how a network's weights start: evenly in ±Uniform, or, where
// that is 0, from N(0, Gain²/fan-in).
type InitialWeights struct{ Gain, Uniform float64 }

// Validate reports a gain that is not positive or a negative bound, by the names
// of their settings, init_gain and init_uniform of the network.
func (i InitialWeights) Validate(network string) error {
	switch {
	case !(i.Gain > 0):
		return fmt.Errorf("%s: init_gain = %v: want more than 0; 1 is usual", network, i.Gain)
	case !(i.Uniform >= 0):
		return fmt.Errorf("%s: init_uniform = %v: want 0 (off) or more", network, i.Uniform)
	}
	return nil
}

// Initializer is the initializer that i describes.
func (i InitialWeights) Initializer() Initializer {
	if i.Uniform > 0 {
		return Uniform(i.Uniform)
	}
	return fanIn{LeCunNormal(), i.Gain}
}

// fanIn is LeCun's normal distribution times a gain.
type fanIn struct {
	Initializer
	gain float64
}

func (fanIn) elementwise() {}

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
