package gan

import (
	"fmt"

	"videogan/nn"
)

// Config is how the game is played.
type Config struct {
	Batch         int        `toml:"-"` // clips in a batch
	Loss          Loss       `toml:"loss" doc:"non_saturating, minimax, wasserstein, hinge or least_squares"`
	Order         Order      `toml:"order" doc:"usual: D's updates on fresh fakes, then G's; release: TGAN's, both gradients from one forward pass, then G and D step; hybrid: VGAN's, D steps, then G from the same forward pass through D's new weights"`
	Critic        int        `toml:"critic" doc:"updates of D a step, each with its own clips; 1 but in the usual order"`
	EMA           float64    `toml:"ema" doc:"share of the old value in the running average of G, a step; 0: no average. The first steps forget faster"`
	Generator     Optimizer  `toml:"generator"`
	Discriminator Optimizer  `toml:"discriminator"`
	Constraint    Constraint `toml:"constraint"`
	R1            R1         `toml:"r1"`
	GP            GP         `toml:"gp"`
	Frame         Frame      `toml:"frame"`
}

// R1 is the zero-centred gradient penalty on real clips, γ/2·E‖∇D‖².
type R1 struct {
	Gamma float64 `toml:"gamma" doc:"weight γ of the penalty γ/2·E‖∇D‖² on real clips; 0: off"`
	Every int     `toml:"every" doc:"steps from one penalty to the next, which counts as many times as much"`
}

// GP is WGAN-GP's gradient penalty between real and generated clips.
type GP struct {
	Weight float64 `toml:"weight" doc:"weight λ of WGAN-GP's penalty λ·E(‖∇D‖-1)²; the paper has 10; 0: off"`
}

// Frame is the optional discriminator of single frames.
type Frame struct {
	Frames int     `toml:"frames" doc:"random frames of each clip that a second, two-dimensional discriminator judges; 0: there is none"`
	Weight float64 `toml:"weight" doc:"weight of its loss beside that of the clips' discriminator"`
}

// DefaultConfig is the release's: Wasserstein loss, singular value clipping every
// five steps, RMSprop at 5e-5, both networks from one forward pass; and an
// average of G, which the release has not.
func DefaultConfig() Config {
	return Config{
		Batch: 32, Loss: Wasserstein, Order: Release, Critic: 1, EMA: 0.999,
		Generator: DefaultRMSprop(), Discriminator: DefaultRMSprop(),
		Constraint: Constraint{Kind: SingularValueClipping, Every: 5, Clip: 0.01, Gamma: ReleaseGamma},
		R1:         R1{Every: 16},
		Frame:      Frame{Weight: 1},
	}
}

// Validate reports the first setting that cannot be, Batch aside.
func (c Config) Validate() error {
	for _, err := range []error{
		checkChoice(c.Loss, lossNames), checkChoice(c.Order, orderNames),
		c.Generator.validate("generator"), c.Discriminator.validate("discriminator"), c.Constraint.validate(),
	} {
		if err != nil {
			return err
		}
	}
	switch {
	case c.Critic < 1:
		return fmt.Errorf("gan: critic = %d: want 1 or more", c.Critic)
	case c.Critic > 1 && c.Order != Usual:
		return fmt.Errorf("gan: critic = %d with order = %q, which updates both networks from one pass: set order = %q", c.Critic, c.Order, Usual)
	case c.Order == Hybrid && c.Frame.Frames > 0:
		return fmt.Errorf("gan: frame.frames = %d with order = %q, which has no frame discriminator: set order = %q", c.Frame.Frames, c.Order, Usual)
	case c.Order == Hybrid && c.Constraint.Kind == SpectralNorm:
		return fmt.Errorf("gan: constraint %s with order = %q, whose old weights it would divide by the new ones' singular values: set order = %q", c.Constraint.Kind, c.Order, Usual)
	case !(c.EMA >= 0 && c.EMA < 1):
		return fmt.Errorf("gan: ema = %v: want 0 (no average) or more, and less than 1", c.EMA)
	case !(c.R1.Gamma >= 0):
		return fmt.Errorf("gan: r1.gamma = %v: want 0 (off) or more", c.R1.Gamma)
	case c.R1.Gamma > 0 && c.R1.Every < 1:
		return fmt.Errorf("gan: r1.every = %d: want 1 or more", c.R1.Every)
	case !(c.GP.Weight >= 0):
		return fmt.Errorf("gan: gp.weight = %v: want 0 (off) or more", c.GP.Weight)
	case c.Frame.Frames < 0:
		return fmt.Errorf("gan: frame.frames = %d: want 0 (none) or more", c.Frame.Frames)
	case c.Frame.Frames > 0 && !(c.Frame.Weight > 0):
		return fmt.Errorf("gan: frame.weight = %v: want more than 0", c.Frame.Weight)
	}
	return nil
}

