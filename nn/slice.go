package nn

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// SliceOp takes the indices From ≤ i < To along Axis.
type SliceOp struct {
	opBase
	Axis, From, To int
}

// Slice takes the indices from ≤ i < to along axis; the axis stays.
func (s *Scope) Slice(x *Node, axis, from, to int) *Node {
	return s.build("slice", func() (*Node, error) { return slice(x, axis, from, to) }, x)
}

// slice is x itself when it is the whole.
func slice(x *Node, axis, from, to int) (*Node, error) {
	out := x.Shape()
	if axis < 0 || axis >= len(out) || from < 0 || from >= to || to > out[axis] {
		return nil, shapeErrorf("slice %s along axis %d from %d to %d", dims(out), axis, from, to)
	}
	if to-from == out[axis] {
		return x, nil
	}
	out[axis] = to - from
	label := fmt.Sprintf("slice(%d)[%d:%d]", axis, from, to)
	return apply(&SliceOp{opBase: newOpBase(label, out, x.Shape()), Axis: axis, From: from, To: to}, x)
}

// Do is the reference implementation.
func (o *SliceOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) {
			copyRows(out, o.out, 0, in[0], o.in[0], o.From, o.Axis, o.To-o.From)
		},
		func(in [][]float64, out []float64) {
			copyRows(out, o.out, 0, in[0], o.in[0], o.From, o.Axis, o.To-o.From)
		})
}

// DiffWRT is true.
func (o *SliceOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff puts zeros around the gradient.
func (o *SliceOp) SymDiff(_ gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	gx, err := pad(grad, o.Axis, o.From, o.in[0][o.Axis]-o.To)
	return gorgonia.Nodes{gx}, err
}

// PadOp puts Before zeros before and After zeros behind the elements along Axis.
type PadOp struct {
	opBase
	Axis, Before, After int
}

// Pad puts before zeros before and after zeros behind the elements along axis.
func (s *Scope) Pad(x *Node, axis, before, after int) *Node {
	return s.build("pad", func() (*Node, error) { return pad(x, axis, before, after) }, x)
}

// pad is x itself when there is nothing to add.
func pad(x *Node, axis, before, after int) (*Node, error) {
	out := x.Shape()
	if axis < 0 || axis >= len(out) || before < 0 || after < 0 {
		return nil, shapeErrorf("pad %s along axis %d with %d and %d zeros", dims(out), axis, before, after)
	}
	if before == 0 && after == 0 {
		return x, nil
	}
	out[axis] += before + after
	label := fmt.Sprintf("pad(%d)[%d,%d]", axis, before, after)
	return apply(&PadOp{opBase: newOpBase(label, out, x.Shape()), Axis: axis, Before: before, After: after}, x)
}

// Do is the reference implementation.
func (o *PadOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	n := o.in[0][o.Axis]
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { copyRows(out, o.out, o.Before, in[0], o.in[0], 0, o.Axis, n) },
		func(in [][]float64, out []float64) { copyRows(out, o.out, o.Before, in[0], o.in[0], 0, o.Axis, n) })
}

// DiffWRT is true.
func (o *PadOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff cuts the padding off.
func (o *PadOp) SymDiff(_ gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	gx, err := slice(grad, o.Axis, o.Before, o.Before+o.in[0][o.Axis])
	return gorgonia.Nodes{gx}, err
}

// ConcatOp puts its operands one behind the other along Axis.
type ConcatOp struct {
	opBase
	Axis int
}

// Concat puts xs one behind the other along axis; their other sizes are equal.
func (s *Scope) Concat(axis int, xs ...*Node) *Node {
	return s.build("concat", func() (*Node, error) { return concat(axis, xs...) }, xs...)
}

// concat is x itself when it is alone.
func concat(axis int, xs ...*Node) (*Node, error) {
	if len(xs) == 0 {
		return nil, shapeErrorf("concat of nothing along axis %d", axis)
	}
	out := xs[0].Shape()
	if axis < 0 || axis >= len(out) {
		return nil, shapeErrorf("concat of %s along axis %d", dims(out), axis)
	}
	in := []tensor.Shape{xs[0].Shape()}
	for _, x := range xs[1:] {
		s := x.Shape()
		if len(s) != len(out) || !slices.Equal(s[:axis], out[:axis]) || !slices.Equal(s[axis+1:], out[axis+1:]) {
			return nil, shapeErrorf("concat of %s and %s along axis %d: want equal sizes on the other axes", dims(in[0]), dims(s), axis)
		}
		out[axis] += s[axis]
		in = append(in, s)
	}
	if len(xs) == 1 {
		return xs[0], nil
	}
	return apply(&ConcatOp{opBase: newOpBase(fmt.Sprintf("concat(%d)", axis), out, in...), Axis: axis}, xs...)
}

// Do is the reference implementation.
func (o *ConcatOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { concatForward(o, in, out) },
		func(in [][]float64, out []float64) { concatForward(o, in, out) })
}

func concatForward[T float](o *ConcatOp, in [][]T, out []T) {
	at := 0
	for i, x := range in {
		n := o.in[i][o.Axis]
		copyRows(out, o.out, at, x, o.in[i], 0, o.Axis, n)
		at += n
	}
}

// DiffWRT is true for every operand.
func (o *ConcatOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff takes each operand's part of the gradient.
func (o *ConcatOp) SymDiff(_ gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	parts := make(gorgonia.Nodes, len(o.in))
	at := 0
	for i, s := range o.in {
		var err error
		if parts[i], err = slice(grad, o.Axis, at, at+s[o.Axis]); err != nil {
			return nil, err
		}
		at += s[o.Axis]
	}
	return parts, nil
}

// copyRows copies n indices along axis, from index j of src to index i of dst.
func copyRows[T float](dst []T, dstShape []int, i int, src []T, srcShape []int, j, axis, n int) {
	inner := size(srcShape[axis+1:])
	dstStep, srcStep := dstShape[axis]*inner, srcShape[axis]*inner
	for outer := range size(srcShape[:axis]) {
		copy(dst[outer*dstStep+i*inner:][:n*inner], src[outer*srcStep+j*inner:])
	}
}
