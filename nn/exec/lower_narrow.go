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

// narrowConvolution computes n from x, w and, unless nil, a bias.
func (c *compiler) narrowConvolution(n, x, w *nn.Node, bias *buffer, s onednn.Narrow, flops float64) error {
	weights, err := c.plain(w)
	if err != nil {
		return err
	}
	reads := []*buffer{weights}
	if bias != nil {
		reads = append(reads, bias)
	}
	if b, ok := c.unnormalized[x]; ok {
		out := c.produce(n, describe(n))
		c.emit(&step{
			kernel: "narrow convolution behind batch norm" + b.f.name, flops: flops,
			reads: append(reads, b.buffers()...), writes: []*buffer{out},
			run: func() error {
				onednn.NarrowForwardNormalized(s, b.x.pointer(), b.normalization(), weights.pointer(), pointerOrNil(bias), out.pointer())
				return nil
			},
		})
		return nil
	}
	from, err := c.as(x, onednn.Blocked(s.Block, x.Shape()...))
	if err != nil {
		return err
	}
	out := c.produce(n, describe(n))
	c.emit(&step{kernel: "narrow convolution", flops: flops, reads: append(reads, from), writes: []*buffer{out}, run: func() error {
		onednn.NarrowForward(s, from.pointer(), weights.pointer(), pointerOrNil(bias), out.pointer())
		return nil
	}})
	return nil
}

// unnormalized is a batch normalization, with its activation, that has not been computed.
type unnormalized struct {
	x, mean, variance *buffer
	affine            []*buffer // scale and, unless missing, offset
	eps               float64
	f                 fusion
}

func (u *unnormalized) buffers() []*buffer {
	return append([]*buffer{u.x, u.mean, u.variance}, u.affine...)
}

func (u *unnormalized) normalization() onednn.Normalization {
	return onednn.Normalization{Mean: u.mean.pointer(), Variance: u.variance.pointer(), Gamma: u.affine[0].pointer(),
		Beta: pointerOf(u.affine, 1), Eps: u.eps, Activation: u.f.act, Alpha: u.f.alpha}
}

// normalizesItself reports whether n, a normalized value of x's layout, has one reader and that is a narrow convolution, which
// normalizes what it reads: 512 samples of 32×64×64 pass through memory once less.
func (c *compiler) normalizesItself(n *nn.Node, x *buffer) bool {
	user := c.soleUser(n)
	if user == nil {
		return false
	}
	op, ok := user.Op().(*nn.ConvOp)
	if !ok || nn.Operands(user)[0] != n || nn.Operands(user)[1] == n {
		return false
	}
	s, ok := c.narrowOf(op.Geometry, n, nn.Operands(user)[1])
	return ok && x.desc.Equal(onednn.Blocked(s.Block, n.Shape()...))
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
	from, err := c.as(x, onednn.Blocked(s.Block, x.Shape()...))
	if err != nil {
		return err
	}
	upstream, err := c.plain(y)
	if err != nil {
		return err
	}
	out, scratch := c.produce(n, describe(n)), c.fresh(onednn.Dense(2*onednn.NarrowScratch(s)))
	c.emit(&step{
		kernel: "narrow weight gradient", flops: flops, reads: []*buffer{from, upstream}, writes: []*buffer{out, scratch},
		run: func() error {
			onednn.NarrowBackwardWeights(s, from.pointer(), upstream.pointer(), scratch.pointer(), out.pointer())
			return nil
		},
	})
	return nil
}
