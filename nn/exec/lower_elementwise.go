package exec

import (
	"unsafe"

	"videogan/nn"
	"videogan/nn/onednn"
)

// activationOf is the activation as the fused kernels know it, or ActNone: also
// for tanh, for which a pass of its own is cheaper.
func activationOf(f nn.UnaryFunc) onednn.Activation {
	switch f {
	case nn.ReLU:
		return onednn.ActReLU
	case nn.LeakyReLU:
		return onednn.ActLeakyReLU
	default:
		return onednn.ActNone
	}
}

// fusion is what a kernel computes together with an activation that alone uses
// its result: the node that it then stands for, which is the kernel's own where
// nothing fuses.
type fusion struct {
	result *nn.Node
	act    onednn.Activation
	alpha  float64
	name   string // to add to the kernel's
}

func (c *compiler) fusion(n *nn.Node) fusion {
	if user := c.soleUser(n); user != nil {
		if u, ok := user.Op().(*nn.UnaryOp); ok && activationOf(u.Func) != onednn.ActNone {
			return fusion{user, activationOf(u.Func), u.Alpha, "+" + u.Func.String()}
		}
	}
	return fusion{result: n, act: onednn.ActNone}
}

var unaryKernels = map[nn.UnaryFunc]onednn.UnaryFunc{
	nn.ReLU: onednn.UnaryReLU, nn.LeakyReLU: onednn.UnaryLeakyReLU, nn.Tanh: onednn.UnaryTanh,
	nn.Sigmoid: onednn.UnarySigmoid, nn.Softplus: onednn.UnarySoftplus, nn.Exp: onednn.UnaryExp,
	nn.Log: onednn.UnaryLog, nn.Sqrt: onednn.UnarySqrt, nn.Abs: onednn.UnaryAbs, nn.Sign: onednn.UnarySign,
	nn.Pow: onednn.UnaryPow, nn.Scale: onednn.UnaryScale, nn.Shift: onednn.UnaryShift,
}

// keepsZero reports whether f(0) = 0, so that padding stays zero.
func keepsZero(op *nn.UnaryOp) bool {
	switch op.Func {
	case nn.Sigmoid, nn.Softplus, nn.Exp, nn.Log:
		return false
	case nn.Shift:
		return op.Alpha == 0
	case nn.Pow:
		return op.Alpha > 0
	default:
		return true
	}
}

// dense is n in a layout without gaps: its own, or plain; and always plain when
// padding must not be touched.
func (c *compiler) dense(n *nn.Node, padding bool) (*buffer, error) {
	b := c.home(n)
	if _, ok := b.desc.Channels(); ok && (padding || !b.desc.Padded()) {
		return b, nil
	}
	return c.plain(n)
}

func (c *compiler) unary(n *nn.Node, op *nn.UnaryOp) error {
	x, err := c.dense(nn.Operands(n)[0], keepsZero(op))
	if err != nil {
		return err
	}
	y := c.produce(n, x.desc)
	f, size := unaryKernels[op.Func], x.desc.Floats()
	c.emit(&step{kernel: op.Func.String(), reads: []*buffer{x}, writes: []*buffer{y}, reuse: []*buffer{x}, run: func() error {
		onednn.Unary(f, op.Alpha, x.pointer(), y.pointer(), size)
		return nil
	}})
	return nil
}

func (c *compiler) unaryGrad(n *nn.Node, op *nn.UnaryGradOp) error {
	if c.deferred(n) {
		return nil
	}
	in := nn.Operands(n)
	if y := c.origin(in[0]); y.desc.IsBF16() && activationOf(op.Func) != onednn.ActNone {
		return c.slope(n, op, y, in[1])
	}
	y, err := c.dense(in[0], true)
	if err != nil {
		return err
	}
	gy, err := c.as(in[1], y.desc)
	if err != nil {
		return err
	}
	gx := c.produce(n, y.desc)
	f, size := unaryKernels[op.Func], y.desc.Floats()
	c.emit(&step{
		kernel: op.Func.String() + " gradient", reads: []*buffer{y, gy}, writes: []*buffer{gx}, reuse: []*buffer{gy, y},
		run: func() error {
			onednn.UnaryGrad(f, op.Alpha, y.pointer(), gy.pointer(), gx.pointer(), size)
			return nil
		},
	})
	return nil
}

// slope is unaryGrad of a ReLU or leaky ReLU whose output y is bfloat16.
func (c *compiler) slope(n *nn.Node, op *nn.UnaryGradOp, y *buffer, upstream *nn.Node) error {
	gy, err := c.as(upstream, y.desc)
	if err != nil {
		return err
	}
	gx, act, size := c.produce(n, y.desc), activationOf(op.Func), y.desc.Elements()
	c.emit(&step{
		kernel: op.Func.String() + " gradient", reads: []*buffer{y, gy}, writes: []*buffer{gx}, reuse: []*buffer{gy, y},
		run: func() error {
			onednn.SlopeBF16(act, op.Alpha, y.pointer(), gy.pointer(), gx.pointer(), size)
			return nil
		},
	})
	return nil
}

// addBias adds one number a channel to the result of n, in place, together with
// an activation that alone uses it.
func (c *compiler) addBias(n, bias *nn.Node) error {
	x, l, err := c.channels(n)
	if err != nil {
		return err
	}
	b, err := c.plain(bias)
	if err != nil {
		return err
	}
	f := c.fusion(n)
	delete(c.values, n)
	c.done[f.result] = true
	y := c.produce(f.result, x.desc)
	c.emit(&step{kernel: "bias" + f.name, reads: []*buffer{x, b}, writes: []*buffer{y}, reuse: []*buffer{x}, run: func() error {
		onednn.BiasAct(x.pointer(), l, b.pointer(), f.act, f.alpha, y.pointer())
		return nil
	}})
	return nil
}

// strides are the distances between neighbours of a plain tensor.
func strides(shape []int) []int {
	v := make([]int, len(shape))
	for i, n := len(shape)-1, 1; i >= 0; i-- {
		v[i] = n
		n *= shape[i]
	}
	return v
}

// repeating are strides with 0 along the axes of size 1, which repeat.
func repeating(n *nn.Node) []int {
	v := strides(n.Shape())
	for i, size := range n.Shape() {
		if size == 1 {
			v[i] = 0
		}
	}
	return v
}

func pointerOf(list []*buffer, i int) unsafe.Pointer {
	if i < len(list) {
		return list[i].pointer()
	}
	return nil
}

func pointerOrNil(b *buffer) unsafe.Pointer {
	if b == nil {
		return nil
	}
	return b.pointer()
}
