package nn

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// ReshapeOp gives the same numbers in C order another shape, Output.
type ReshapeOp struct{ opBase }

// Reshape gives x another shape of as many elements, in C order. One size may
// be -1: it takes what the others leave.
func (s *Scope) Reshape(x *Node, shape ...int) *Node {
	return s.build("reshape", func() (*Node, error) { return reshape(x, shape...) }, x)
}

// reshape is x itself when it has the shape already.
func reshape(x *Node, shape ...int) (*Node, error) {
	from := x.Shape()
	to := tensor.Shape(slices.Clone(shape))
	if i := slices.Index(to, -1); i >= 0 {
		to[i] = 1
		to[i] = size(from) / max(size(to), 1)
	}
	if len(to) == 0 || slices.Min(to) < 1 || size(to) != size(from) {
		return nil, shapeErrorf("reshape %s to %s: %d elements", dims(from), dims(shape), size(from))
	}
	return reshapeTo(x, to)
}

// reshapeTo is reshape without checks. It also makes a scalar, for the gradient
// of one that came from a foreign operation.
func reshapeTo(x *Node, shape tensor.Shape) (*Node, error) {
	if slices.Equal(x.Shape(), shape) {
		return x, nil
	}
	return apply(&ReshapeOp{newOpBase("reshape", shape, x.Shape())}, x)
}

// Do is the reference implementation.
func (o *ReshapeOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { copy(out, in[0]) },
		func(in [][]float64, out []float64) { copy(out, in[0]) })
}

// DiffWRT is true.
func (o *ReshapeOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff gives the gradient the operand's shape.
func (o *ReshapeOp) SymDiff(_ gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	gx, err := reshapeTo(grad, o.in[0])
	return gorgonia.Nodes{gx}, err
}

// TransposeOp permutes axes: axis i of the result is axis Perm[i] of the operand.
type TransposeOp struct {
	opBase
	Perm []int
}

// Transpose permutes the axes of x: axis i of the result is axis perm[i] of x.
func (s *Scope) Transpose(x *Node, perm ...int) *Node {
	return s.build("transpose", func() (*Node, error) { return transpose(x, perm) }, x)
}

// transpose is x itself when the axes stay in order.
func transpose(x *Node, perm []int) (*Node, error) {
	from := x.Shape()
	inOrder := axesBut(len(from), -1)
	if !slices.Equal(slices.Sorted(slices.Values(perm)), inOrder) {
		return nil, shapeErrorf("transpose %s by %v: want a permutation of %v", dims(from), perm, inOrder)
	}
	if slices.Equal(perm, inOrder) {
		return x, nil
	}
	out := make(tensor.Shape, len(perm))
	for i, p := range perm {
		out[i] = from[p]
	}
	return apply(&TransposeOp{opBase: newOpBase(fmt.Sprintf("transpose%v", perm), out, from), Perm: slices.Clone(perm)}, x)
}

// Do is the reference implementation.
func (o *TransposeOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { transposeForward(o, in[0], out) },
		func(in [][]float64, out []float64) { transposeForward(o, in[0], out) })
}

func transposeForward[T float](o *TransposeOp, x, out []T) {
	s := strides(o.in[0])
	from := make([]int, len(s))
	for i, p := range o.Perm {
		from[i] = s[p]
	}
	forEachIndex(o.out, func(i int, index []int) { out[i] = x[dot(index, from)] })
}

// DiffWRT is true.
func (o *TransposeOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff permutes back.
func (o *TransposeOp) SymDiff(_ gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	back := make([]int, len(o.Perm))
	for i, p := range o.Perm {
		back[p] = i
	}
	gx, err := transpose(grad, back)
	return gorgonia.Nodes{gx}, err
}

// Repeat gives each slice of x along axis n times in a row, as NumPy's repeat
// does (and PyTorch's repeat_interleave; its repeat tiles).
func (s *Scope) Repeat(x *Node, axis, n int) *Node {
	return s.build("repeat", func() (*Node, error) { return repeat(x, axis, n) }, x)
}

func repeat(x *Node, axis, n int) (*Node, error) {
	from := x.Shape()
	if axis < 0 || axis >= len(from) || n < 1 {
		return nil, shapeErrorf("repeat %s %d times along axis %d: want an axis from 0 to %d and at least once", dims(from), n, axis, len(from)-1)
	}
	apart, err := reshape(x, slices.Insert(slices.Clone(from), axis+1, 1)...)
	if err != nil {
		return nil, err
	}
	wide, err := broadcast(apart, slices.Insert(slices.Clone(from), axis+1, n)...)
	if err != nil {
		return nil, err
	}
	from[axis] *= n
	return reshape(wide, from...)
}
