package nn

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
)

// UpsampleOp repeats each element of x (N×C×S) Scale times along each spatial axis, to N×C×(S·Scale).
type UpsampleOp struct {
	opBase
	Scale []int // one factor a spatial axis
}

// UpsampleNearest enlarges x (N×C×S, one to three spatial axes) by whole factors, one a spatial axis or one
// for all, repeating elements. It reports ErrShape when the factors do not fit or are not positive.
func (s *Scope) UpsampleNearest(x *Node, scale ...int) *Node {
	return s.build("upsample", func() (*Node, error) {
		if len(scale) == 1 {
			scale = slices.Repeat(scale, max(len(x.Shape())-2, 1))
		}
		return upsample(x, scale)
	}, x)
}

func upsample(x *Node, scale []int) (*Node, error) {
	in := x.Shape()
	if len(in) < 3 || len(in) > 5 || len(scale) != len(in)-2 || slices.Min(scale) < 1 {
		return nil, shapeErrorf("upsample %s by %s: want a positive factor for each of one to three spatial axes", dims(in), dims(scale))
	}
	out := in.Clone()
	for i, f := range scale {
		out[2+i] *= f
	}
	label := fmt.Sprintf("upsample %s", dims(scale))
	return apply(&UpsampleOp{opBase: newOpBase(label, out, in), Scale: slices.Clone(scale)}, x)
}

// Do is the reference implementation.
func (o *UpsampleOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { upsampleForward(o, in[0], out) },
		func(in [][]float64, out []float64) { upsampleForward(o, in[0], out) })
}

func upsampleForward[T float](o *UpsampleOp, x, y []T) {
	// The windows of pooling with stride equal to the kernel are the blocks that one element fills.
	forEachWindow(o.out, o.in[0], Geometry{Kernel: o.Scale, Stride: o.Scale}, func(i int, block []int) {
		for _, j := range block {
			y[j] = x[i]
		}
	})
}

// DiffWRT is true.
func (o *UpsampleOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff sums each block: average pooling times the block's size.
func (o *UpsampleOp) SymDiff(_ gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	mean, err := pool(Average, grad, Geometry{Kernel: o.Scale, Stride: o.Scale})
	if err != nil {
		return nil, err
	}
	gx, err := unary(Scale, mean, float64(size(o.Scale)))
	return gorgonia.Nodes{gx}, err
}
