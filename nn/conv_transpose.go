package nn

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// ConvTransposeOp is the adjoint of the convolution of the same geometry and
// weight: x N×K×S, w K×C×k and, with HasBias, b C to y N×C×S'.
//
// S' is any size that the convolution takes to S. As an operation of its own it
// is (S-1)·stride - 2·pad + kernel; as the gradient of a convolution whose
// stride does not divide evenly it is larger.
type ConvTransposeOp struct {
	opBase
	Geometry Geometry
	HasBias  bool
}

// ConvolveTranspose is the transposed convolution of x (N×K×S) with w (K×C×k),
// plus b (C) unless it is nil, to N×C×S' with S' = (S-1)·stride - 2·pad + kernel;
// one to three spatial axes. A nil g.Kernel is the size of w. There is no output padding.
// It reports ErrShape when channels, kernel or sizes do not fit.
func (s *Scope) ConvolveTranspose(x, w, b *Node, g Geometry) *Node {
	return s.build("transposed convolution", func() (*Node, error) {
		sx, sw := x.Shape(), w.Shape()
		g, err := checkConvolution("transposed convolution of", sx, sw, 0, g)
		if err != nil {
			return nil, err
		}
		size, err := g.TransposedSize(sx[2:])
		if err != nil {
			return nil, fmt.Errorf("transposed convolution of x %s with w %s: %w", dims(sx), dims(sw), err)
		}
		return convolveTransposeTo(x, w, b, g, size)
	}, x, w)
}

// convolveTransposeTo is the transposed convolution with a chosen output size.
func convolveTransposeTo(x, w, b *Node, g Geometry, size []int) (*Node, error) {
	const what = "transposed convolution of"
	sx, sw := x.Shape(), w.Shape()
	g, err := checkConvolution(what, sx, sw, 0, g)
	if err != nil {
		return nil, err
	}
	if back, err := g.OutputSize(size); err != nil || !slices.Equal(back, sx[2:]) {
		return nil, shapeErrorf("%s x %s with w %s: no convolution %s takes %s to %s", what, dims(sx), dims(sw), g, dims(size), dims(sx[2:]))
	}
	out := append(tensor.Shape{sx[0], sw[1]}, size...)
	op := &ConvTransposeOp{Geometry: g, HasBias: b != nil}
	if b == nil {
		op.opBase = newOpBase("transposed-convolve "+g.String(), out, sx, sw)
		return apply(op, x, w)
	}
	if err := checkBias(what, b, sw, sw[1]); err != nil {
		return nil, err
	}
	op.opBase = newOpBase("transposed-convolve+bias "+g.String(), out, sx, sw, b.Shape())
	return apply(op, x, w, b)
}

// Do is the reference implementation.
func (o *ConvTransposeOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { convolveTransposeForward(o, in, out) },
		func(in [][]float64, out []float64) { convolveTransposeForward(o, in, out) })
}

func convolveTransposeForward[T float](o *ConvTransposeOp, in [][]T, out []T) {
	x, w := in[0], in[1]
	sum := make([]float64, len(out))
	if o.HasBias {
		addBias(sum, in[2], o.out)
	}
	// Taps are those of the convolution from out to x.
	forEachTap(o.out, o.in[1], o.in[0], o.Geometry, func(outIndex, wi, xi int) {
		sum[outIndex] += float64(x[xi]) * float64(w[wi])
	})
	roundTo(out, sum)
}

// DiffWRT is true for every operand.
func (o *ConvTransposeOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff gives the convolution for x, ConvWeightOp for w, and the sum over all
// positions for the bias.
func (o *ConvTransposeOp) SymDiff(in gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	gx, err := convolve(grad, in[1], nil, o.Geometry)
	if err != nil {
		return nil, err
	}
	gw, err := convolveWeight(grad, in[0], o.Geometry)
	if err != nil {
		return nil, err
	}
	if !o.HasBias {
		return gorgonia.Nodes{gx, gw}, nil
	}
	gb, err := sumPerChannel(grad)
	return gorgonia.Nodes{gx, gw, gb}, err
}

// FLOPs is two a tap and input element, as many as the convolution back takes.
func (o *ConvTransposeOp) FLOPs() float64 { return tapFLOPs(o.in[0], o.in[1]) }
