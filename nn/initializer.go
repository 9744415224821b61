package nn

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Initializer makes the first values of a parameter.
//
// Fan-in and fan-out are Chainer's (initializer.get_fans) and PyTorch's (_calculate_fan_in_and_fan_out), from
// the weight's shape alone: fan-in is the product of shape[1:], fan-out is shape[0] times the product of
// shape[2:]. For a convolution (out×in×k…) and a linear layer (out×in) that is what the name says. For a
// transposed convolution (in×out×k…) both libraries apply the same formula, and so do we: its "fan-in" is
// out·k and its "fan-out" in·k.
type Initializer interface {
	// Name describes the initializer with its settings, for people: "normal(0, 0.02)".
	Name() string
	// Fill writes the values of a parameter of the given shape to dst in C order, drawing from rng only.
	// It returns an error that wraps ErrShape when the shape has no meaning for it.
	Fill(dst []float64, shape []int, rng *rand.Rand) error
}

// elementwise marks an initializer whose values come one after another, so that a parameter may be filled
// in pieces.
type elementwise interface{ elementwise() }

func (constantValue) elementwise() {}
func (normalValues) elementwise()  {}
func (uniformValues) elementwise() {}
func (scaledValues) elementwise()  {}

// Zeros sets every value to 0.
func Zeros() Initializer { return Constant(0) }

// Constant sets every value to v.
func Constant(v float64) Initializer { return constantValue{v} }

// Normal draws from a normal distribution around 0 with standard deviation std.
func Normal(std float64) Initializer { return NormalAround(0, std) }

// NormalAround draws from a normal distribution around mean with standard deviation std. DCGAN starts the
// gamma of its batch normalizations at NormalAround(1, 0.02).
func NormalAround(mean, std float64) Initializer { return normalValues{mean, std} }

// Uniform draws evenly from [-bound, bound).
func Uniform(bound float64) Initializer { return uniformValues{bound} }

// HeNormal draws from a normal distribution around 0 with variance 2/fan-in.
//
// Source: He et al. 2015, eq. 10; chainer.initializers.HeNormal. Not truncated.
func HeNormal() Initializer { return scaledValues{"he_normal", heVariance, false} }

// LeCunNormal draws from a normal distribution around 0 with variance 1/fan-in. It is what Chainer's
// convolutions and linear layers take by default.
//
// Source: LeCun et al. 1998, Sec. 4.6; chainer.initializers.LeCunNormal. Not truncated.
func LeCunNormal() Initializer { return scaledValues{"lecun_normal", lecunVariance, false} }

// GlorotNormal draws from a normal distribution around 0 with variance gain²·2/(fan-in + fan-out).
//
// Source: Glorot and Bengio 2010, eq. 12; torch.nn.init.xavier_normal_.
func GlorotNormal(gain float64) Initializer {
	return scaledValues{fmt.Sprintf("glorot_normal(gain %g)", gain), glorotVariance(gain), false}
}

// GlorotUniform draws evenly from [-b, b) with the variance of GlorotNormal: b = gain·sqrt(6/(fan-in + fan-out)).
//
// Source: Glorot and Bengio 2010, eq. 16; torch.nn.init.xavier_uniform_.
func GlorotUniform(gain float64) Initializer {
	return scaledValues{fmt.Sprintf("glorot_uniform(gain %g)", gain), glorotVariance(gain), true}
}

// Orthogonal makes the weight, reshaped to shape[0] × the rest, gain times a matrix with orthonormal rows
// (orthonormal columns where it has more rows than columns), uniformly distributed over such matrices.
//
// Source: Saxe et al. 2014; torch.nn.init.orthogonal_.
func Orthogonal(gain float64) Initializer { return orthogonalRows{gain} }

// UnitNormal draws a vector of length 1 in a uniformly random direction: the start of a power iteration.
func UnitNormal() Initializer { return unitVector{} }

type constantValue struct{ v float64 }

func (c constantValue) Name() string { return fmt.Sprintf("constant(%g)", c.v) }

