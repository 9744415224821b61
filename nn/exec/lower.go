package exec

import (
	"videogan/nn"
)

// lower turns one node into steps. An operation without a kernel of ours, or
// one that oneDNN refuses, runs by its own Do.
func (c *compiler) lower(n *nn.Node) error {
	if n.Op() == nil {
		return c.leaf(n)
	}
	switch op := n.Op().(type) {
	case *nn.ConvOp:
		return c.convolve(n, op)
	case *nn.ConvTransposeOp:
		return c.convolveTranspose(n, op)
	case *nn.ConvWeightOp:
		return c.convolveWeight(n, op)
	case *nn.MatMulOp:
		return c.matMul(n, op)
	case *nn.BatchNormOp:
		return c.batchNorm(n, op)
	case *nn.NormalizeOp:
		return c.normalize(n, op)
	case *nn.BatchNormGradOp:
		return c.batchNormGrad(n, op)
	case *nn.BatchNormGradScaleOp:
		return c.batchNormGradScale(n, op)
	case *nn.MomentsOp:
		return c.moments(n)
	case *nn.UnaryOp:
		return c.unary(n, op)
	case *nn.UnaryGradOp:
		return c.unaryGrad(n, op)
	case *nn.BinaryOp:
		return c.binary(n, op)
	case *nn.SumOp:
		return c.sum(n, op)
	case *nn.BroadcastOp:
		return nil // when somebody needs it in full, see home
	case *nn.ReshapeOp:
		return c.reshape(n)
	case *nn.TransposeOp:
		return c.transpose(n, op)
	case *nn.ConcatOp:
		return c.concat(n, op.Axis, nn.Operands(n))
	case *nn.SliceOp:
		return c.slice(n, op)
	case *nn.PadOp:
		return c.pad(n, op)
	case *nn.PoolOp:
		return c.pool(n, op)
	case *nn.PoolGradOp:
		return c.poolGrad(n, op)
	case *nn.MaxPoolGatherOp:
		return c.maxPoolGather(n, op)
	case *nn.UpsampleOp:
		return c.upsample(n, op)
	case *nn.SoftmaxOp:
		return c.softmax(n, op.Axis, false)
	case *nn.LogSoftmaxOp:
		return c.softmax(n, op.Axis, true)
	case *nn.RandomOp:
		return c.random(n, op)
	case *nn.StopGradientOp:
		c.view(n, c.home(nn.Operands(n)[0]), c.home(nn.Operands(n)[0]).desc)
		return nil
	default:
		return c.foreign(n)
	}
}
