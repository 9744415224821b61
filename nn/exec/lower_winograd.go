package exec

import (
	"unsafe"

	"videogan/nn"
	"videogan/nn/onednn"
)

// weightsFor are weights for the convolutions of a direction.
type weightsFor struct {
	node      *nn.Node
	direction onednn.Direction
}

// Positions of the result, of each class that meets the same taps, from which on Winograd's products are worth their weights, 2.25 times
// as many as there were. Measured on Zen 5 (two threads of a shared host, float32, medians of 3 means of 5; weights, which take 0.4 to
// 1.6 ms, not counted):
//
//	forward  128 channels of 8×16×16 37 → 28 ms, 256 positions of them 11.4 → 7.9, 64 images of 128 channels of 8×8 10.4 → 8.8
//	by x     128 channels of 8×16×16 38 → 31 ms, 256 positions of them 12.3 → 8.4, 64 images of 128 channels of 8×8 10.6 → 9.2
//	weights  128 channels of 8×16×16 38 → 28 ms, 128 positions of them 5.1 → 4.0, and of 256 channels of 4×8×8 18.8 → 15.0
//	lost     256 channels of 4×8×8, 128 positions: forward 15.0 → 18.4 ms, by x 17.5 → 19.4
//
// and restricted to AVX2:
//
//	forward  128 channels of 8×16×16 74 → 59 ms, 256 positions of them 21.7 → 15.1; 128 positions of 256 of 4×8×8 31.1 → 32.2
//	by x     64 channels of 16×32×32 188 → 144 ms; 128 of 8×16×16, 1024 positions, 76 → 83 ms
//	weights  128 positions of 256 channels of 4×8×8 38.4 → 35.5 ms; 64 positions of 256 of 2×8×8 15.8 → 17.1
const (
	fewestPositions           = 256
	fewestPositionsForWeights = 128
	fewestPositionsByXOnAVX2  = 2048
)

// fewestTiles is the number of tiles of four results that are put side by side from which on a convolution also takes the statistics
// of its batch. On Zen 5, 512 images: 32 channels of 64×64 save 6 ms and cost 0.5, 128 of 16×16 save 2 and cost 1, 256 of 8×8 save 1
// and cost 3.
const fewestTiles = 64

// tilesOf counts the tiles along height and width; by x those of one class.
func tilesOf(v onednn.Winograd, d onednn.Direction) int {
	if d == onednn.BackwardData {
		return v.X[1] / 4 * (v.X[2] / 4)
	}
	return v.Y[1] / 2 * (v.Y[2] / 2)
}

// winogradOf is a convolution between x and y for the kernels of Winograd; ok is false where others are faster. In bfloat16 differences
// of operands would be rounded once more.
func (c *compiler) winogradOf(g nn.Geometry, x, w, y *nn.Node, d onednn.Direction) (v onednn.Winograd, ok bool) {
	t, ok := c.describeTiled(g, x, w, y)
	v = onednn.Winograd{Tiled: t}
	if !ok || c.dev.bf16 || !v.Fits(d) {
		return v, false
	}
	fewest := fewestPositions
	switch {
	case d == onednn.BackwardWeights:
		fewest = fewestPositionsForWeights
	case d == onednn.BackwardData && t.Block == 8:
		fewest = fewestPositionsByXOnAVX2
	}
	return v, t.Samples*t.Y[0]*t.Y[1]/2*t.Y[2]/2 >= fewest
}

// winogradConvolution computes f's result, a convolution or, backward, its gradient by the input, from the operand on the other side. A
// nil bias adds nothing.
func (c *compiler) winogradConvolution(d onednn.Direction, from, w *nn.Node, bias *buffer, f fusion, v onednn.Winograd, flops float64) error {
	operand, err := c.as(from, c.tile(from))
	if err != nil {
		return err
	}
	weights, err := c.winogradWeights(d, w, v)
	if err != nil {
		return err
	}
	kernel := "Winograd convolution"
	if d == onednn.BackwardData {
		kernel = "Winograd transposed convolution"
	}
	threads, run := c.dev.threads, v.Multiply
	var also []*buffer
	if f.act == onednn.ActNone && tilesOf(v, d) >= fewestTiles && c.wantsStatistics(f.result) {
		moments, s := c.fresh(onednn.Dense(v.Moments(d, threads)/4)), c.newStatistics(f.result)
		kernel, also = kernel+"+statistics", []*buffer{moments, s.both}
		run = func(d onednn.Direction, m onednn.Meetings, from, weights, bias unsafe.Pointer, _ onednn.Activation, _ float64, threads int, scratch, to unsafe.Pointer) {
			v.MultiplyWithStatistics(d, m, from, weights, bias, threads, scratch, to,
				onednn.Statistics{Moments: moments.pointer(), Mean: s.mean.pointer(), Variance: s.variance.pointer()})
		}
	}
	c.multiply(kernel, d, operand, weights, bias, f, v.Meetings(d), v.Scratch(d, threads), run, flops, also...)
	return nil
}

// winogradWeights is w as Winograd's products take it, shared by all convolutions of a direction.
func (c *compiler) winogradWeights(d onednn.Direction, w *nn.Node, v onednn.Winograd) (*buffer, error) {
	key := weightsFor{w, d}
	if b := c.winograd[key]; b != nil {
		return b, nil
	}
	plain, err := c.plain(w)
	if err != nil {
		return nil, err
	}
	b := c.fresh(onednn.Dense(v.WeightNumbers(d)))
	c.winograd[key] = b
	c.emit(&step{kernel: "transform weights", reads: []*buffer{plain}, writes: []*buffer{b}, run: func() error {
		v.Transform(d, plain.pointer(), b.pointer())
		return nil
	}})
	return b, nil
}
