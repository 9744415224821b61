package exec

import (
	"videogan/nn"
	"videogan/nn/onednn"
)

// poolOf describes pooling of tensors of the shapes wide and narrow, plain, or
// in channel blocks.
func poolOf(g nn.Geometry, wide, narrow *nn.Node, block int) onednn.Pool {
	shape := wide.Shape()
	p := onednn.Pool{Planes: planesOf(shape, block), Block: block}
	p.In, p.Out = threeAxes(shape[2:], 1), threeAxes(narrow.Shape()[2:], 1)
	p.Kernel, p.Stride, p.Pad = threeAxes(g.Kernel, 1), threeAxes(g.Stride, 1), threeAxes(g.Pad, 0)
	return p
}

// planesOf counts the samples' channel blocks.
func planesOf(shape []int, block int) int { return shape[0] * ((shape[1] + block - 1) / block) }

// threeAxes puts missing axes in front.
func threeAxes(v []int, missing int) [3]int {
	a := [3]int{missing, missing, missing}
	copy(a[3-len(v):], v)
	return a
}

// blocked is x in its channel blocks, or plain, with the block's size.
func (c *compiler) blocked(x *nn.Node) (*buffer, int, error) {
	b := c.home(x)
	if n := blockOf(b.desc); n > 1 {
		return b, n, nil
	}
	b, err := c.plain(x)
	return b, 1, err
}

func (c *compiler) pool(n *nn.Node, op *nn.PoolOp) error {
	x := nn.Operands(n)[0]
	b, block, err := c.blocked(x)
	if err != nil {
		return err
	}
	kind := onednn.PoolAverage
	if op.Kind == nn.Max {
		kind = onednn.PoolMax
	}
	y, p := c.produce(n, onednn.Blocked(block, n.Shape()...)), poolOf(op.Geometry, x, n, block)
	c.emit(&step{kernel: op.Kind.String() + " pool", reads: []*buffer{b}, writes: []*buffer{y}, run: func() error {
		onednn.PoolForward(kind, p, b.pointer(), y.pointer())
		return nil
	}})
	return nil
}

// poolGrad takes gy, and x before it when the maximum decides.
func (c *compiler) poolGrad(n *nn.Node, op *nn.PoolGradOp) error {
	in := nn.Operands(n)
	gyNode := in[len(in)-1]
	gy, block, err := c.blocked(gyNode)
	if err != nil {
		return err
	}
	gx, p := c.produce(n, onednn.Blocked(block, n.Shape()...)), poolOf(op.Geometry, n, gyNode, block)
	if op.Kind == nn.Average {
		c.emit(&step{kernel: "average pool gradient", reads: []*buffer{gy}, writes: []*buffer{gx}, run: func() error {
			onednn.PoolAverageGrad(p, gy.pointer(), gx.pointer())
			return nil
		}})
		return nil
	}
	x, err := c.as(in[0], gx.desc)
	if err != nil {
		return err
	}
	c.emit(&step{kernel: "max pool gradient", reads: []*buffer{x, gy}, writes: []*buffer{gx}, run: func() error {
		onednn.MaxPoolScatter(p, x.pointer(), gy.pointer(), gx.pointer())
		return nil
	}})
	return nil
}

func (c *compiler) maxPoolGather(n *nn.Node, op *nn.MaxPoolGatherOp) error {
	in := nn.Operands(n)
	x, block, err := c.blocked(in[0])
	if err != nil {
		return err
	}
	v, err := c.as(in[1], x.desc)
	if err != nil {
		return err
	}
	y, p := c.produce(n, onednn.Blocked(block, n.Shape()...)), poolOf(op.Geometry, in[0], n, block)
	c.emit(&step{kernel: "max pool gather", reads: []*buffer{x, v}, writes: []*buffer{y}, run: func() error {
		onednn.MaxPoolGather(p, x.pointer(), v.pointer(), y.pointer())
		return nil
	}})
	return nil
}

func (c *compiler) upsample(n *nn.Node, op *nn.UpsampleOp) error {
	x := nn.Operands(n)[0]
	b, block, err := c.blocked(x)
	if err != nil {
		return err
	}
	y := c.produce(n, onednn.Blocked(block, n.Shape()...))
	planes := planesOf(x.Shape(), block)
	in, scale := threeAxes(x.Shape()[2:], 1), threeAxes(op.Scale, 1)
	c.emit(&step{kernel: "upsample", reads: []*buffer{b}, writes: []*buffer{y}, run: func() error {
		onednn.Upsample(planes, in, scale, block, b.pointer(), y.pointer())
		return nil
	}})
	return nil
}

// softmax lowers the softmax along an axis, or its logarithm.
func (c *compiler) softmax(n *nn.Node, axis int, logarithm bool) error {
	x, err := c.plain(nn.Operands(n)[0])
	if err != nil {
		return err
	}
	y, shape := c.produce(n, describe(n)), n.Shape()
	inner := strides(shape)[axis]
	outer := shape.TotalSize() / (shape[axis] * inner)
	c.emit(&step{kernel: "softmax", reads: []*buffer{x}, writes: []*buffer{y}, run: func() error {
		onednn.Softmax(x.pointer(), outer, shape[axis], inner, logarithm, y.pointer())
		return nil
	}})
	return nil
}
