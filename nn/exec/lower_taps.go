package exec

import (
	"videogan/nn"
	"videogan/nn/onednn"
)

// smallMap is the most positions of y at which a product a tap gives the weight gradient
// sooner than oneDNN's convolution, which also visits the taps on padding: at 2×4×4
// positions more than half of all. Measured with oneDNN 2.6 on Zen 3 (AVX2), 256 channels to
// 512: 131 GFLOP/s, the convolution 63; from 4×8×8 positions on it is the convolution that is faster.
const smallMap = 32

// tapProducts is the weight gradient of a folded convolution as a matrix product a tap; ok
// is false where the fold's own kernel is the faster one.
func (c *compiler) tapProducts(f onednn.Fold, g nn.Geometry, w, y *nn.Node) (t onednn.TapProducts, ok bool) {
	outputs := w.Shape()[0]
	if c.dev.avx512 || len(f.Sizes) != 3 || f.Channels%8 != 0 || outputs%8 != 0 ||
		y.Shape()[2:].TotalSize() > smallMap {
		return t, false
	}
	t = onednn.TapProducts{Samples: f.Samples, Channels: f.Channels * f.Parities(), Outputs: outputs,
		Size: [3]int(y.Shape()[2:]), Taps: [3]int(f.Kernel(g.Kernel))}
	for i, strided := range f.Strided {
		if !strided && (g.Kernel[i] != 1 || g.Pad[i] != 0) {
			return t, false
		}
	}
	return t, true
}

// tapWeightGradient computes n, a convolution's gradient by its weight.
func (c *compiler) tapWeightGradient(n, x, y *nn.Node, f onednn.Fold, g nn.Geometry, t onednn.TapProducts, flops float64) error {
	deep, err := c.foldedInput(x, f, channelsLast(t.Samples, t.Channels, f.DeepSizes()...))
	if err != nil {
		return err
	}
	upstream, err := c.lastChannels(y)
	if err != nil {
		return err
	}
	byTap, scratch := c.fresh(onednn.Dense(n.Shape().TotalSize())), c.fresh(onednn.Dense(t.WeightScratch()))
	c.emit(&step{
		kernel: "weight gradient, product a tap", flops: flops, reads: []*buffer{deep, upstream}, writes: []*buffer{byTap, scratch},
		run: func() error {
			onednn.TapWeights(t, deep.pointer(), upstream.pointer(), scratch.pointer(), byTap.pointer())
			return nil
		},
	})
	out, table := c.produce(n, describe(n)), f.Taps(g.Kernel)
	c.emit(&step{kernel: "weights from taps", reads: []*buffer{byTap}, writes: []*buffer{out}, run: func() error {
		onednn.WeightsFromTaps(t, byTap.pointer(), table, out.pointer())
		return nil
	}})
	return nil
}

// lastChannels is n with its channels, a multiple of 8, behind the positions.
func (c *compiler) lastChannels(n *nn.Node) (*buffer, error) {
	shape := n.Shape()
	want := channelsLast(shape[0], shape[1], shape[2:]...)
	from := c.home(n)
	for _, b := range c.values[n] {
		if b.desc.Equal(want) {
			return b, nil
		}
	}
	l, ok := from.desc.Channels()
	if !ok || l.B == 1 || shape[1]%l.B != 0 {
		return c.as(n, want)
	}
	to := c.produce(n, want)
	c.emit(&step{kernel: "channels last " + want.String(), reads: []*buffer{from}, writes: []*buffer{to}, run: func() error {
		onednn.ChannelsLast(from.pointer(), l.N, l.C, l.S, l.B, to.pointer())
		return nil
	}})
	return to, nil
}

// channelsLast describes a tensor N×C×sizes whose channels lie behind the positions.
func channelsLast(samples, channels int, sizes ...int) onednn.Descriptor {
	shape := append([]int{samples, channels}, sizes...)
	strides := make([]int, len(shape))
	strides[1] = 1
	n := channels
	for i := len(shape) - 1; i > 1; i-- {
		strides[i] = n
		n *= shape[i]
	}
	strides[0] = n
	return onednn.Strided(shape, strides)
}
