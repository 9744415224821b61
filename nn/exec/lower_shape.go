package exec

import (
	"slices"
	"unsafe"

	"videogan/nn"
	"videogan/nn/onednn"
)

// overChannels reports whether a sum leaves one number a channel.
func overChannels(axes []int, x *nn.Node) bool {
	if len(x.Shape()) < 2 || len(axes) != len(x.Shape())-1 {
		return false
	}
	for _, a := range axes {
		if a == 1 {
			return false
		}
	}
	return true
}

func (c *compiler) sum(n *nn.Node, op *nn.SumOp) error {
	x := nn.Operands(n)[0]
	switch {
	case overChannels(op.Axes, x):
		return c.sumChannels(n, x)
	case c.dotted(x) && len(c.values[x]) == 0:
		return c.dot(n, x)
	case len(op.Axes) == len(x.Shape()):
		b, err := c.dense(x, true) // zeros in the padding add nothing
		if err != nil {
			return err
		}
		c.reduce(n, b, []int{b.desc.Floats()}, []bool{true})
		return nil
	}
	b, err := c.plain(x)
	if err != nil {
		return err
	}
	over := make([]bool, len(x.Shape()))
	for _, a := range op.Axes {
		over[a] = true
	}
	c.reduce(n, b, x.Shape(), over)
	return nil
}

// dotted reports whether n is a product of equals of which only the sum of all is wanted.
func (c *compiler) dotted(n *nn.Node) bool {
	op, ok := n.Op().(*nn.BinaryOp)
	user := c.soleUser(n)
	if !ok || op.Func != nn.Mul || user == nil {
		return false
	}
	sum, ok := user.Op().(*nn.SumOp)
	in := nn.Operands(n)
	return ok && len(sum.Axes) == len(n.Shape()) && slices.Equal(c.narrow(in[0]).Shape(), n.Shape()) && slices.Equal(c.narrow(in[1]).Shape(), n.Shape())
}

// dot sums a product that is not made before.
func (c *compiler) dot(n, product *nn.Node) error {
	in := nn.Operands(product)
	a, b, err := c.alike(in[0], in[1], true)
	if err != nil {
		return err
	}
	y, size := c.produce(n, describe(n)), a.desc.Floats()
	c.emit(&step{kernel: "sum of products", reads: []*buffer{a, b}, writes: []*buffer{y}, run: func() error {
		onednn.VectorProduct(a.pointer(), 1, size, false, b.pointer(), y.pointer())
		return nil
	}})
	return nil
}

func (c *compiler) reduce(n *nn.Node, x *buffer, sizes []int, over []bool) {
	y := c.produce(n, describe(n))
	c.emit(&step{kernel: "sum", reads: []*buffer{x}, writes: []*buffer{y}, run: func() error {
		onednn.Sum(sizes, over, x.pointer(), y.pointer())
		return nil
	}})
}

func (c *compiler) sumChannels(n, x *nn.Node) error {
	if from := c.normalized(x); from != nil { // its gradient sums hold this one
		for _, user := range c.uses[x] {
			eps, ok := epsOf(user)
			if !ok {
				continue
			}
			s, err := c.gradientSums(from, x, eps)
			if err != nil {
				return err
			}
			c.view(n, s.gy, describe(n))
			return nil
		}
	}
	b, l, err := c.channelsOrHalf(x)
	if err != nil {
		return err
	}
	y := c.produce(n, describe(n))
	sum := byType(b.desc, onednn.ChannelSum, onednn.ChannelSumBF16)
	c.emit(&step{kernel: "sum per channel", reads: []*buffer{b}, writes: []*buffer{y}, run: func() error {
		sum(b.pointer(), l, y.pointer())
		return nil
	}})
	return nil
}

func epsOf(n *nn.Node) (float64, bool) {
	switch op := n.Op().(type) {
	case *nn.BatchNormGradOp:
		return op.Eps, true
	case *nn.BatchNormGradScaleOp:
		return op.Eps, true
	default:
		return 0, false
	}
}

