package nn

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// BinaryFunc is a function of two numbers.
type BinaryFunc int

// The functions of BinaryOp.
const (
	Add BinaryFunc = iota
	Sub
	Mul
	Div
)

var binaryNames = [...]string{"add", "sub", "mul", "div"}

// String is the function's name.
func (f BinaryFunc) String() string {
	if f < 0 || int(f) >= len(binaryNames) {
		return fmt.Sprintf("binary(%d)", int(f))
	}
	return binaryNames[f]
}

// BinaryOp applies a function to pairs of elements. Operands have equal rank;
// an axis of size 1 is repeated to the size of the other's.
type BinaryOp struct {
	opBase
	Func BinaryFunc
}

// Add is a + b, with broadcasting between equal ranks.
func (s *Scope) Add(a, b *Node) *Node { return s.binary(Add, a, b) }

// Sub is a - b, with broadcasting between equal ranks.
func (s *Scope) Sub(a, b *Node) *Node { return s.binary(Sub, a, b) }

// Mul is the elementwise product, with broadcasting between equal ranks.
func (s *Scope) Mul(a, b *Node) *Node { return s.binary(Mul, a, b) }

// Div is the elementwise quotient, with broadcasting between equal ranks.
func (s *Scope) Div(a, b *Node) *Node { return s.binary(Div, a, b) }

func (s *Scope) binary(f BinaryFunc, a, b *Node) *Node {
	return s.build(f.String(), func() (*Node, error) { return combine(f, a, b) }, a, b)
}

func combine(f BinaryFunc, a, b *Node) (*Node, error) {
	sa, sb := a.Shape(), b.Shape()
	out := sa.Clone()
	if len(sa) != len(sb) {
		return nil, shapeErrorf("%s %s and %s: want equal ranks", f, dims(sa), dims(sb))
	}
	for i := range out {
		if sa[i] != sb[i] && sa[i] != 1 && sb[i] != 1 {
			return nil, shapeErrorf("%s %s and %s: sizes %d and %d of axis %d", f, dims(sa), dims(sb), sa[i], sb[i], i)
		}
		out[i] = max(sa[i], sb[i])
	}
	return apply(&BinaryOp{opBase: newOpBase(f.String(), out, sa, sb), Func: f}, a, b)
}

// Do is the reference implementation.
func (o *BinaryOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { binaryForward(o, in, out) },
		func(in [][]float64, out []float64) { binaryForward(o, in, out) })
}

func binaryForward[T float](o *BinaryOp, in [][]T, out []T) {
	f := [...]func(a, b T) T{
		Add: func(a, b T) T { return a + b },
		Sub: func(a, b T) T { return a - b },
		Mul: func(a, b T) T { return a * b },
		Div: func(a, b T) T { return a / b },
	}[o.Func]
	stretchA, stretchB := stretch(o.in[0], o.out), stretch(o.in[1], o.out)
	a, b := in[0], in[1]
	forEachIndex(o.out, func(i int, index []int) {
		out[i] = f(a[dot(index, stretchA)], b[dot(index, stretchB)])
	})
}

// DiffWRT is true for both operands.
func (o *BinaryOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff sums the gradient over the axes along which an operand was repeated. A sign is put on the sum, which is
// smaller.
func (o *BinaryOp) SymDiff(in gorgonia.Nodes, output, grad *Node) (gorgonia.Nodes, error) {
	ga, gb, err := o.gradients(in[0], in[1], output, grad)
	if err != nil {
		return nil, err
	}
	if ga, err = sumTo(ga, o.in[0]); err != nil {
		return nil, err
	}
	if gb, err = sumTo(gb, o.in[1]); err != nil {
		return nil, err
	}
	if o.Func == Sub || o.Func == Div {
		gb, err = unary(Scale, gb, -1)
	}
	return gorgonia.Nodes{ga, gb}, err
}

// gradients are those by the operands, as if neither was repeated, and by b up to the sign.
func (o *BinaryOp) gradients(a, b, y, gy *Node) (ga, gb *Node, err error) {
	switch o.Func {
	case Add, Sub:
		return gy, gy, nil
	case Mul:
		if ga, err = combine(Mul, gy, b); err != nil {
			return nil, nil, err
		}
		gb, err = combine(Mul, gy, a)
		return ga, gb, err
	case Div: // gy/b and -y·gy/b
		if ga, err = combine(Div, gy, b); err != nil {
			return nil, nil, err
		}
		gb, err = combine(Mul, ga, y)
		return ga, gb, err
	}
	return nil, nil, fmt.Errorf("nn: %s has no derivative", o)
}

// sumTo sums x over the axes along which shape has size 1.
func sumTo(x *Node, shape tensor.Shape) (*Node, error) {
	var axes []int
	for i, n := range x.Shape() {
		if shape[i] != n {
			axes = append(axes, i)
		}
	}
	if len(axes) == 0 {
		return x, nil
	}
	return sum(x, axes)
}
