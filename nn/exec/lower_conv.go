package exec

import (
	"errors"

	"videogan/nn"
	"videogan/nn/onednn"
)

// convolutionOf fills in what the three maps of a convolution share: x on the
// strided side, w, and y.
func convolutionOf(direction onednn.Direction, g nn.Geometry, x, w, y *nn.Node) onednn.Convolution {
	return onednn.Convolution{
		Direction: direction,
		X:         describe(x).Any(), Weights: describe(w).Any(), Y: describe(y).Any(),
		Strides: g.Stride, PadLeft: g.Pad, PadRight: g.Pad,
	}
}

// convolve lowers a convolution, with its bias and with an activation that
// alone uses its result.
func (c *compiler) convolve(n *nn.Node, op *nn.ConvOp) error {
	in := nn.Operands(n)
	conv := convolutionOf(onednn.Forward, op.Geometry, in[0], in[1], n)
	var bias *buffer
	if op.HasBias {
		var err error
		if bias, err = c.plain(in[2]); err != nil {
			return err
		}
		conv.Bias = &bias.desc
	}
	if s, ok := c.narrowOf(op.Geometry, in[0], in[1]); ok {
		return c.narrowConvolution(n, in[0], in[1], bias, s, op.FLOPs())
	}
	f := c.fusion(n)
	if v, ok := c.winogradOf(op.Geometry, in[0], in[1], n, onednn.Forward); ok {
		return c.winogradConvolution(onednn.Forward, in[0], in[1], bias, f, v, op.FLOPs())
	}
	if t, ok := c.tiledOf(op.Geometry, in[0], in[1], n, onednn.Forward); ok && c.tileable(f.result) {
		return c.tiledConvolution(onednn.Forward, in[0], in[1], bias, f, t, op.FLOPs())
	}
	if f.act != onednn.ActNone {
		conv.Post, conv.Alpha = onednn.PostReLU, f.alpha // 0 for ReLU
	}
	fold, folds := c.foldOf(op.Geometry, in[0], onednn.Forward)
	if folds {
		deep := folded(fold, onednn.Forward, op.Geometry, in[1], n)
		deep.Bias, deep.Post, deep.Alpha = conv.Bias, conv.Post, conv.Alpha
		conv = deep
	}
	p, err := c.convolution(conv, c.half(f.result))
	if unimplemented(err) {
		return c.foreign(n)
	} else if err != nil {
		return err
	}
	c.done[f.result] = true
	kernel := "convolution"
	source, _ := p.Descriptor(onednn.Source)
	var x, w *buffer
	if folds {
		kernel = "convolution, folded"
		if x, err = c.foldedInput(in[0], fold, source); err == nil {
			w, err = c.foldedWeights(in[1], fold, op.Geometry, p)
		}
	} else if x, err = c.as(in[0], source); err == nil {
		w, _, err = c.wants(p, in[1], []onednn.Argument{onednn.Weights})
	}
	if err != nil {
		return err
	}
	operands := []operand{{onednn.Source, x}, {onednn.Weights, w}}
	if bias != nil {
		operands = append(operands, operand{onednn.Bias, bias})
		kernel += "+bias"
	}
	d, _ := p.Descriptor(onednn.Destination)
	operands = append(operands, operand{onednn.Destination, c.produce(f.result, d)})
	c.primitive(kernel+f.name, op.FLOPs(), p, operands...)
	return nil
}

// convolveTranspose lowers the transposed convolution: the data gradient of the
// convolution that maps its result back.
func (c *compiler) convolveTranspose(n *nn.Node, op *nn.ConvTransposeOp) error {
	in := nn.Operands(n)
	if s, ok := c.narrowOf(op.Geometry, n, in[1]); ok {
		if err := c.narrowTranspose(n, in[1], in[0], s, op.FLOPs()); err != nil {
			return err
		}
	} else if v, ok := c.winogradOf(op.Geometry, n, in[1], in[0], onednn.BackwardData); ok {
		bias, err := c.biasOf(op, in)
		if err != nil {
			return err
		}
		return c.winogradConvolution(onednn.BackwardData, in[0], in[1], bias, c.fusion(n), v, op.FLOPs())
	} else if t, ok := c.tiledOf(op.Geometry, n, in[1], in[0], onednn.BackwardData); ok && c.tileable(c.fusion(n).result) {
		bias, err := c.biasOf(op, in)
		if err != nil {
			return err
		}
		return c.tiledConvolution(onednn.BackwardData, in[0], in[1], bias, c.fusion(n), t, op.FLOPs())
	} else if f, ok := c.foldOf(op.Geometry, n, onednn.BackwardData); ok {
		if err := c.foldedTranspose(n, in[1], in[0], f, op.Geometry, op.FLOPs()); err != nil {
			return err
		}
	} else {
		p, err := c.convolution(convolutionOf(onednn.BackwardData, op.Geometry, n, in[1], in[0]), c.half(n) && !op.HasBias)
		if unimplemented(err) {
			return c.foreign(n)
		} else if err != nil {
			return err
		}
		if err := c.threeOperands(n, p, op.FLOPs(), "transposed convolution", n, in[1], in[0]); err != nil {
			return err
		}
	}
	if op.HasBias {
		return c.addBias(n, in[2])
	}
	return nil
}

