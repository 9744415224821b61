package nn

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// SumOp sums over axes, which stay with size 1.
type SumOp struct {
	opBase
	Axes []int // ascending
}

// Sum is the sum over the given axes, which stay with size 1, or over all
// elements, to shape 1, when there are none.
func (s *Scope) Sum(x *Node, axes ...int) *Node {
	return s.build("sum", func() (*Node, error) { return sumOrTotal(x, axes) }, x)
}

// Mean is the mean over the given axes, which stay with size 1, or over all
// elements, to shape 1, when there are none.
func (s *Scope) Mean(x *Node, axes ...int) *Node {
	return s.build("mean", func() (*Node, error) {
		total, err := sumOrTotal(x, axes)
		if err != nil {
			return nil, err
		}
		return unary(Scale, total, float64(size(total.Shape()))/float64(size(x.Shape())))
	}, x)
}

func sumOrTotal(x *Node, axes []int) (*Node, error) {
	if len(axes) > 0 {
		return sum(x, axes)
	}
	total, err := sum(x, axesBut(len(x.Shape()), -1))
	if err != nil {
		return nil, err
	}
	return reshape(total, 1)
}

func sum(x *Node, axes []int) (*Node, error) {
	axes = slices.Sorted(slices.Values(axes))
	out := x.Shape()
	for i, a := range axes {
		if a < 0 || a >= len(out) || i > 0 && a == axes[i-1] {
			return nil, shapeErrorf("sum of %s over axes %v: want each axis once, from 0 to %d", dims(x.Shape()), axes, len(out)-1)
		}
		out[a] = 1
	}
	return apply(&SumOp{opBase: newOpBase(fmt.Sprintf("sum%v", axes), out, x.Shape()), Axes: axes}, x)
}

// sumPerChannel is the sum over all axes but the second: N×C×… to C.
func sumPerChannel(x *Node) (*Node, error) {
	s := x.Shape()
	total, err := sum(x, axesBut(len(s), 1))
	if err != nil {
		return nil, err
	}
	return reshape(total, s[1])
}

// axesBut lists the axes of a rank without one.
func axesBut(rank, without int) []int {
	axes := make([]int, 0, rank)
	for i := range rank {
		if i != without {
			axes = append(axes, i)
		}
	}
	return axes
}

// Do is the reference implementation.
func (o *SumOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { sumForward(o, in[0], out) },
		func(in [][]float64, out []float64) { sumForward(o, in[0], out) })
}

func sumForward[T float](o *SumOp, x, out []T) {
	total := make([]float64, len(out))
	into := stretch(o.out, o.in[0])
	forEachIndex(o.in[0], func(i int, index []int) { total[dot(index, into)] += float64(x[i]) })
	roundTo(out, total)
}

// DiffWRT is true.
func (o *SumOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff repeats the gradient along the axes.
func (o *SumOp) SymDiff(_ gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	gx, err := broadcast(grad, o.in[0]...)
	return gorgonia.Nodes{gx}, err
}

// BroadcastOp repeats along axes of size 1; the result's shape is Output.
type BroadcastOp struct{ opBase }

// Broadcast repeats x along its axes of size 1 to the given shape of equal rank.
func (s *Scope) Broadcast(x *Node, shape ...int) *Node {
	return s.build("broadcast", func() (*Node, error) { return broadcast(x, shape...) }, x)
}

// broadcast is x itself when it has the shape already.
func broadcast(x *Node, shape ...int) (*Node, error) {
	from := x.Shape()
	if slices.Equal(from, shape) {
		return x, nil
	}
	if len(from) != len(shape) {
		return nil, shapeErrorf("broadcast %s to %s: want equal ranks", dims(from), dims(shape))
	}
	for i, n := range from {
		if n != shape[i] && (n != 1 || shape[i] < 1) {
			return nil, shapeErrorf("broadcast %s to %s: axis %d has size %d, not 1", dims(from), dims(shape), i, n)
		}
	}
	return apply(&BroadcastOp{newOpBase("broadcast", tensor.Shape(shape), from)}, x)
}

// Do is the reference implementation.
func (o *BroadcastOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { broadcastForward(o, in[0], out) },
		func(in [][]float64, out []float64) { broadcastForward(o, in[0], out) })
}

func broadcastForward[T float](o *BroadcastOp, x, out []T) {
	from := stretch(o.in[0], o.out)
	forEachIndex(o.out, func(i int, index []int) { out[i] = x[dot(index, from)] })
}

// DiffWRT is true.
func (o *BroadcastOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff sums over the axes that were repeated.
func (o *BroadcastOp) SymDiff(_ gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	gx, err := sumTo(grad, o.in[0])
	return gorgonia.Nodes{gx}, err
}
