package gan

import (
	"testing"

	"gorgonia.org/gorgonia"

	"videogan/nn"
)

// For D(x) = ½·a·‖x‖² the gradient by x is a·x, so that both penalties and their
// derivatives by a can be written down. One sample is zero: its norm has no
// derivative, and must give 0 and not NaN.
func TestPenaltiesOfAQuadratic(t *testing.T) {
	x := []float64{3, 4, 0, 0, -0.6, 0.8} // norms 5, 0, 1
	const a = 2.0
	var r1, byR1, gp, byGP float64
	for _, norm := range []float64{5, 0, 1} {
		r1 += a * a * norm * norm / 3
		byR1 += 2 * a * norm * norm / 3
		gp += (a*norm - 1) * (a*norm - 1) / 3
		byGP += 2 * (a*norm - 1) * norm / 3
	}
	for _, p := range precisions {
		t.Run(p.name, func(t *testing.T) {
			s := nn.NewScope(gorgonia.NewGraph(), nil, nn.ScopeOptions{DType: p.dtype})
			input, weight := bound(t, s, "x", []int{3, 2}, x), bound(t, s, "a", []int{1, 1}, []float64{a})
			scores := s.Scale(s.Mul(weight, s.Sum(s.Square(input), 1)), 0.5)
			first, second := R1Penalty(s, scores, input), GradientPenalty(s, scores, input)
			got := evaluate(t, s, first, s.Grad(first, weight)[0], second, s.Grad(second, weight)[0])
			compare(t, "r1", got[0], []float64{r1}, p.value)
			compare(t, "r1 by a", got[1], []float64{byR1}, p.gradient)
			compare(t, "gp", got[2], []float64{gp}, 1e-5) // 1e-12 under the root
			compare(t, "gp by a", got[3], []float64{byGP}, 1e-5)
		})
	}
}

// Mixing takes epsilon of the real sample.
func TestMix(t *testing.T) {
	s := nn.NewScope(gorgonia.NewGraph(), nil, nn.ScopeOptions{DType: precisions[0].dtype})
	real, fake := bound(t, s, "r", []int{2, 2}, []float64{1, 2, 3, 4}), bound(t, s, "f", []int{2, 2}, []float64{5, 6, 7, 8})
	epsilon := bound(t, s, "e", []int{2, 1}, []float64{0, 0.75})
	compare(t, "mix", evaluate(t, s, Mix(s, epsilon, real, fake))[0], []float64{5, 6, 4, 5}, 1e-12)
}
