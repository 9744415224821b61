package exec

import (
	"slices"

	"videogan/nn"
	"videogan/nn/onednn"
)

// narrowOf is the convolution of x with few output channels as the kernels for
// such take it; ok is false for any other. Measured on Zen 3 (AVX2), 16 channels of
// 32×32 to 1: forward 5 times, gradients 2 to 3 times as fast as oneDNN's kernels, which
// fill vectors with output channels.
func (c *compiler) narrowOf(g nn.Geometry, x, w *nn.Node) (s onednn.Narrow, ok bool) {
	shape := x.Shape()
	if len(shape) != 4 || !slices.Equal(g.Kernel, []int{3, 3}) ||
		slices.Max(g.Stride) != 1 || slices.Min(g.Pad) != 1 || slices.Max(g.Pad) != 1 {
		return s, false
	}
	s = onednn.Narrow{Samples: shape[0], Channels: shape[1], Height: shape[2], Width: shape[3], Block: 8, Outputs: w.Shape()[0]}
	if c.dev.avx512 && s.Channels%16 == 0 {
		s.Block = 16
	}
	return s, s.Fits()
}

// unnormalized is a batch normalization that no kernel of its own computes.
type unnormalized struct {
	x    *buffer
	norm *normalization
	name string // of the activation, to add to a kernel's
}

// narrowOperand is x for a narrow kernel, and what that has to make of it; how is to be added to the kernel's name.
func (c *compiler) narrowOperand(x *nn.Node, s onednn.Narrow) (from *buffer, reads []*buffer, norm func() onednn.Normalization, how string, err error) {
	if u, ok := c.unnormalized[x]; ok {
		return u.x, append(u.norm.buffers(), u.x), u.norm.pointers, " behind batch norm" + u.name, nil
	}
	from, err = c.as(x, onednn.Blocked(s.Block, x.Shape()...))
	return from, []*buffer{from}, func() onednn.Normalization { return onednn.Normalization{} }, "", err
}

// leftToNarrow reports whether n, a normalized value of x's layout, is read by a narrow convolution and its weight gradient alone, which
// normalize what they read: 512 samples of 32×64×64 pass through memory once less.
func (c *compiler) leftToNarrow(n *nn.Node, x *buffer) bool {
	if c.wanted[n] {
		return false
	}
	for _, user := range c.uses[n] {
		in := nn.Operands(user)
		var s onednn.Narrow
		ok := false
		switch op := user.Op().(type) {
		case *nn.ConvOp:
			s, ok = c.narrowOf(op.Geometry, n, in[1])
			ok = ok && in[1] != n
		case *nn.ConvWeightOp:
			s, ok = c.narrowOf(op.Geometry, n, user)
			ok = ok && in[1] != n
		case *nn.UnaryGradOp:
			if in[1] == n || !c.deferred(user) {
				return false
			}
			continue // takes the slope from x
		}
		if !ok || in[0] != n || !x.desc.Equal(onednn.Blocked(s.Block, n.Shape()...)) {
			return false
		}
	}
	return true
}

// narrowConvolution computes n from x, w and, unless nil, a bias.
func (c *compiler) narrowConvolution(n, x, w *nn.Node, bias *buffer, s onednn.Narrow, flops float64) error {
	from, reads, norm, how, err := c.narrowOperand(x, s)
	if err != nil {
		return err
	}
	weights, err := c.plain(w)
	if err != nil {
		return err
	}
	reads = append(reads, weights)
	if bias != nil {
		reads = append(reads, bias)
	}
	out := c.produce(n, describe(n))
	c.emit(&step{kernel: "narrow convolution" + how, flops: flops, reads: reads, writes: []*buffer{out}, run: func() error {
		onednn.NarrowForward(s, from.pointer(), norm(), weights.pointer(), pointerOrNil(bias), out.pointer())
		return nil
	}})
	return nil
}

// narrowTranspose computes n, a convolution's gradient by its input.
func (c *compiler) narrowTranspose(n, w, y *nn.Node, s onednn.Narrow, flops float64) error {
	in, err := c.plains([]*nn.Node{y, w})
	if err != nil {
		return err
	}
	out := c.produce(n, onednn.Blocked(s.Block, n.Shape()...))
	c.emit(&step{kernel: "narrow transposed convolution", flops: flops, reads: in, writes: []*buffer{out}, run: func() error {
		onednn.NarrowBackwardData(s, in[0].pointer(), in[1].pointer(), out.pointer())
		return nil
	}})
	return nil
}

// narrowWeightGradient computes n, a convolution's gradient by its weight.
func (c *compiler) narrowWeightGradient(n, x, y *nn.Node, s onednn.Narrow, flops float64) error {
	from, reads, norm, how, err := c.narrowOperand(x, s)
	if err != nil {
		return err
	}
	upstream, err := c.plain(y)
	if err != nil {
		return err
	}
	out, scratch := c.produce(n, describe(n)), c.fresh(onednn.Dense(2*onednn.NarrowScratch(s)))
	c.emit(&step{
		kernel: "narrow weight gradient" + how, flops: flops, reads: append(reads, upstream), writes: []*buffer{out, scratch},
		run: func() error {
			onednn.NarrowBackwardWeights(s, from.pointer(), norm(), upstream.pointer(), scratch.pointer(), out.pointer())
			return nil
		},
	})
	return nil
}
