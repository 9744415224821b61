package nn

import (
	"math"

	"gorgonia.org/gorgonia"
)

// UnaryGradOp is the gradient of an activation from its output y and the
// gradient gy on it: gy·f'(f⁻¹(y)). That it takes the output and not the input
// lets an activation be fused into the operation before it.
type UnaryGradOp struct {
	opBase
	Func  UnaryFunc // ReLU, LeakyReLU, Tanh or Sigmoid
	Alpha float64   // slope of LeakyReLU
}

func unaryGrad(f UnaryFunc, alpha float64, y, gy *Node) (*Node, error) {
	op := &UnaryGradOp{opBase: newOpBase(unaryLabel(f, alpha)+"-gradient", y.Shape(), y.Shape(), gy.Shape()), Func: f, Alpha: alpha}
	return apply(op, y, gy)
}

// Do is the reference implementation.
func (o *UnaryGradOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { unaryGradForward(o, in, out) },
		func(in [][]float64, out []float64) { unaryGradForward(o, in, out) })
}

func unaryGradForward[T float](o *UnaryGradOp, in [][]T, out []T) {
	for i, v := range in[0] {
		out[i] = T(o.slope(float64(v)) * float64(in[1][i]))
	}
}

// slope is the derivative where the activation's value is y.
func (o *UnaryGradOp) slope(y float64) float64 {
	switch o.Func {
	case Tanh:
		return 1 - y*y
	case Sigmoid:
		return y * (1 - y)
	}
	switch { // ReLU, LeakyReLU
	case math.IsNaN(y):
		return y
	case y > 0:
		return 1
	}
	return o.Alpha
}

// DiffWRT is true for gy, and for y where the derivative is not constant by pieces.
func (o *UnaryGradOp) DiffWRT(int) []bool { return []bool{o.Func == Tanh || o.Func == Sigmoid, true} }

// SymDiff gives -2·y·gy·v (Tanh) or (1-2·y)·gy·v (Sigmoid) for y, and the same
// operation on v for gy.
func (o *UnaryGradOp) SymDiff(in gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	y, gy := in[0], in[1]
	ggy, err := unaryGrad(o.Func, o.Alpha, y, grad)
	if err != nil || !o.DiffWRT(2)[0] {
		return gorgonia.Nodes{nil, ggy}, err
	}
	d, err := unary(Scale, y, -2)
	if err == nil && o.Func == Sigmoid {
		d, err = unary(Shift, d, 1)
	}
	if err != nil {
		return nil, err
	}
	if d, err = combine(Mul, d, gy); err != nil {
		return nil, err
	}
	gyOut, err := combine(Mul, d, grad)
	return gorgonia.Nodes{gyOut, ggy}, err
}
