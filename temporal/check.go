package temporal

import (
	"fmt"
	"math"

	"videogan/nn"
)

// setting is a number of a config that must be positive.
type setting struct {
	name  string
	value int
}

func positive(network string, settings []setting) error {
	for _, s := range settings {
		if s.value < 1 {
			return fmt.Errorf("%s: %s = %d: want 1 or more", network, s.name, s.value)
		}
	}
	return nil
}

// edgeSize is the height and width where a network of clips is deepest: 4×4.
const edgeSize = 4

// lengths are the frames that a clip of the given frames and size has before and
// after each of the layers between it and 4×4 pixels, which halve the frames too
// until one is left: 32, 16, 8, 4, 2 for 32 frames of 64×64.
func lengths(network string, frames, size int) ([]int, error) {
	list := []int{frames}
	halved := size
	for ; halved > edgeSize && halved%2 == 0; halved /= 2 {
		list = append(list, 0)
	}
	layers := len(list) - 1
	if halved != edgeSize || layers == 0 {
		return nil, fmt.Errorf("%s: size = %d: want 8, 16, 32, 64, 128, …: 4 times a power of two: %w", network, size, nn.ErrShape)
	}
	for i := range layers {
		if list[i] > 1 && list[i]%2 != 0 {
			return nil, fmt.Errorf("%s: frames = %d: the %d layers of size %d halve it to %d, which is odd: want %d or another multiple of %d, or a power of two: %w",
				network, frames, layers, size, list[i], max(frames>>layers, 1)<<layers, 1<<layers, nn.ErrShape)
		}
		list[i+1] = max(list[i]/2, 1)
	}
	return list, nil
}

// halving is the window between two such lengths, as a convolution or, the other
// way, a transposed one: 4×4×4 of stride 2, or 1×4×4 where time stays one step.
func halving(frames int) nn.Geometry {
	g := nn.Cube(3, 4, 2, 1)
	if frames == 1 {
		g.Kernel[0], g.Stride[0], g.Pad[0] = 1, 1, 0
	}
	return g
}

// spread is a setting that is a standard deviation; 0 is none.
type spread struct {
	name  string
	value float64
}

func notNegative(network string, settings []spread) error {
	for _, s := range settings {
		if !(s.value >= 0) || math.IsInf(s.value, 1) {
			return fmt.Errorf("%s: %s = %v: want 0 (off) or more", network, s.name, s.value)
		}
	}
	return nil
}

// initial is the initializer of weights from N(0, std²), or, where std is 0, the
// other.
func initial(std float64, other nn.InitialWeights) nn.Initializer {
	if std > 0 {
		return nn.Normal(std)
	}
	return other.Initializer()
}

// around1 is the initializer of scales from N(1, std²); nil, which is 1 for all,
// where std is 0.
func around1(std float64) nn.Initializer {
	if std == 0 {
		return nil
	}
	return nn.NormalAround(1, std)
}
