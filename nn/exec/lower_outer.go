package exec

import (
	"videogan/nn"
	"videogan/nn/onednn"
)

// mostVisited is the largest share of a convolution's products beside padding at which outer products give the weight gradient
// in float32 sooner than oneDNN's kernels, which compute them all. Measured with oneDNN 2.6 on Zen 5 (AVX-512): 256 channels
// of 2×8×8 80 → 15 ms, of 4×8×8 45 → 19 ms; of 8×8 116 → 101 ms; 64 channels of 32×32 lose 6 %.
const mostVisited = 0.92

// outerProductsOf is the weight gradient of a convolution of x as sums of outer products; ok is false where another kernel is
// faster. In bfloat16 oneDNN's kernels, which transpose their operands first, always are slower: 64 channels of 16×32×32 73 →
// 45 ms. The tile of sums fills the registers of AVX-512 and no other.
func (c *compiler) outerProductsOf(g nn.Geometry, x, w, y *nn.Node) (o onednn.OuterProducts, ok bool) {
	shape, missing := x.Shape(), 3-len(g.Kernel)
	if !c.dev.avx512 || missing < 0 {
		return o, false
	}
	o = onednn.OuterProducts{Samples: shape[0], Channels: shape[1], Outputs: w.Shape()[0]}
	for i := range 3 {
		o.X[i], o.Y[i], o.Kernel[i], o.Stride[i] = 1, 1, 1, 1
		if axis := i - missing; axis >= 0 {
			o.X[i], o.Y[i] = shape[2+axis], y.Shape()[2+axis]
			o.Kernel[i], o.Stride[i], o.Pad[i] = g.Kernel[axis], g.Stride[axis], g.Pad[axis]
		}
	}
	return o, o.Fits() && (c.dev.bf16 || o.Visited() <= mostVisited)
}

// outerProducts computes n, a convolution's gradient by its weight.
func (c *compiler) outerProducts(n, x, y *nn.Node, o onednn.OuterProducts, flops float64) error {
	threads := c.dev.threads
	size, multiply := o.Scratch, o.Weights
	layout := func(n *nn.Node) onednn.Descriptor { return onednn.Blocked(16, n.Shape()...) }
	if c.dev.bf16 {
		size, multiply = o.ScratchBF16, o.WeightsBF16
		layout = func(n *nn.Node) onednn.Descriptor { return onednn.Blocked(16, n.Shape()...).BF16() }
	}
	wide, err := c.as(x, layout(x))
	if err != nil {
		return err
	}
	upstream, err := c.as(y, layout(y))
	if err != nil {
		return err
	}
	scratch, out := c.fresh(onednn.Dense(size(threads)/4)), c.produce(n, describe(n))
	c.emit(&step{
		kernel: "weight gradient, outer products", flops: flops, reads: []*buffer{wide, upstream}, writes: []*buffer{scratch, out},
		run: func() error {
			multiply(wide.pointer(), upstream.pointer(), threads, scratch.pointer(), out.pointer())
			return nil
		},
	})
	return nil
}
