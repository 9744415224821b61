package nn

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// NormalizeOp normalizes every channel of x (N×C×…) by given statistics: γ·(x - mean)/√(variance + Eps) + β. Operands are x,
// mean, variance, γ and, with HasBeta, β, each but x of C numbers.
type NormalizeOp struct {
	opBase
	Eps     float64
	HasBeta bool
}

// normalize takes the operands of a NormalizeOp; beta may be nil.
func normalize(x, mean, variance, gamma, beta *Node, eps float64) (*Node, error) {
	in, label := []*Node{x, mean, variance, gamma}, "normalize"
	if beta != nil {
		in, label = append(in, beta), label+"+beta"
	}
	shapes := []tensor.Shape{x.Shape()}
	for _, v := range in[1:] {
		if err := checkChannels("normalization", x.Shape(), v.Shape()); err != nil {
			return nil, err
		}
		shapes = append(shapes, v.Shape())
	}
	op := &NormalizeOp{opBase: newOpBase(fmt.Sprintf("%s(%v)", label, eps), x.Shape(), shapes...), Eps: eps, HasBeta: beta != nil}
	return apply(op, in...)
}

// Do is the reference implementation.
func (o *NormalizeOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { normalizeForward(o, in, out) },
		func(in [][]float64, out []float64) { normalizeForward(o, in, out) })
}

func normalizeForward[T float](o *NormalizeOp, in [][]T, out []T) {
	x, mean, variance, gamma := in[0], in[1], in[2], in[3]
	forEachChannel(o.out, func(i, c int) {
		y := (float64(x[i]) - float64(mean[c])) / math.Sqrt(float64(variance[c])+o.Eps) * float64(gamma[c])
		if o.HasBeta {
			y += float64(in[4][c])
		}
		out[i] = T(y)
	})
}

// DiffWRT is true for every operand.
func (o *NormalizeOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff differentiates the formula.
func (o *NormalizeOp) SymDiff(in gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	return differentiate(in, grad, func(e *expression, v []*Node) *Node {
		x, inverse := v[0], e.unary(Pow, e.unary(Shift, v[2], o.Eps), -0.5)
		y := e.binary(Sub, x, e.perChannel(v[1], x))
		y = e.binary(Mul, y, e.perChannel(e.binary(Mul, v[3], inverse), x))
		if o.HasBeta {
			y = e.binary(Add, y, e.perChannel(v[4], x))
		}
		return y
	})
}
