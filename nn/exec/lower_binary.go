package exec

import (
	"slices"

	"videogan/nn"
	"videogan/nn/onednn"
)

var binaryKernels = map[nn.BinaryFunc]onednn.BinaryFunc{
	nn.Add: onednn.BinaryAdd, nn.Sub: onednn.BinarySub, nn.Mul: onednn.BinaryMul, nn.Div: onednn.BinaryDiv,
}

func (c *compiler) binary(n *nn.Node, op *nn.BinaryOp) error {
	if c.dotted(n) {
		return nil
	}
	if axis, parts, ok := c.joined(n); ok {
		return c.concat(n, axis, parts)
	}
	in := nn.Operands(n)
	a, b := c.narrow(in[0]), c.narrow(in[1])
	shape := n.Shape()
	fullA, fullB := slices.Equal(a.Shape(), shape), slices.Equal(b.Shape(), shape)
	blocked := func(x *nn.Node) bool { return !c.home(x).desc.IsPlain() }
	switch {
	case fullA && fullB && (blocked(a) || blocked(b)):
		return c.binaryEqual(n, op, a, b)
	case fullA && perChannel(b):
		return c.binaryChannel(n, op, a, b, false)
	case fullB && perChannel(a):
		return c.binaryChannel(n, op, b, a, true)
	case fullA && b.Shape().TotalSize() == 1 && blocked(a):
		return c.binaryScalar(n, op, a, b, false)
	case fullB && a.Shape().TotalSize() == 1 && blocked(b):
		return c.binaryScalar(n, op, b, a, true)
	default:
		return c.chain(n, op, a, b)
	}
}

// narrow looks through a broadcast that nobody has needed in full yet.
func (c *compiler) narrow(n *nn.Node) *nn.Node {
	if _, ok := n.Op().(*nn.BroadcastOp); ok && len(c.values[n]) == 0 {
		return nn.Operands(n)[0]
	}
	return n
}

// perChannel reports whether n is 1×C×1…: one number a channel.
func perChannel(n *nn.Node) bool {
	s := n.Shape()
	return len(s) >= 2 && s[1] > 1 && s.TotalSize() == s[1]
}

// alike are two tensors of one shape in one layout without gaps; padding as for dense.
func (c *compiler) alike(a, b *nn.Node, padding bool) (x, z *buffer, err error) {
	first := a
	if c.home(a).desc.IsPlain() && !c.home(b).desc.IsPlain() {
		first = b
	}
	base, err := c.dense(first, padding)
	if err != nil {
		return nil, nil, err
	}
	if x, err = c.as(a, base.desc); err != nil {
		return nil, nil, err
	}
	z, err = c.as(b, base.desc)
	return x, z, err
}

func (c *compiler) binaryEqual(n *nn.Node, op *nn.BinaryOp, a, b *nn.Node) error {
	x, z, err := c.alike(a, b, op.Func != nn.Div)
	if err != nil {
		return err
	}
	y := c.produce(n, x.desc)
	f, size := binaryKernels[op.Func], x.desc.Floats()
	c.emit(&step{kernel: op.Func.String(), reads: []*buffer{x, z}, writes: []*buffer{y}, reuse: []*buffer{x, z}, run: func() error {
		onednn.Binary(f, x.pointer(), z.pointer(), y.pointer(), size)
		return nil
	}})
	return nil
}

// binaryChannel combines x with one number a channel; swapped: the vector is
// the first operand.
func (c *compiler) binaryChannel(n *nn.Node, op *nn.BinaryOp, full, vector *nn.Node, swapped bool) error {
	x, l, err := c.channels(full)
	if err != nil {
		return err
	}
	v, err := c.plain(vector)
	if err != nil {
		return err
	}
	y, f := c.produce(n, x.desc), binaryKernels[op.Func]
	c.emit(&step{
		kernel: op.Func.String() + " per channel", reads: []*buffer{x, v}, writes: []*buffer{y}, reuse: []*buffer{x},
		run: func() error {
			onednn.ChannelBinary(f, x.pointer(), l, v.pointer(), swapped, y.pointer())
			return nil
		},
	})
	return nil
}

func (c *compiler) binaryScalar(n *nn.Node, op *nn.BinaryOp, full, one *nn.Node, swapped bool) error {
	x, err := c.dense(full, op.Func == nn.Mul || op.Func == nn.Div && !swapped)
	if err != nil {
		return err
	}
	v, err := c.plain(one)
	if err != nil {
		return err
	}
	y, f := c.produce(n, x.desc), binaryKernels[op.Func]
	sizes, each, none := []int{x.desc.Floats()}, []int{1}, []int{0}
	c.emit(&step{kernel: op.Func.String() + " scalar", reads: []*buffer{x, v}, writes: []*buffer{y}, reuse: []*buffer{x}, run: func() error {
		if swapped {
			onednn.BinaryStrided(f, sizes, none, each, v.pointer(), x.pointer(), y.pointer())
		} else {
			onednn.BinaryStrided(f, sizes, each, none, x.pointer(), v.pointer(), y.pointer())
		}
		return nil
	}})
	return nil
}
