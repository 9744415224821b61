package exec

import (
	"unsafe"

	"videogan/nn"
	"videogan/nn/onednn"
)

// Shares of a convolution's products beside padding up to which the kernels of Tiled, which compute no others, are faster than
// oneDNN's. Measured with oneDNN 2.6 on Zen 5 (AVX-512), float32, before → after:
//
//	weights  256 channels of 2×8×8 80 → 15 ms, of 4×8×8 45 → 19 ms, of 8×8 116 → 101 ms; 64 channels of 32×32 lose 6 %
//	others   256 channels of 2×8×8 20 → 11 ms, of 4×8×8 31 → 16 ms, of 8×8 106 → 91 ms; by x 128 channels of 16×16 gain nothing
//
// and restricted to AVX2, where a gradient by x in three dimensions always wins, since oneDNN's needs a fold:
//
//	weights  256 channels of 2×8×8 46 → 30 ms, of 4×8×8 43 → 31 ms, of 8×8 235 → 188 ms, 128 of 16×16 213 → 186 ms; 64 of 32×32 lose 3 %
//	forward  256 channels of 2×8×8 25 → 18 ms, of 4×8×8 38 → 26 ms, of 8×8 202 → 181 ms; 128 of 16×16 174 → 197 ms
//	by x     256 channels of 2×8×8 100 → 19 ms, of 4×8×8 73 → 27 ms, of 8×8 210 → 164 ms; 128 of 16×16 177 → 181 ms
//
// On AVX-512 in two dimensions they are faster forward whatever the share: 32 channels of 64×64 115 → 101 ms, of 16×16 2.6 → 1.5 ms.
// In bfloat16 oneDNN's weight gradients transpose their operands first, and always lose: 64 channels of 16×32×32 73 → 45 ms.
const (
	insideForWeights = 0.94 // along time and height: the tiles hold whole rows
	insideForOthers  = 0.78
	insideInBF16     = 0.6 // by x in three dimensions: 256 channels of 4×8×8 13 → 9 ms; 128 of 8×16×16 22 → 25
)

// fewestSamples of which tiles of a convolution's results are worth it: weights are then read seldom enough. On Zen 5, four samples of
// 256 channels of 4×8×8 8.5 → 5.2 ms forward and 7.6 → 5.5 by x; two 4.2 → 6.8 and 4.4 → 6.4.
const fewestSamples = 4

// describeTiled is a convolution between x and y as the kernels of Tiled take it. Their tiles fill the registers of AVX-512, or of AVX2;
// ok is false on others, and where there are no two or three axes.
func (c *compiler) describeTiled(g nn.Geometry, x, w, y *nn.Node) (t onednn.Tiled, ok bool) {
	shape, missing := x.Shape(), 3-len(g.Kernel)
	if c.dev.tile == 0 || missing < 0 || missing > 1 {
		return t, false
	}
	t = onednn.Tiled{Block: c.dev.tile, Samples: shape[0], Channels: shape[1], Outputs: w.Shape()[0]}
	for i := range 3 {
		t.X[i], t.Y[i], t.Kernel[i], t.Stride[i] = 1, 1, 1, 1
		if axis := i - missing; axis >= 0 {
			t.X[i], t.Y[i] = shape[2+axis], y.Shape()[2+axis]
			t.Kernel[i], t.Stride[i], t.Pad[i] = g.Kernel[axis], g.Stride[axis], g.Pad[axis]
		}
	}
	return t, true
}

// tiledOf describes a convolution to the kernels of Tiled; ok is false where others are faster.
func (c *compiler) tiledOf(g nn.Geometry, x, w, y *nn.Node, d onednn.Direction) (t onednn.Tiled, ok bool) {
	if t, ok = c.describeTiled(g, x, w, y); !ok || !t.Fits(d) {
		return t, false
	}
	missing := 3 - len(g.Kernel)
	avx2, inside := t.Block == 8, t.Inside()
	switch all := inside[0] * inside[1] * inside[2]; {
	case d == onednn.BackwardWeights:
		tasks := t.Channels / 16 * t.Outputs / (2 * t.Block)
		return t, tasks >= c.dev.threads && (c.dev.bf16 || inside[0]*inside[1] <= insideForWeights)
	case t.Samples < fewestSamples:
		return t, false
	case avx2 && d == onednn.BackwardData && missing == 0:
		return t, true
	case !avx2 && d == onednn.Forward && missing == 1: // in bfloat16 256 channels of 8×8 48 → 50 ms
		return t, !c.dev.bf16
	case c.dev.bf16 && d == onednn.BackwardData && missing == 0:
		return t, all <= insideInBF16
	default:
		return t, all <= insideForOthers
	}
}

