package gan

import (
	"videogan/nn"
)

// Loss is what the two networks play for. A discriminator's scores r of real and
// f of generated clips are logits (N×1); means are over the batch.
type Loss int

// The losses. D is the discriminator's, G the generator's; both are minimized.
const (
	// NonSaturating: D = mean softplus(-r) + mean softplus(f), G = mean softplus(-f).
	// Source: Goodfellow et al. 2014, Sec. 3, with the generator's loss recommended there.
	NonSaturating Loss = iota
	// Minimax: D as NonSaturating, G = -mean softplus(f) = mean log(1 - sigmoid(f)),
	// whose gradient vanishes while D wins. Source: Goodfellow et al. 2014, eq. 1.
	Minimax
	// Wasserstein: D = mean f - mean r, G = -mean f. D must be kept Lipschitz by a
	// constraint or a penalty. Source: Arjovsky et al. 2017; TGAN's default.
	Wasserstein
	// Hinge: D = mean relu(1 - r) + mean relu(1 + f), G = -mean f.
	// Source: Lim and Ye 2017; Miyato et al. 2018.
	Hinge
	// LeastSquares: D = ½·mean (r - 1)² + ½·mean f², G = ½·mean (f - 1)².
	// Source: Mao et al. 2017, eq. 9.
	LeastSquares
)

var lossNames = []string{"non_saturating", "minimax", "wasserstein", "hinge", "least_squares"}

// String is the loss's name in config files.
func (l Loss) String() string { return nameOf(l, lossNames) }

// MarshalText is String.
func (l Loss) MarshalText() ([]byte, error) { return []byte(l.String()), checkChoice(l, lossNames) }

// UnmarshalText reads a name from a config file.
func (l *Loss) UnmarshalText(text []byte) (err error) {
	*l, err = choose[Loss](text, lossNames)
	return err
}

// Discriminator is the discriminator's loss (1) from the scores of real and of
// generated samples, of any shape and number.
func (l Loss) Discriminator(s *nn.Scope, real, fake *nn.Node) *nn.Node {
	switch l {
	case NonSaturating, Minimax:
		return s.Add(s.Mean(s.Softplus(s.Neg(real))), s.Mean(s.Softplus(fake)))
	case Wasserstein:
		return s.Sub(s.Mean(fake), s.Mean(real))
	case Hinge:
		return s.Add(s.Mean(s.ReLU(s.Shift(s.Neg(real), 1))), s.Mean(s.ReLU(s.Shift(fake, 1))))
	case LeastSquares:
		return s.Scale(s.Add(s.Mean(s.Square(s.Shift(real, -1))), s.Mean(s.Square(fake))), 0.5)
	}
	s.Fail(checkChoice(l, lossNames))
	return nil
}

// Generator is the generator's loss (1) from the scores of its samples.
func (l Loss) Generator(s *nn.Scope, fake *nn.Node) *nn.Node {
	switch l {
	case NonSaturating:
		return s.Mean(s.Softplus(s.Neg(fake)))
	case Minimax:
		return s.Neg(s.Mean(s.Softplus(fake)))
	case Wasserstein, Hinge:
		return s.Neg(s.Mean(fake))
	case LeastSquares:
		return s.Scale(s.Mean(s.Square(s.Shift(fake, -1))), 0.5)
	}
	s.Fail(checkChoice(l, lossNames))
	return nil
}

// Score is the score (N×1) that losses, penalties and metrics take from what a
// discriminator says: what it says, where that is N×1. Of N×2, the logits of real
// and of generated of a two-way softmax, it is the first less the second, the logit
// of the probability of being real.
//
// The cross entropy of that softmax is softplus(-score) for a real clip and
// softplus(score) for a generated one: NonSaturating on scores is VGAN's loss.
//
// Source: Vondrick et al. 2016, Sec. 3.3; CrossEntropyCriterion in the release.
func Score(s *nn.Scope, says *nn.Node) *nn.Node {
	if says == nil || says.Dims() != 2 || says.Shape()[1] != 2 {
		return says
	}
	return s.Sub(s.Slice(says, 1, 0, 1), s.Slice(says, 1, 1, 2))
}
