package nn

import (
	"fmt"

	"gorgonia.org/gorgonia"
)

// expression builds a formula from elementary operations where there is no
// scope, and keeps the first error.
type expression struct{ err error }

func (e *expression) keep(n *Node, err error) *Node {
	if err != nil && e.err == nil {
		e.err = err
	}
	return n
}

func (e *expression) unary(f UnaryFunc, x *Node, alpha float64) *Node {
	if e.err != nil {
		return nil
	}
	return e.keep(unary(f, x, alpha))
}

func (e *expression) binary(f BinaryFunc, a, b *Node) *Node {
	if e.err != nil {
		return nil
	}
	return e.keep(combine(f, a, b))
}

func (e *expression) slice(x *Node, axis, from, to int) *Node {
	if e.err != nil {
		return nil
	}
	return e.keep(slice(x, axis, from, to))
}

// perChannel gives C numbers the shape 1×C×1… by which they broadcast over x.
func (e *expression) perChannel(v, x *Node) *Node {
	if e.err != nil {
		return nil
	}
	shape := x.Shape()
	for i := range shape {
		if i != 1 {
			shape[i] = 1
		}
	}
	return e.keep(reshape(v, shape...))
}

// channelMean is the mean over all axes but the second, which stay with size 1.
func (e *expression) channelMean(x *Node) *Node {
	if e.err != nil {
		return nil
	}
	s := x.Shape()
	total := e.keep(sum(x, axesBut(len(s), 1)))
	return e.unary(Scale, total, float64(s[1])/float64(size(s)))
}

// normalized is x with mean 0 and variance 1 in every channel, and the factor
// 1/√(variance + eps) that made it so.
func (e *expression) normalized(x *Node, eps float64) (hat, inverse *Node) {
	centred := e.binary(Sub, x, e.channelMean(x))
	variance := e.channelMean(e.unary(Pow, centred, 2))
	inverse = e.unary(Pow, e.unary(Shift, variance, eps), -0.5)
	return e.binary(Mul, centred, inverse), inverse
}

// differentiate gives the gradients by in of a formula with the gradient grad on
// its result. The formula is built on copies of the operands: one operand may
// be computed from another, and that is not part of the formula.
func differentiate(in gorgonia.Nodes, grad *Node, formula func(e *expression, v []*Node) *Node) (gorgonia.Nodes, error) {
	copies := make([]*Node, len(in))
	for i, x := range in {
		var err error
		if copies[i], err = alias(x, i); err != nil {
			return nil, err
		}
	}
	e := &expression{}
	y := formula(e, copies)
	if e.err != nil {
		return nil, e.err
	}
	return backward(y, grad, copies)
}

// alias is x as a node of its own: a ReshapeOp to the same shape. Aliases of
// different index are different nodes.
func alias(x *Node, index int) (*Node, error) {
	return apply(&ReshapeOp{newOpBase(fmt.Sprintf("alias(%d)", index), x.Shape(), x.Shape())}, x)
}