// tiledWeightGradient computes n, a convolution's gradient by its weight.
func (c *compiler) tiledWeightGradient(n, x, y *nn.Node, t onednn.Tiled, flops float64) error {
	size, multiply := t.Scratch, t.Weights
	if c.dev.bf16 {
		size, multiply = t.ScratchBF16, t.WeightsBF16
	}
	return c.weightGradient("tiled weight gradient", n, x, y, size(onednn.BackwardWeights, c.dev.threads), multiply, flops)
}

// weightGradient computes n, a convolution's gradient by its weight, with a kernel of ours that takes x and y in tiles, leaves n plain
// and needs so many bytes beside it.
func (c *compiler) weightGradient(kernel string, n, x, y *nn.Node, bytes int, multiply func(x, y unsafe.Pointer, threads int, scratch, gw unsafe.Pointer), flops float64) error {
	wide, err := c.as(x, c.tile(x))
	if err != nil {
		return err
	}
	upstream, err := c.as(y, c.tile(y))
	if err != nil {
		return err
	}
	threads, out, scratch := c.dev.threads, c.produce(n, describe(n)), c.fresh(onednn.Dense(bytes/4))
	c.emit(&step{kernel: kernel, flops: flops, reads: []*buffer{wide, upstream}, writes: []*buffer{scratch, out}, run: func() error {
		multiply(wide.pointer(), upstream.pointer(), threads, scratch.pointer(), out.pointer())
		return nil
	}})
	return nil
}

// tiledConvolution computes f's result, a convolution or, backward, its gradient by the input, from the operand on the other side. A
// nil bias adds nothing.
func (c *compiler) tiledConvolution(d onednn.Direction, from, w *nn.Node, bias *buffer, f fusion, t onednn.Tiled, flops float64) error {
	size, multiply := t.Scratch, t.Multiply
	if c.dev.bf16 {
		size, multiply = t.ScratchBF16, t.MultiplyBF16
	}
	operand, err := c.as(from, c.tile(from))
	if err != nil {
		return err
	}
	weights, err := c.as(w, onednn.BlockedWeights(d, t.Block, c.dev.bf16, w.Shape()...))
	if err != nil {
		return err
	}
	kernel := "tiled convolution"
	if d == onednn.BackwardData {
		kernel = "tiled transposed convolution"
	}
	c.multiply(kernel, d, operand, weights, bias, f, t.Meetings(d), size(d, c.dev.threads), multiply, flops)
	return nil
}

// multiplication is how the kernels of Tiled and Winograd compute a convolution.
type multiplication = func(d onednn.Direction, m onednn.Meetings, from, weights, bias unsafe.Pointer, act onednn.Activation, alpha float64,
	threads int, scratch, to unsafe.Pointer)

// multiply computes f's result with a kernel of ours, which needs so many bytes beside it and also writes some buffers. A nil bias adds
// nothing.
func (c *compiler) multiply(kernel string, d onednn.Direction, operand, weights, bias *buffer, f fusion, m onednn.Meetings, bytes int, run multiplication, flops float64, also ...*buffer) {
	c.done[f.result] = true
	threads, out, scratch := c.dev.threads, c.produce(f.result, c.tile(f.result)), c.fresh(onednn.Dense(bytes/4))
	m.Pin(c.pin)
	reads := []*buffer{operand, weights}
	if bias != nil {
		kernel, reads = kernel+"+bias", append(reads, bias)
	}
	c.emit(&step{kernel: kernel + f.name, flops: flops, reads: reads, writes: append(also, scratch, out), run: func() error {
		run(d, m, operand.pointer(), weights.pointer(), pointerOrNil(bias), f.act, f.alpha, threads, scratch.pointer(), out.pointer())
		return nil
	}})
}

// tile is the layout of n that the kernels of Tiled take.
func (c *compiler) tile(n *nn.Node) onednn.Descriptor {
	d := onednn.Blocked(c.dev.tile, n.Shape()...)
	if c.dev.bf16 {
		return d.BF16()
	}
	return d
}

// tileable reports whether n may live in the layout of tile.
func (c *compiler) tileable(n *nn.Node) bool { return !c.dev.bf16 || c.half(n) }
