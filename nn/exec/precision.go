package exec

import (
	"strings"

	"videogan/nn"
	"videogan/nn/onednn"
)

// half reports whether n may live as bfloat16: in a program that computes so,
// where all its users are kernels that take it.
func (c *compiler) half(n *nn.Node) bool {
	if !c.dev.bf16 || c.wanted[n] {
		return false
	}
	for _, user := range c.uses[n] {
		switch op := user.Op().(type) {
		case *nn.ConvOp, *nn.ConvTransposeOp, *nn.ConvWeightOp,
			*nn.BatchNormOp, *nn.NormalizeOp, *nn.BatchNormGradOp, *nn.BatchNormGradScaleOp, *nn.MomentsOp:
		case *nn.UnaryGradOp:
			if activationOf(op.Func) == onednn.ActNone {
				return false
			}
		case *nn.SumOp:
			if !overChannels(op.Axes, n) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// convolution makes the primitive of conv: over bfloat16 in a program that
// computes so, unless oneDNN has no right and fast kernel for it. The result is
// bfloat16 where half is set; the gradient by a weight never is.
func (c *compiler) convolution(conv onednn.Convolution, half bool) (*onednn.Primitive, error) {
	conv.Parts = c.partsOf(conv)
	if c.dev.bf16 && !wrongInBF16(conv) {
		p, err := c.dev.engine.Convolution(halve(conv, half))
		switch {
		case err == nil && !strings.HasPrefix(p.Implementation(), "ref"):
			return p, nil
		case err == nil:
			p.Close()
		case !unimplemented(err):
			return nil, err
		}
	}
	return c.dev.engine.Convolution(conv)
}

// wrongInBF16 reports whether oneDNN 2.6 computes a wrong weight gradient: it does
// where two positions in time are left of a stride, and the second one's window
// already reaches the padding.
func wrongInBF16(conv onednn.Convolution) bool {
	y := conv.Y.Sizes()
	return conv.Direction == onednn.BackwardWeights && len(y) == 5 && y[2] == 2 && conv.Strides[0] > 1
}

// byType is the kernel for the elements of d: wide for float32, half for bfloat16.
func byType[Kernel any](d onednn.Descriptor, wide, half Kernel) Kernel {
	if d.IsBF16() {
		return half
	}
	return wide
}

// readsScratch is the scratch memory that p reads before it has written all of
// it, or nil. oneDNN 2.6 multiplies what it finds there by zero in the weight
// gradients of bfloat16 convolutions, which gives NaN for NaN.
func readsScratch(p *onednn.Primitive, operands []operand) *buffer {
	x, _ := p.Descriptor(onednn.Source)
	if _, ok := p.Descriptor(onednn.DiffWeights); !ok || !x.IsBF16() {
		return nil
	}
	for _, o := range operands {
		if o.arg == onednn.Scratchpad {
			return o.b
		}
	}
	return nil
}

// halve makes the operands of a convolution bfloat16, and its result where
// result is set; the gradient by a weight stays float32.
func halve(conv onednn.Convolution, result bool) onednn.Convolution {
	x, weights, y := conv.X.BF16(), conv.Weights.BF16(), conv.Y.BF16()
	if conv.Direction != onednn.BackwardData || result {
		conv.X = x
	}
	if conv.Direction != onednn.BackwardWeights {
		conv.Weights = weights
	}
	if conv.Direction != onednn.Forward || result {
		conv.Y = y
	}
	return conv
}
