package nn

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// ConvOp is a convolution (without flip of the kernel, as in all of deep
// learning): x N×C×S, w K×C×k and, with HasBias, b K to y N×K×S', where each of
// the spatial sizes S' is (S + 2·pad - kernel)/stride + 1, rounded down.
type ConvOp struct {
	opBase
	Geometry Geometry
	HasBias  bool
}

// Convolve is the convolution of x (N×C×S) with w (K×C×k), plus b (K) unless it
// is nil; one to three spatial axes. A nil g.Kernel is the size of w.
// It reports ErrShape when channels, kernel or sizes do not fit.
func (s *Scope) Convolve(x, w, b *Node, g Geometry) *Node {
	return s.build("convolve", func() (*Node, error) { return convolve(x, w, b, g) }, x, w)
}

func convolve(x, w, b *Node, g Geometry) (*Node, error) {
	sx, sw := x.Shape(), w.Shape()
	g, err := checkConvolution("convolve", sx, sw, 1, g)
	if err != nil {
		return nil, err
	}
	size, err := g.OutputSize(sx[2:])
	if err != nil {
		return nil, fmt.Errorf("convolve x %s with w %s: %w", dims(sx), dims(sw), err)
	}
	out := append(tensor.Shape{sx[0], sw[0]}, size...)
	op := &ConvOp{Geometry: g, HasBias: b != nil}
	if b == nil {
		op.opBase = newOpBase("convolve "+g.String(), out, sx, sw)
		return apply(op, x, w)
	}
	if err := checkBias("convolve", b, sw, sw[0]); err != nil {
		return nil, err
	}
	op.opBase = newOpBase("convolve+bias "+g.String(), out, sx, sw, b.Shape())
	return apply(op, x, w, b)
}

// Do is the reference implementation.
func (o *ConvOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { convolveForward(o, in, out) },
		func(in [][]float64, out []float64) { convolveForward(o, in, out) })
}

func convolveForward[T float](o *ConvOp, in [][]T, out []T) {
	x, w := in[0], in[1]
	sum := make([]float64, len(out))
	if o.HasBias {
		addBias(sum, in[2], o.out)
	}
	forEachTap(o.in[0], o.in[1], o.out, o.Geometry, func(xi, wi, yi int) {
		sum[yi] += float64(x[xi]) * float64(w[wi])
	})
	roundTo(out, sum)
}

// DiffWRT is true for every operand.
func (o *ConvOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff gives the adjoint of the convolution for x, ConvWeightOp for w, and
// the sum over all positions for the bias.
func (o *ConvOp) SymDiff(in gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	gx, err := convolveTransposeTo(grad, in[1], nil, o.Geometry, in[0].Shape()[2:])
	if err != nil {
		return nil, err
	}
	gw, err := convolveWeight(in[0], grad, o.Geometry)
	if err != nil {
		return nil, err
	}
	if !o.HasBias {
		return gorgonia.Nodes{gx, gw}, nil
	}
	gb, err := sumPerChannel(grad)
	return gorgonia.Nodes{gx, gw, gb}, err
}

// FLOPs is two a tap and output element, taps on the padding counted.
func (o *ConvOp) FLOPs() float64 { return tapFLOPs(o.out, o.in[1]) }

// checkConvolution checks w (whose axis channelAxis matches the channels of x)
// against x, and completes the geometry.
func checkConvolution(what string, x, w tensor.Shape, channelAxis int, g Geometry) (Geometry, error) {
	if len(x) != len(w) || len(x) < 3 || len(x) > 5 {
		return g, shapeErrorf("%s x %s with w %s: want equal ranks of 3 to 5", what, dims(x), dims(w))
	}
	if x[1] != w[channelAxis] {
		return g, shapeErrorf("%s x %s with w %s: x has %d channels, w takes %d", what, dims(x), dims(w), x[1], w[channelAxis])
	}
	if g.Kernel == nil {
		g.Kernel = slices.Clone(w[2:])
	}
	g, err := g.complete(len(x) - 2)
	if err != nil {
		return g, fmt.Errorf("%s x %s with w %s: %w", what, dims(x), dims(w), err)
	}
	if !slices.Equal(g.Kernel, w[2:]) {
		return g, shapeErrorf("%s x %s with w %s: geometry has kernel %s", what, dims(x), dims(w), dims(g.Kernel))
	}
	return g, nil
}

func checkBias(what string, b *Node, w tensor.Shape, channels int) error {
	if sb := b.Shape(); len(sb) != 1 || sb[0] != channels {
		return shapeErrorf("%s with w %s and bias %s: want bias %d", what, dims(w), dims(sb), channels)
	}
	return nil
}

func all(n int) []bool { return slices.Repeat([]bool{true}, n) }
