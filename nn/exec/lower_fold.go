package exec

import (
	"slices"

	"videogan/nn"
	"videogan/nn/onednn"
)

// foldOf is the fold that rids one of a convolution's maps over x of its stride;
// ok is false where it has none of 4 taps, stride 2 and pad 1, or where oneDNN
// 2.6 is faster with the stride.
//
// AVX2 (measured on Zen 3): in three dimensions the gradients fall back to matrix
// products over unrolled windows, 2 to 5 times slower than the fold; in two they
// do not. With few channels the fold fills the vectors on any CPU, where oneDNN has
// no kernels of their own: on AVX-512 for 1 and 3 channels, but for the gradient by x.
func (c *compiler) foldOf(g nn.Geometry, x *nn.Node, direction onednn.Direction) (f onednn.Fold, ok bool) {
	shape := x.Shape()
	f = onednn.Fold{Samples: shape[0], Channels: shape[1], Sizes: shape[2:], Strided: make([]bool, len(g.Kernel))}
	for i := range g.Kernel {
		f.Strided[i] = g.Kernel[i] == 4 && g.Stride[i] == 2 && g.Pad[i] == 1
		if !f.Strided[i] && g.Stride[i] != 1 {
			return f, false
		}
	}
	if !slices.Contains(f.Strided, true) {
		return f, false
	}
	switch few := f.Channels <= 4; {
	case !c.dev.avx512:
		return f, direction != onednn.Forward && (few || len(f.Sizes) == 3)
	case few:
		return f, direction == onednn.BackwardData || direction == onednn.BackwardWeights && f.Channels != 1 && f.Channels != 3
	case c.dev.bf16:
		return f, foldsInBF16(f, direction)
	default: // 256 channels of 8×8: 185 → 120 ms forward, 137 → 112 by x; 32 of 64×64 lose
		return f, direction != onednn.BackwardWeights && len(f.Sizes) == 2 && f.Channels >= 128
	}
}

// foldsInBF16 reports whether the fold is faster than oneDNN's kernels with the
// stride, as measured on Zen 5 (AVX-512 with bfloat16).
func foldsInBF16(f onednn.Fold, direction onednn.Direction) bool {
	switch {
	case len(f.Sizes) == 3 && f.Strided[0] && f.Sizes[0] == 4:
		return direction == onednn.BackwardData && f.Sizes[1]*f.Sizes[2] <= 8*8 && f.Channels >= 128 // 23 → 14 ms
	case len(f.Sizes) == 2:
		return direction == onednn.BackwardData && f.Channels >= 256 // 101 → 76 ms
	default:
		return false
	}
}

// folded is the convolution after the fold.
func folded(f onednn.Fold, direction onednn.Direction, g nn.Geometry, w, y *nn.Node) onednn.Convolution {
	rank := len(f.Sizes)
	conv := onednn.Convolution{Direction: direction, Strides: slices.Repeat([]int{1}, rank)}
	conv.PadLeft = slices.Clone(g.Pad)
	for i, s := range f.Strided {
		if s {
			conv.PadLeft[i] = 0
		}
	}
	conv.PadRight = conv.PadLeft
	channels := f.Channels * f.Parities()
	conv.X = onednn.Dense(append([]int{f.Samples, channels}, f.DeepSizes()...)...).Any()
	conv.Weights = onednn.Dense(append([]int{w.Shape()[0], channels}, f.Kernel(g.Kernel)...)...).Any()
	conv.Y = describe(y).Any()
	return conv
}

// foldedTranspose computes n, a convolution's gradient by its input, without stride.
func (c *compiler) foldedTranspose(n, w, y *nn.Node, f onednn.Fold, g nn.Geometry, flops float64) error {
	p, err := c.convolution(folded(f, onednn.BackwardData, g, w, y), false)
	if err != nil {
		return err
	}
	weights, err := c.foldedWeights(w, f, g, p)
	if err != nil {
		return err
	}
	upstream, arg, err := c.wants(p, y, []onednn.Argument{onednn.DiffDestination})
	if err != nil {
		return err
	}
	d, _ := p.Descriptor(onednn.DiffSource)
	deep := c.fresh(d)
	c.primitive("transposed convolution, folded", flops, p, operand{onednn.Weights, weights},
		operand{arg, upstream}, operand{onednn.DiffSource, deep})

	c.depthToSpace(n, deep, f)
	return nil
}

// depthToSpace produces n from its fold.
func (c *compiler) depthToSpace(n *nn.Node, deep *buffer, f onednn.Fold) {
	wide, bd := describe(n), blockOf(deep.desc)
	if f.Channels%bd == 0 {
		wide = onednn.Blocked(bd, n.Shape()...)
	}
	out, bx := c.produce(n, wide), blockOf(wide)
	c.emit(&step{kernel: "depth to space " + wide.String(), reads: []*buffer{deep}, writes: []*buffer{out}, run: func() error {
		onednn.DepthToSpace(f, bd, bx, deep.pointer(), out.pointer())
		return nil
	}})
}

