package gan

import (
	"videogan/nn"
)

// R1Penalty is mean ‖∇D(x)‖² over the batch (1), from the scores (N×1) of real
// samples x (N×…): the zero-centred gradient penalty without its weight γ/2. Its
// own gradient passes through the gradient of the scores.
//
// Source: Mescheder et al. 2018, "Which training methods for GANs do actually
// converge?", eq. 9.
func R1Penalty(s *nn.Scope, scores, x *nn.Node) *nn.Node {
	return s.Mean(squaredNorms(s, scores, x))
}

// GradientPenalty is mean (‖∇D(x)‖ - 1)² over the batch (1), from the scores
// (N×1) of samples x (N×…) between real and generated ones: WGAN-GP's penalty
// without its weight λ.
//
// Source: Gulrajani et al. 2017, eq. 3. Differs from it in: 1e-12 under the root,
// so that a zero gradient has a derivative.
func GradientPenalty(s *nn.Scope, scores, x *nn.Node) *nn.Node {
	norms := s.Sqrt(s.Shift(squaredNorms(s, scores, x), 1e-12))
	return s.Mean(s.Square(s.Shift(norms, -1)))
}

// Mix is ε·real + (1-ε)·fake, with an ε for each sample: epsilon is N×1×…, real
// and fake are N×….
func Mix(s *nn.Scope, epsilon, real, fake *nn.Node) *nn.Node {
	return s.Add(fake, s.Mul(epsilon, s.Sub(real, fake)))
}

// squaredNorms are ‖∇D(x)‖² of each sample (N×1). The scores of a batch depend
// each on its own sample (but for batch normalization, whose statistics are
// taken as part of D), so the gradient of their sum holds every sample's.
func squaredNorms(s *nn.Scope, scores, x *nn.Node) *nn.Node {
	if scores == nil || x == nil {
		return nil
	}
	g := s.Grad(s.Sum(scores), x)[0]
	return s.Sum(s.Reshape(s.Square(g), x.Shape()[0], -1), 1)
}