// biasOf is a transposed convolution's bias, nil where it has none.
func (c *compiler) biasOf(op *nn.ConvTransposeOp, in []*nn.Node) (*buffer, error) {
	if !op.HasBias {
		return nil, nil
	}
	return c.plain(in[2])
}

// convolveWeight lowers the weight gradient of a convolution.
func (c *compiler) convolveWeight(n *nn.Node, op *nn.ConvWeightOp) error {
	in := nn.Operands(n)
	if s, ok := c.narrowOf(op.Geometry, in[0], n); ok {
		return c.narrowWeightGradient(n, in[0], in[1], s, op.FLOPs())
	}
	if v, ok := c.winogradOf(op.Geometry, in[0], n, in[1], onednn.BackwardWeights); ok {
		return c.weightGradient("Winograd weight gradient", n, in[0], in[1], v.Scratch(onednn.BackwardWeights, c.dev.threads), v.Weights, op.FLOPs())
	}
	if t, ok := c.tiledOf(op.Geometry, in[0], n, in[1], onednn.BackwardWeights); ok {
		return c.tiledWeightGradient(n, in[0], in[1], t, op.FLOPs())
	}
	if f, ok := c.foldOf(op.Geometry, in[0], onednn.BackwardWeights); ok {
		return c.foldedWeightGradient(n, in[0], in[1], f, op.Geometry, op.FLOPs())
	}
	p, err := c.convolution(convolutionOf(onednn.BackwardWeights, op.Geometry, in[0], n, in[1]), false)
	if unimplemented(err) {
		return c.foreign(n)
	} else if err != nil {
		return err
	}
	return c.threeOperands(n, p, op.FLOPs(), "convolution weight gradient", in[0], n, in[1])
}

// threeOperands adds a backward convolution over x, w and y, of which one is
// the node computed.
func (c *compiler) threeOperands(n *nn.Node, p *onednn.Primitive, flops float64, kernel string, x, w, y *nn.Node) error {
	var list []operand
	for _, o := range []struct {
		node *nn.Node
		args []onednn.Argument
	}{
		{x, []onednn.Argument{onednn.Source, onednn.DiffSource}},
		{w, []onednn.Argument{onednn.Weights, onednn.DiffWeights}},
		{y, []onednn.Argument{onednn.DiffDestination}},
	} {
		if o.node == n {
			continue
		}
		b, arg, err := c.wants(p, o.node, o.args)
		if err != nil {
			return err
		}
		list = append(list, operand{arg, b})
	}
	for _, arg := range []onednn.Argument{onednn.DiffSource, onednn.DiffWeights} {
		if d, ok := p.Descriptor(arg); ok {
			list = append(list, operand{arg, c.produce(n, d)})
		}
	}
	c.primitive(kernel, flops, p, list...)
	return nil
}

// wants is the value in the layout that p has for the first of args it knows.
func (c *compiler) wants(p *onednn.Primitive, n *nn.Node, args []onednn.Argument) (*buffer, onednn.Argument, error) {
	for _, arg := range args {
		if d, ok := p.Descriptor(arg); ok {
			b, err := c.as(n, d)
			return b, arg, err
		}
	}
	return nil, 0, errors.New("the primitive has no such operand")
}

// unimplemented reports whether oneDNN has no kernel for what was asked.
func unimplemented(err error) bool {
	var s onednn.Status
	return errors.As(err, &s) && s == onednn.Unimplemented
}