func (c constantValue) Fill(dst []float64, _ []int, _ *rand.Rand) error {
	for i := range dst {
		dst[i] = c.v
	}
	return nil
}

type normalValues struct{ mean, std float64 }

func (n normalValues) Name() string { return fmt.Sprintf("normal(%g, %g)", n.mean, n.std) }

func (n normalValues) Fill(dst []float64, _ []int, rng *rand.Rand) error {
	for i := range dst {
		dst[i] = n.mean + n.std*rng.NormFloat64()
	}
	return nil
}

type uniformValues struct{ bound float64 }

func (u uniformValues) Name() string { return fmt.Sprintf("uniform(-%g, %g)", u.bound, u.bound) }

func (u uniformValues) Fill(dst []float64, _ []int, rng *rand.Rand) error {
	for i := range dst {
		dst[i] = u.bound * (2*rng.Float64() - 1)
	}
	return nil
}

// scaled draws with a variance that follows from the fans.
type scaledValues struct {
	name     string
	variance func(fanIn, fanOut float64) float64
	uniform  bool
}

func (s scaledValues) Name() string { return s.name }

func (s scaledValues) Fill(dst []float64, shape []int, rng *rand.Rand) error {
	fanIn, fanOut, err := fans(shape)
	if err != nil {
		return fmt.Errorf("initializer %s: %w", s.name, err)
	}
	std := math.Sqrt(s.variance(fanIn, fanOut))
	if s.uniform {
		return uniformValues{std * math.Sqrt(3)}.Fill(dst, shape, rng)
	}
	return normalValues{0, std}.Fill(dst, shape, rng)
}

func heVariance(fanIn, _ float64) float64    { return 2 / fanIn }
func lecunVariance(fanIn, _ float64) float64 { return 1 / fanIn }

func glorotVariance(gain float64) func(fanIn, fanOut float64) float64 {
	return func(fanIn, fanOut float64) float64 { return gain * gain * 2 / (fanIn + fanOut) }
}

func fans(shape []int) (in, out float64, err error) {
	if len(shape) < 2 {
		return 0, 0, fmt.Errorf("shape %v has no fan-in: %w: it needs two axes or more", shape, ErrShape)
	}
	field := 1
	for _, size := range shape[2:] {
		field *= size
	}
	return float64(shape[1] * field), float64(shape[0] * field), nil
}

type orthogonalRows struct{ gain float64 }

func (o orthogonalRows) Name() string { return fmt.Sprintf("orthogonal(gain %g)", o.gain) }

func (o orthogonalRows) Fill(dst []float64, shape []int, rng *rand.Rand) error {
	if len(shape) < 2 {
		return fmt.Errorf("initializer %s: shape %v: %w: it needs two axes or more", o.Name(), shape, ErrShape)
	}
	rows := shape[0]
	cols := len(dst) / rows
	// The factor Q of a tall normal matrix, its columns turned so that R has a positive diagonal, is uniform
	// over matrices with orthonormal columns.
	tall, thin := max(rows, cols), min(rows, cols)
	gaussian := make([]float64, tall*thin)
	_ = normalValues{0, 1}.Fill(gaussian, shape, rng) // never fails
	var qr mat.QR
	qr.Factorize(mat.NewDense(tall, thin, gaussian))
	var q, r mat.Dense
	qr.QTo(&q)
	qr.RTo(&r)
	for i := range rows {
		for j := range cols {
			k, l := i, j
			if rows < cols {
				k, l = j, i
			}
			dst[i*cols+j] = o.gain * math.Copysign(1, r.At(l, l)) * q.At(k, l)
		}
	}
	return nil
}

type unitVector struct{}

func (unitVector) Name() string { return "unit_normal" }

func (unitVector) Fill(dst []float64, shape []int, rng *rand.Rand) error {
	_ = normalValues{0, 1}.Fill(dst, shape, rng) // never fails
	sum := 0.0
	for _, v := range dst {
		sum += v * v
	}
	for i := range dst {
		dst[i] /= math.Sqrt(sum)
	}
	return nil
}
