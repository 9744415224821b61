package nn

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// BatchNormOp normalizes every channel of x (N×C×…) by the statistics of the
// batch, taken over all axes but the channels': γ·(x - mean)/√(variance + Eps) + β
// with the biased variance. Operands are x, γ (C) and, with HasBeta, β (C).
type BatchNormOp struct {
	opBase
	Eps     float64
	HasBeta bool
}

// batchNorm normalizes x; beta may be nil.
func batchNorm(x, gamma, beta *Node, eps float64) (*Node, error) {
	s := x.Shape()
	if err := checkChannels("batch normalization", s, gamma.Shape()); err != nil {
		return nil, err
	}
	if beta == nil {
		return apply(&BatchNormOp{opBase: newOpBase(fmt.Sprintf("batchnorm(%v)", eps), s, s, gamma.Shape()), Eps: eps}, x, gamma)
	}
	if err := checkChannels("batch normalization", s, beta.Shape()); err != nil {
		return nil, err
	}
	op := &BatchNormOp{opBase: newOpBase(fmt.Sprintf("batchnorm+beta(%v)", eps), s, s, gamma.Shape(), beta.Shape()), Eps: eps, HasBeta: true}
	return apply(op, x, gamma, beta)
}

func checkChannels(what string, x, channels tensor.Shape) error {
	if len(x) < 2 || len(channels) != 1 || channels[0] != x[1] {
		return shapeErrorf("%s of %s with %s channels: want N×C×… and C", what, dims(x), dims(channels))
	}
	return nil
}

// Do is the reference implementation.
func (o *BatchNormOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { batchNormForward(o, in, out) },
		func(in [][]float64, out []float64) { batchNormForward(o, in, out) })
}

func batchNormForward[T float](o *BatchNormOp, in [][]T, out []T) {
	x, gamma := in[0], in[1]
	mean, variance := channelMoments(x, o.out)
	forEachChannel(o.out, func(i, c int) {
		y := (float64(x[i]) - mean[c]) / math.Sqrt(variance[c]+o.Eps) * float64(gamma[c])
		if o.HasBeta {
			y += float64(in[2][c])
		}
		out[i] = T(y)
	})
}

// DiffWRT is true for every operand.
func (o *BatchNormOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff gives BatchNormGradOp for x, BatchNormGradScaleOp for γ, and the sum
// per channel for β.
func (o *BatchNormOp) SymDiff(in gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	gx, err := batchNormGrad(in[0], in[1], grad, o.Eps)
	if err != nil {
		return nil, err
	}
	gGamma, err := batchNormGradScale(in[0], grad, o.Eps)
	if err != nil {
		return nil, err
	}
	if !o.HasBeta {
		return gorgonia.Nodes{gx, gGamma}, nil
	}
	gBeta, err := sumPerChannel(grad)
	return gorgonia.Nodes{gx, gGamma, gBeta}, err
}

// MomentsOp gives the mean and the biased variance of every channel of x
// (N×C×…) as the two rows of a matrix 2×C.
type MomentsOp struct{ opBase }

// Moments is the mean and the biased variance of every channel of x (N×C×…),
// taken over all axes but the second, as the two rows of a matrix 2×C.
func (s *Scope) Moments(x *Node) *Node {
	return s.build("moments", func() (*Node, error) { return moments(x) }, x)
}

func moments(x *Node) (*Node, error) {
	s := x.Shape()
	if len(s) < 2 {
		return nil, shapeErrorf("moments of %s: want N×C×…", dims(s))
	}
	return apply(&MomentsOp{newOpBase("moments", tensor.Shape{2, s[1]}, s)}, x)
}

// Do is the reference implementation.
func (o *MomentsOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { momentsForward(o, in[0], out) },
		func(in [][]float64, out []float64) { momentsForward(o, in[0], out) })
}

func momentsForward[T float](o *MomentsOp, x, out []T) {
	mean, variance := channelMoments(x, o.in[0])
	roundTo(out[:len(mean)], mean)
	roundTo(out[len(mean):], variance)
}

// DiffWRT is true.
func (o *MomentsOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff gives (g₀ + 2·g₁·(x - mean))/M for the rows g₀, g₁ of the gradient
// and M elements a channel.
func (o *MomentsOp) SymDiff(in gorgonia.Nodes, output, grad *Node) (gorgonia.Nodes, error) {
	e := &expression{}
	x := in[0]
	row := func(m *Node, i int) *Node { return e.perChannel(e.slice(m, 0, i, i+1), x) }
	centred := e.binary(Sub, x, row(output, 0))
	slope := e.binary(Add, row(grad, 0), e.binary(Mul, e.unary(Scale, row(grad, 1), 2), centred))
	gx := e.unary(Scale, slope, float64(o.in[0][1])/float64(size(o.in[0])))
	return gorgonia.Nodes{gx}, e.err
}

// channelMoments are mean and biased variance over all axes but the second.
func channelMoments[T float](x []T, shape tensor.Shape) (mean, variance []float64) {
	mean, variance = make([]float64, shape[1]), make([]float64, shape[1])
	count := float64(size(shape) / shape[1])
	forEachChannel(shape, func(i, c int) { mean[c] += float64(x[i]) / count })
	forEachChannel(shape, func(i, c int) {
		d := float64(x[i]) - mean[c]
		variance[c] += d * d / count
	})
	return mean, variance
}

// forEachChannel visits every element of an N×C×… tensor with its channel.
func forEachChannel(shape tensor.Shape, visit func(i, c int)) {
	positions := size(shape[2:])
	for i := range size(shape) {
		visit(i, i/positions%shape[1])
	}
}
