package gan

import (
	"fmt"
	"math"
	"path"

	"videogan/nn"
	"videogan/nn/exec"
)

// Constraint keeps the discriminator Lipschitz.
type Constraint struct {
	Kind  ConstraintKind `toml:"kind" doc:"what keeps D Lipschitz: none, weight_clipping, singular_value_clipping or spectral_norm"`
	Clip  float64        `toml:"clip" doc:"weight_clipping: every parameter of D stays in ±this"`
	Every int            `toml:"every" doc:"singular_value_clipping: steps from one clipping to the next"`
	Gamma GammaClamp     `toml:"gamma" doc:"singular_value_clipping: bounds of batch normalization's scale: none, release (0.01·√var to √var) or paper (0.01 to √(var+eps))"`
}

// ConstraintKind is a way to keep the discriminator Lipschitz.
type ConstraintKind int

// The constraints.
const (
	Unconstrained ConstraintKind = iota
	// WeightClipping keeps every parameter of D, scales and biases of the
	// normalization included, in ±Clip after each update.
	// Source: Arjovsky et al. 2017; TGANUpdaterWGANClip of TGAN's release.
	WeightClipping
	// SingularValueClipping sets the singular values of every convolution's and
	// linear layer's weight that are over 1 to 1, every few steps.
	// Source: Saito et al. 2017, Sec. 4.2.
	SingularValueClipping
	// SpectralNorm is built into the networks, see nn.LayerOptions.
	// Source: Miyato et al. 2018.
	SpectralNorm
)

var constraintNames = []string{"none", "weight_clipping", "singular_value_clipping", "spectral_norm"}

// String is the constraint's name in config files.
func (k ConstraintKind) String() string { return nameOf(k, constraintNames) }

// MarshalText is String.
func (k ConstraintKind) MarshalText() ([]byte, error) {
	return []byte(k.String()), checkChoice(k, constraintNames)
}

// UnmarshalText reads a name from a config file.
func (k *ConstraintKind) UnmarshalText(text []byte) (err error) {
	*k, err = choose[ConstraintKind](text, constraintNames)
	return err
}

// GammaClamp are the bounds of a batch normalization's scale γ, so that dividing
// by the standard deviation cannot undo the clipping of the weights.
type GammaClamp int

// The clamps; var is the running variance of the channel.
const (
	FreeGamma    GammaClamp = iota
	ReleaseGamma            // 0.01·√var ≤ γ ≤ √var
	PaperGamma              // 0.01 ≤ γ ≤ √(var + 1e-5): the paper's 0 < γ ≤ √(var + ε)
)

var gammaNames = []string{"none", "release", "paper"}

// String is the clamp's name in config files.
func (g GammaClamp) String() string { return nameOf(g, gammaNames) }

// MarshalText is String.
func (g GammaClamp) MarshalText() ([]byte, error) {
	return []byte(g.String()), checkChoice(g, gammaNames)
}

// UnmarshalText reads a name from a config file.
func (g *GammaClamp) UnmarshalText(text []byte) (err error) {
	*g, err = choose[GammaClamp](text, gammaNames)
	return err
}

func (c Constraint) validate() error {
	if err := checkChoice(c.Kind, constraintNames); err != nil {
		return err
	}
	if err := checkChoice(c.Gamma, gammaNames); err != nil {
		return err
	}
	if c.Kind == WeightClipping && !(c.Clip > 0) {
		return fmt.Errorf("gan: constraint.clip = %v: want more than 0; the paper has 0.01", c.Clip)
	}
	if c.Kind == SingularValueClipping && c.Every < 1 {
		return fmt.Errorf("gan: constraint.every = %d: want 1 or more; the paper has 5", c.Every)
	}
	return nil
}

// clipWeights keeps every value in ±c.
func clipWeights(values []float32, c float32) {
	for i, v := range values {
		values[i] = min(max(v, -c), c)
	}
}

// clamp keeps each γ between its bounds.
func (g GammaClamp) clamp(gamma, variance []float32) {
	for i, v := range variance {
		var low, high float64
		switch g {
		case ReleaseGamma:
			high = math.Sqrt(float64(v))
			low = 0.01 * high
		case PaperGamma:
			low, high = 0.01, math.Sqrt(float64(v)+1e-5)
		default:
			return
		}
		gamma[i] = float32(min(max(float64(gamma[i]), low), high))
	}
}

// constrainer applies a constraint to the discriminators' parameters.
type constrainer struct {
	Constraint
	params  []*nn.Param // all of them
	weights []*matrix
	scales  []scale
}

// scale is a batch normalization's γ and running variance.
type scale struct{ gamma, variance []float32 }

// newConstrainer finds what the constraint acts on. It reports a network that is
// built otherwise than the constraint says.
func newConstrainer(c Constraint, all *nn.Params, params []*nn.Param, dev *exec.Device) (*constrainer, error) {
	k := &constrainer{Constraint: c, params: params}
	normalized := 0
	for _, p := range params {
		dir, name := path.Split(p.Name)
		switch shape := p.Value.Shape(); {
		case name == "weight" && len(shape) >= 2:
			_, ok := all.Get(p.Name + "_u")
			if ok {
				normalized++
			}
			k.weights = append(k.weights, newMatrix(p, dev))
		case name == "gamma":
			if variance, ok := all.Get(dir + "variance"); ok {
				k.scales = append(k.scales, scale{p.Value.Float32s(), variance.Value.Float32s()})
			}
		}
	}
	switch {
	case c.Kind == SpectralNorm && normalized < len(k.weights):
		return nil, fmt.Errorf("gan: constraint %s: %d of the discriminators' %d layers are built with it: set SpectralNorm in their configs",
			c.Kind, normalized, len(k.weights))
	case c.Kind != SpectralNorm && normalized > 0:
		return nil, fmt.Errorf("gan: constraint %s: %d layers of the discriminators are built with spectral normalization: set constraint.kind = %q, or SpectralNorm off",
			c.Kind, normalized, SpectralNorm)
	}
	return k, nil
}

// apply restores the constraint after the discriminators' update of a step, the
// first of which is 0.
func (k *constrainer) apply(step int) error {
	switch k.Kind {
	case WeightClipping:
		for _, p := range k.params {
			clipWeights(p.Value.Float32s(), float32(k.Clip))
		}
	case SingularValueClipping:
		for _, w := range k.weights {
			w.exact = 0
		}
		if step%k.Every != 0 {
			return nil
		}
		if err := clipAll(k.weights); err != nil {
			return err
		}
		for _, s := range k.scales {
			k.Gamma.clamp(s.gamma, s.variance)
		}
	}
	return nil
}

// follow starts a power iteration for each weight, its vector a state of monitor.
func (k *constrainer) follow(monitor *nn.Params) (err error) {
	for _, w := range k.weights {
		if w.vector, err = monitor.New(w.param.Name, false, nn.UnitNormal(), w.rows); err != nil {
			return fmt.Errorf("gan: follow the singular values of %s: %w", w.param.Name, err)
		}
	}
	return nil
}

// measure appends the largest singular value of each layer's weight. With
// spectral normalization it is that of the weight before the division.
func (k *constrainer) measure(metrics Metrics) Metrics {
	for _, w := range k.weights {
		metrics = append(metrics, Metric{"sigma_max/" + path.Dir(w.param.Name), w.largest()})
	}
	return metrics
}