// foldedWeightGradient computes n, a convolution's gradient by its weight,
// without stride.
func (c *compiler) foldedWeightGradient(n, x, y *nn.Node, f onednn.Fold, g nn.Geometry, flops float64) error {
	p, err := c.convolution(folded(f, onednn.BackwardWeights, g, n, y), false)
	if err != nil {
		return err
	}
	d, _ := p.Descriptor(onednn.Source)
	deep, err := c.foldedInput(x, f, d)
	if err != nil {
		return err
	}
	upstream, arg, err := c.wants(p, y, []onednn.Argument{onednn.DiffDestination})
	if err != nil {
		return err
	}
	d, _ = p.Descriptor(onednn.DiffWeights)
	gradient := c.fresh(d)
	c.primitive("convolution weight gradient, folded", flops, p, operand{onednn.Source, deep},
		operand{arg, upstream}, operand{onednn.DiffWeights, gradient})

	plain := gradient
	if !d.IsPlain() {
		plain = c.fresh(d.Plain())
		if err := c.reorder(gradient, plain); err != nil {
			return err
		}
	}
	out, rows, table := c.produce(n, describe(n)), n.Shape()[0], f.Taps(g.Kernel)
	c.pin.Pin(&table[0])
	c.emit(&step{kernel: "unfold weights", reads: []*buffer{plain}, writes: []*buffer{out}, run: func() error {
		onednn.ScatterRows(plain.pointer(), rows, table, out.pointer())
		return nil
	}})
	return nil
}

// foldedInput is x after the fold in the layout d, shared by all who ask.
func (c *compiler) foldedInput(x *nn.Node, f onednn.Fold, d onednn.Descriptor) (*buffer, error) {
	for _, b := range c.folds[x] {
		if b.desc.Equal(d) {
			return b, nil
		}
	}
	if wide := c.origin(x); d.IsBF16() && wide.desc.IsBF16() && blockOf(wide.desc) == 16 && blockOf(d) == 16 && f.Channels%16 == 0 {
		deep, pairs := c.fresh(d), f
		pairs.Channels /= 2 // two bfloat16 move as one float32
		c.folds[x] = append(c.folds[x], deep)
		c.emit(&step{kernel: "space to depth " + d.String(), reads: []*buffer{wide}, writes: []*buffer{deep}, run: func() error {
			onednn.SpaceToDepth(pairs, 8, 8, wide.pointer(), deep.pointer())
			return nil
		}})
		return deep, nil
	}
	if d.IsBF16() {
		deep, err := c.foldedInput(x, f, d.Float32())
		if err != nil {
			return nil, err
		}
		result := c.fresh(d)
		c.folds[x] = append(c.folds[x], result)
		return result, c.reorder(deep, result)
	}
	wide := c.home(x)
	if _, ok := wide.desc.Channels(); !ok {
		var err error
		if wide, err = c.plain(x); err != nil {
			return nil, err
		}
	}
	deep, bx, bd := c.fresh(d), blockOf(wide.desc), blockOf(d)
	c.folds[x] = append(c.folds[x], deep)
	c.emit(&step{kernel: "space to depth " + d.String(), reads: []*buffer{wide}, writes: []*buffer{deep}, run: func() error {
		onednn.SpaceToDepth(f, bx, bd, wide.pointer(), deep.pointer())
		return nil
	}})
	return deep, nil
}

// foldedWeights is w after the fold in the layout that p wants, shared by all
// who ask.
func (c *compiler) foldedWeights(w *nn.Node, f onednn.Fold, g nn.Geometry, p *onednn.Primitive) (*buffer, error) {
	d, _ := p.Descriptor(onednn.Weights)
	for _, b := range c.folds[w] {
		if b.desc.Equal(d) {
			return b, nil
		}
	}
	plain, err := c.plain(w)
	if err != nil {
		return nil, err
	}
	gathered, rows, table := c.fresh(d.Plain()), w.Shape()[0], f.Taps(g.Kernel)
	c.pin.Pin(&table[0])
	c.emit(&step{kernel: "fold weights", reads: []*buffer{plain}, writes: []*buffer{gathered}, run: func() error {
		onednn.GatherRows(plain.pointer(), rows, table, gathered.pointer())
		return nil
	}})
	result := gathered
	if !d.IsPlain() {
		result = c.fresh(d)
		if err := c.reorder(gathered, result); err != nil {
			return nil, err
		}
	}
	c.folds[w] = append(c.folds[w], result)
	return result, nil
}

// blockOf is the channel block of a layout N × CB × S × B: 1 for the plain one,
// all channels where they come last.
func blockOf(d onednn.Descriptor) int {
	l, _ := d.Channels()
	return max(l.B, 1)
}
