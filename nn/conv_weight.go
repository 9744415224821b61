package nn

import (
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// ConvWeightOp is the gradient of a convolution by its weight: the convolution's
// input x (N×C×S) and the gradient gy (N×K×S') on its output to gw (K×C×k).
type ConvWeightOp struct {
	opBase
	Geometry Geometry
}

func convolveWeight(x, gy *Node, g Geometry) (*Node, error) {
	sx, sy := x.Shape(), gy.Shape()
	if len(sx) != len(sy) || len(sx) < 3 || sx[0] != sy[0] {
		return nil, shapeErrorf("weight gradient of x %s and gy %s: want equal ranks and batches", dims(sx), dims(sy))
	}
	g, err := g.complete(len(sx) - 2)
	if err != nil {
		return nil, err
	}
	if size, err := g.OutputSize(sx[2:]); err != nil || !slices.Equal(size, sy[2:]) {
		return nil, shapeErrorf("weight gradient of x %s and gy %s: no convolution %s takes the one to the other", dims(sx), dims(sy), g)
	}
	out := append(tensor.Shape{sy[1], sx[1]}, g.Kernel...)
	return apply(&ConvWeightOp{opBase: newOpBase("convolve-weight "+g.String(), out, sx, sy), Geometry: g}, x, gy)
}

// Do is the reference implementation.
func (o *ConvWeightOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { convolveWeightForward(o, in, out) },
		func(in [][]float64, out []float64) { convolveWeightForward(o, in, out) })
}

func convolveWeightForward[T float](o *ConvWeightOp, in [][]T, out []T) {
	x, gy := in[0], in[1]
	sum := make([]float64, len(out))
	forEachTap(o.in[0], o.out, o.in[1], o.Geometry, func(xi, wi, yi int) {
		sum[wi] += float64(x[xi]) * float64(gy[yi])
	})
	roundTo(out, sum)
}

// DiffWRT is true for both operands.
func (o *ConvWeightOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff follows from ⟨convolve(x, v), gy⟩ = ⟨gw, v⟩: it is the adjoint of the
// convolution for x and the convolution for gy, with v in the place of the weight.
func (o *ConvWeightOp) SymDiff(in gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	gx, err := convolveTransposeTo(in[1], grad, nil, o.Geometry, in[0].Shape()[2:])
	if err != nil {
		return nil, err
	}
	ggy, err := convolve(in[0], grad, nil, o.Geometry)
	return gorgonia.Nodes{gx, ggy}, err
}

// FLOPs is as many as the convolution takes.
func (o *ConvWeightOp) FLOPs() float64 { return tapFLOPs(o.in[1], o.out) }
