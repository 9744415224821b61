package nn

import "gorgonia.org/gorgonia"

// StopGradientOp is the identity, through which no gradient flows.
type StopGradientOp struct {
	opBase
	noGradient
}

// StopGradient is x, taken as a constant by Grad.
func (s *Scope) StopGradient(x *Node) *Node {
	return s.build("stop gradient", func() (*Node, error) {
		return apply(&StopGradientOp{opBase: newOpBase("stop-gradient", x.Shape(), x.Shape())}, x)
	}, x)
}

// Do is the reference implementation.
func (o *StopGradientOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { copy(out, in[0]) },
		func(in [][]float64, out []float64) { copy(out, in[0]) })
}