// ClipsPerStep is the number of real clips that a step takes.
func (c Config) ClipsPerStep() int { return c.Batch * c.Critic }

// Order is the order of the two networks' updates.
type Order int

// The orders.
const (
	// Usual: Critic updates of D, each on fresh fakes and its own real clips, then
	// one of G on a further batch of latents.
	Usual Order = iota
	// Release: one pass over one batch gives the gradients of both losses at the
	// same point; then G steps, then D. Source: TGANUpdaterWGANSVC of the release.
	Release
	// Hybrid: D steps; then G, on the same latents, by a gradient of which the forward
	// pass is that of D's update and the backward pass goes through D's updated
	// weights. Noise of the networks, which VGAN's have not, is drawn anew. Source:
	// fx in main.lua of VGAN's release, which reuses netD.output.
	Hybrid
)

var orderNames = []string{"usual", "release", "hybrid"}

// String is the order's name in config files.
func (o Order) String() string { return nameOf(o, orderNames) }

// MarshalText is String.
func (o Order) MarshalText() ([]byte, error) { return []byte(o.String()), checkChoice(o, orderNames) }

// UnmarshalText reads a name from a config file.
func (o *Order) UnmarshalText(text []byte) (err error) {
	*o, err = choose[Order](text, orderNames)
	return err
}

// Optimizer is one network's optimizer. Settings that its kind has not are ignored.
type Optimizer struct {
	Kind     OptimizerKind `toml:"optimizer" doc:"adam, rmsprop or sgd"`
	LR       float64       `toml:"lr" doc:"learning rate"`
	Beta1    float64       `toml:"beta1" doc:"adam: decay of the average of gradients"`
	Beta2    float64       `toml:"beta2" doc:"adam: decay of the average of their squares"`
	Alpha    float64       `toml:"alpha" doc:"rmsprop: decay of the average of squared gradients"`
	Momentum float64       `toml:"momentum" doc:"sgd: share of the last step that is made again"`
	Eps      float64       `toml:"eps" doc:"adam, rmsprop: added to the root of the average"`
}

// DefaultRMSprop is the release's: learning rate 5e-5, decay 0.99.
func DefaultRMSprop() Optimizer {
	return Optimizer{Kind: RMSprop, LR: 5e-5, Beta1: 0.5, Beta2: 0.999, Alpha: 0.99, Eps: 1e-8}
}

// DefaultAdam is DCGAN's: learning rate 2e-4, betas 0.5 and 0.999.
func DefaultAdam() Optimizer {
	return Optimizer{Kind: Adam, LR: 2e-4, Beta1: 0.5, Beta2: 0.999, Alpha: 0.99, Eps: 1e-8}
}

// New is the optimizer, or nil for no kind.
func (o Optimizer) New() nn.Optimizer {
	switch o.Kind {
	case Adam:
		return &nn.Adam{LR: o.LR, Beta1: o.Beta1, Beta2: o.Beta2, Eps: o.Eps}
	case RMSprop:
		return &nn.RMSprop{LR: o.LR, Alpha: o.Alpha, Eps: o.Eps}
	case SGD:
		return nn.NewSGD(o.LR, o.Momentum)
	}
	return nil
}

func (o Optimizer) validate(network string) error {
	if err := checkChoice(o.Kind, optimizerNames); err != nil {
		return fmt.Errorf("%s: %w", network, err)
	}
	if err := o.New().Validate(); err != nil {
		return fmt.Errorf("gan: %s: %w", network, err)
	}
	return nil
}

// OptimizerKind is a rule of update.
type OptimizerKind int

// The optimizers of package nn.
const (
	Adam OptimizerKind = iota
	RMSprop
	SGD
)

var optimizerNames = []string{"adam", "rmsprop", "sgd"}

// String is the optimizer's name in config files.
func (k OptimizerKind) String() string { return nameOf(k, optimizerNames) }

// MarshalText is String.
func (k OptimizerKind) MarshalText() ([]byte, error) {
	return []byte(k.String()), checkChoice(k, optimizerNames)
}

// UnmarshalText reads a name from a config file.
func (k *OptimizerKind) UnmarshalText(text []byte) (err error) {
	*k, err = choose[OptimizerKind](text, optimizerNames)
	return err
}
