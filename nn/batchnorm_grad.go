package nn

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// BatchNormGradOp is the gradient of batch normalization by its input: x
// (N×C×…), γ (C) and the gradient gy on the output to
//
//	gx = γ/√(variance + Eps) · (gy - mean(gy) - x̂·mean(gy·x̂))
//
// where x̂ is x normalized and means are over all axes but the channels'.
type BatchNormGradOp struct {
	opBase
	Eps float64
}

func batchNormGrad(x, gamma, gy *Node, eps float64) (*Node, error) {
	label := fmt.Sprintf("batchnorm-gradient(%v)", eps)
	return apply(&BatchNormGradOp{opBase: newOpBase(label, x.Shape(), x.Shape(), gamma.Shape(), gy.Shape()), Eps: eps}, x, gamma, gy)
}

// Do is the reference implementation.
func (o *BatchNormGradOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { batchNormGradForward(o, in, out) },
		func(in [][]float64, out []float64) { batchNormGradForward(o, in, out) })
}

func batchNormGradForward[T float](o *BatchNormGradOp, in [][]T, out []T) {
	x, gamma, gy := in[0], in[1], in[2]
	mean, variance := channelMoments(x, o.out)
	meanG, meanGX := make([]float64, len(mean)), make([]float64, len(mean))
	count := float64(size(o.out) / o.out[1])
	hat := func(i, c int) float64 { return (float64(x[i]) - mean[c]) / math.Sqrt(variance[c]+o.Eps) }
	forEachChannel(o.out, func(i, c int) {
		meanG[c] += float64(gy[i]) / count
		meanGX[c] += float64(gy[i]) * hat(i, c) / count
	})
	forEachChannel(o.out, func(i, c int) {
		out[i] = T(float64(gamma[c]) / math.Sqrt(variance[c]+o.Eps) * (float64(gy[i]) - meanG[c] - hat(i, c)*meanGX[c]))
	})
}

// DiffWRT is true for every operand.
func (o *BatchNormGradOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff differentiates the formula, written in elementary operations.
func (o *BatchNormGradOp) SymDiff(in gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	return differentiate(in, grad, func(e *expression, v []*Node) *Node {
		x, gamma, gy := v[0], v[1], v[2]
		hat, inverse := e.normalized(x, o.Eps)
		projected := e.binary(Sub, e.binary(Sub, gy, e.channelMean(gy)),
			e.binary(Mul, hat, e.channelMean(e.binary(Mul, gy, hat))))
		return e.binary(Mul, e.binary(Mul, projected, inverse), e.perChannel(gamma, x))
	})
}

// BatchNormGradScaleOp is the gradient of batch normalization by γ: x (N×C×…)
// and the gradient gy on the output to Σ gy·x̂ (C), where x̂ is x normalized.
type BatchNormGradScaleOp struct {
	opBase
	Eps float64
}

func batchNormGradScale(x, gy *Node, eps float64) (*Node, error) {
	label := fmt.Sprintf("batchnorm-scale-gradient(%v)", eps)
	out := tensor.Shape{x.Shape()[1]}
	return apply(&BatchNormGradScaleOp{opBase: newOpBase(label, out, x.Shape(), gy.Shape()), Eps: eps}, x, gy)
}

// Do is the reference implementation.
func (o *BatchNormGradScaleOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { batchNormGradScaleForward(o, in, out) },
		func(in [][]float64, out []float64) { batchNormGradScaleForward(o, in, out) })
}

func batchNormGradScaleForward[T float](o *BatchNormGradScaleOp, in [][]T, out []T) {
	x, gy := in[0], in[1]
	mean, variance := channelMoments(x, o.in[0])
	total := make([]float64, len(out))
	forEachChannel(o.in[0], func(i, c int) {
		total[c] += float64(gy[i]) * (float64(x[i]) - mean[c]) / math.Sqrt(variance[c]+o.Eps)
	})
	roundTo(out, total)
}

// DiffWRT is true for both operands.
func (o *BatchNormGradScaleOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff gives for x the gradient of batch normalization with v in the place of
// γ, and for gy the normalized x times v, since ⟨Σ gy·x̂, v⟩ = ⟨gy, v·x̂⟩.
func (o *BatchNormGradScaleOp) SymDiff(in gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	gx, err := batchNormGrad(in[0], grad, in[1], o.Eps)
	if err != nil {
		return nil, err
	}
	ggy, err := batchNorm(in[0], grad, nil, o.Eps)
	return gorgonia.Nodes{gx, ggy}, err
}