// materialize computes a broadcast in full. The element-wise kernels do without:
// they repeat an operand as they go.
func (c *compiler) materialize(n *nn.Node) error {
	x := nn.Operands(n)[0]
	b, err := c.plain(x)
	if err != nil {
		return err
	}
	y := c.produce(n, describe(n))
	shape, from := n.Shape(), repeating(x)
	c.emit(&step{kernel: "broadcast", reads: []*buffer{b}, writes: []*buffer{y}, run: func() error {
		onednn.Broadcast(shape, from, b.pointer(), y.pointer())
		return nil
	}})
	return nil
}

// reshape is another view of the plain tensor.
func (c *compiler) reshape(n *nn.Node) error {
	x, err := c.plain(nn.Operands(n)[0])
	if err != nil {
		return err
	}
	c.view(n, x, describe(n))
	return nil
}

// transpose is a view with the axes' strides exchanged; who needs another
// layout copies it.
func (c *compiler) transpose(n *nn.Node, op *nn.TransposeOp) error {
	x := nn.Operands(n)[0]
	b, err := c.plain(x)
	if err != nil {
		return err
	}
	from, to := strides(x.Shape()), make([]int, len(op.Perm))
	for i, axis := range op.Perm {
		to[i] = from[axis]
	}
	c.view(n, b, onednn.Strided(n.Shape(), to))
	return nil
}

// concat copies each part to its place.
func (c *compiler) concat(n *nn.Node, axis int, parts []*nn.Node) error {
	y := c.produce(n, describe(n))
	to, at := strides(n.Shape()), 0
	for _, x := range parts {
		b, err := c.plain(x)
		if err != nil {
			return err
		}
		c.copyStrided("concat", x.Shape(), b, strides(x.Shape()), 0, y, to, at*to[axis])
		at += x.Shape()[axis]
	}
	return nil
}

// joined are the two parts of which n is a concatenation where it adds tensors each of which lies in the other's
// padding, as the gradients of slices do.
func (c *compiler) joined(n *nn.Node) (axis int, parts []*nn.Node, ok bool) {
	if op, sum := n.Op().(*nn.BinaryOp); !sum || op.Func != nn.Add {
		return 0, nil, false
	}
	in := nn.Operands(n)
	for _, x := range in {
		pad, ok := x.Op().(*nn.PadOp)
		if !ok || c.soleUser(x) != n {
			return 0, nil, false
		}
		axis, parts = pad.Axis, append(parts, nn.Operands(x)[0])
	}
	first, second := in[0].Op().(*nn.PadOp), in[1].Op().(*nn.PadOp)
	if first.Before > 0 {
		first, second = second, first
		slices.Reverse(parts)
	}
	fit := first.Before == 0 && second.After == 0 && second.Before == parts[0].Shape()[axis]
	return axis, parts, fit && first.Axis == second.Axis
}

func (c *compiler) slice(n *nn.Node, op *nn.SliceOp) error {
	x := nn.Operands(n)[0]
	b, err := c.plain(x)
	if err != nil {
		return err
	}
	from := strides(x.Shape())
	c.copyStrided("slice", n.Shape(), b, from, op.From*from[op.Axis], c.produce(n, describe(n)), strides(n.Shape()), 0)
	return nil
}

func (c *compiler) pad(n *nn.Node, op *nn.PadOp) error {
	if user := c.soleUser(n); user != nil {
		if _, _, ok := c.joined(user); ok {
			return nil
		}
	}
	x := nn.Operands(n)[0]
	b, err := c.plain(x)
	if err != nil {
		return err
	}
	y := c.produce(n, describe(n))
	size := y.desc.Floats()
	c.emit(&step{kernel: "fill", writes: []*buffer{y}, run: func() error {
		onednn.Fill(y.pointer(), 0, size)
		return nil
	}})
	to := strides(n.Shape())
	c.copyStrided("pad", x.Shape(), b, strides(x.Shape()), 0, y, to, op.Before*to[op.Axis])
	return nil
}

// copyStrided copies a block of the given shape between two tensors, each from
// an offset in elements.
func (c *compiler) copyStrided(kernel string, shape []int, x *buffer, sx []int, ox int, y *buffer, sy []int, oy int) {
	c.emit(&step{kernel: kernel, reads: []*buffer{x}, writes: []*buffer{y}, run: func() error {
		onednn.CopyStrided(shape, sx, unsafe.Add(x.pointer(), 4*ox), sy, unsafe.Add(y.pointer(), 4*oy))
		return nil
	}})
}
