package exec

import (
	"slices"

	"videogan/nn"
	"videogan/nn/onednn"
)

// statistics are the mean and the biased variance of every channel of a batch,
// computed once for the normalization, its gradients and the running averages.
type statistics struct {
	both           *buffer // 2×C
	mean, variance *buffer // its rows
}

// gradientSums are Σ gy and Σ gy·x̂ over every channel, needed by all three
// gradients of a batch normalization.
type gradientSums struct{ gy, gyNormalized *buffer }

// channels is n in a layout that channel kernels understand: its own, or plain.
func (c *compiler) channels(n *nn.Node) (*buffer, onednn.Layout, error) {
	return c.channelsOf(n, c.home(n))
}

// channelsOrHalf is channels without a float32 copy of a bfloat16 value.
func (c *compiler) channelsOrHalf(n *nn.Node) (*buffer, onednn.Layout, error) {
	return c.channelsOf(n, c.origin(n))
}

func (c *compiler) channelsOf(n *nn.Node, b *buffer) (*buffer, onednn.Layout, error) {
	if l, ok := b.desc.Channels(); ok {
		return b, l, nil
	}
	b, err := c.plain(n)
	if err != nil {
		return nil, onednn.Layout{}, err
	}
	l, _ := b.desc.Channels()
	return b, l, nil
}

func (c *compiler) statistics(x *nn.Node) (*statistics, error) {
	if s, ok := c.batches[x]; ok {
		return s, nil
	}
	b, l, err := c.channelsOrHalf(x)
	if err != nil {
		return nil, err
	}
	s := c.newStatistics(x)
	stats := byType(b.desc, onednn.BNStats, onednn.BNStatsBF16)
	c.emit(&step{kernel: "batch statistics", reads: []*buffer{b}, writes: []*buffer{s.both}, run: func() error {
		stats(b.pointer(), l, s.mean.pointer(), s.variance.pointer())
		return nil
	}})
	return s, nil
}

// newStatistics makes the place of x's statistics, which the next step computes.
func (c *compiler) newStatistics(x *nn.Node) *statistics {
	channels := x.Shape()[1]
	s := &statistics{both: c.fresh(onednn.Dense(2, channels))}
	s.mean = &buffer{desc: onednn.Dense(channels), parent: s.both}
	s.variance = &buffer{desc: onednn.Dense(channels), parent: s.both, shift: 4 * channels}
	c.batches[x] = s
	return s
}

// wantsStatistics reports whether a batch normalization, or its running averages, will ask for those of n.
func (c *compiler) wantsStatistics(n *nn.Node) bool {
	return slices.ContainsFunc(c.uses[n], func(user *nn.Node) bool {
		switch user.Op().(type) {
		case *nn.BatchNormOp, *nn.MomentsOp:
			return nn.Operands(user)[0] == n
		default:
			return false
		}
	})
}

// moments lowers MomentsOp to the shared statistics.
func (c *compiler) moments(n *nn.Node) error {
	s, err := c.statistics(nn.Operands(n)[0])
	if err != nil {
		return err
	}
	c.view(n, s.both, s.both.desc)
	return nil
}

// batchNorm lowers the normalization by the statistics of the batch.
func (c *compiler) batchNorm(n *nn.Node, op *nn.BatchNormOp) error {
	in := nn.Operands(n)
	s, err := c.statistics(in[0])
	if err != nil {
		return err
	}
	return c.normalizeBy(n, in[0], s.mean, s.variance, in[1:], op.Eps)
}

// normalize lowers the normalization by given statistics.
func (c *compiler) normalize(n *nn.Node, op *nn.NormalizeOp) error {
	in := nn.Operands(n)
	s, err := c.plains(in[1:3])
	if err != nil {
		return err
	}
	return c.normalizeBy(n, in[0], s[0], s[1], in[3:], op.Eps)
}

// normalization is a batch normalization of given statistics, with the activation behind it.
type normalization struct {
	mean, variance *buffer
	affine         []*buffer // scale and, unless missing, offset
	eps            float64
	act            onednn.Activation
	alpha          float64
}

func (b *normalization) buffers() []*buffer {
	return append([]*buffer{b.mean, b.variance}, b.affine...)
}

// pointers is b for a kernel; buffers have addresses once the program is planned.
func (b *normalization) pointers() onednn.Normalization {
	return onednn.Normalization{Mean: b.mean.pointer(), Variance: b.variance.pointer(), Gamma: pointerOf(b.affine, 0),
		Beta: pointerOf(b.affine, 1), Eps: b.eps, Activation: b.act, Alpha: b.alpha}
}

// normalizeBy computes n from x, its statistics, and a scale with, or without, an offset, together with an activation that
// alone uses the result.
func (c *compiler) normalizeBy(n, x *nn.Node, mean, variance *buffer, affine []*nn.Node, eps float64) error {
	from, l, err := c.channelsOrHalf(x)
	if err != nil {
		return err
	}
	params, err := c.plains(affine)
	if err != nil {
		return err
	}
	f := c.fusion(n)
	c.done[f.result] = true
	b := &normalization{mean, variance, params, eps, f.act, f.alpha}
	if c.leftToNarrow(f.result, from) {
		c.unnormalized[f.result] = &unnormalized{from, b, f.name}
		return nil
	}
	y := c.produce(f.result, from.desc)
	forward := byType(from.desc, onednn.BNForward, onednn.BNForwardBF16)
	c.emit(&step{
		kernel: "batch norm" + f.name + " " + from.desc.String(),
		reads:  append(b.buffers(), from), writes: []*buffer{y}, reuse: []*buffer{from},
		run: func() error {
			forward(from.pointer(), l, b.pointers(), y.pointer())
			return nil
		},
	})
	return nil
}

// upstream is the gradient that reaches a batch normalization: gy, or the one behind an activation whose gradient was not
// computed for itself; the kernel then takes its slope, from x again, so that the activation's result need not be there.
type upstream struct {
	gradient *buffer
	norm     *normalization
}

func (c *compiler) upstream(x, gy *nn.Node, xb *buffer, eps float64) (u upstream, err error) {
	s, err := c.statistics(x)
	if err != nil {
		return u, err
	}
	u.norm = &normalization{mean: s.mean, variance: s.variance, eps: eps, act: onednn.ActNone}
	if !c.deferred(gy) {
		u.gradient, err = c.as(gy, xb.desc)
		return u, err
	}
	op := gy.Op().(*nn.UnaryGradOp)
	u.norm.act, u.norm.alpha = activationOf(op.Func), op.Alpha
	if u.norm.affine, err = c.plains(nn.Operands(activated(gy))[1:]); err != nil {
		return u, err
	}
	u.gradient, err = c.as(nn.Operands(gy)[1], xb.desc)
	return u, err
}

func (u upstream) buffers() []*buffer { return append(u.norm.buffers(), u.gradient) }

// activated is the batch normalization whose activation's gradient gy is, or nil.
func activated(gy *nn.Node) *nn.Node {
	op, ok := gy.Op().(*nn.UnaryGradOp)
	if !ok {
		return nil
	}
	y := nn.Operands(gy)[0]
	act, ok := y.Op().(*nn.UnaryOp)
	if !ok || act.Func != op.Func || act.Alpha != op.Alpha {
		return nil
	}
	bn := nn.Operands(y)[0]
	if _, ok := bn.Op().(*nn.BatchNormOp); !ok {
		return nil
	}
	return bn
}

// deferred reports whether gy is the gradient of an activation behind a batch
// normalization and all its users are that normalization's gradients, which
// multiply by the activation's slope themselves.
func (c *compiler) deferred(gy *nn.Node) bool {
	op, ok := gy.Op().(*nn.UnaryGradOp)
	if !ok || c.wanted[gy] || activationOf(op.Func) == onednn.ActNone {
		return false
	}
	x, bn := c.normalized(gy), activated(gy)
	if x == nil || bn == nil || nn.Operands(bn)[0] != x {
		return false
	}
	for _, user := range c.uses[gy] {
		switch op := user.Op().(type) {
		case *nn.BatchNormGradOp, *nn.BatchNormGradScaleOp:
			if in := nn.Operands(user); in[0] != x || in[len(in)-1] != gy {
				return false
			}
		case *nn.SumOp:
			if !overChannels(op.Axes, gy) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// normalized is the x of a batch normalization whose upstream gradient is gy,
// or nil.
func (c *compiler) normalized(gy *nn.Node) *nn.Node {
	for _, user := range c.uses[gy] {
		switch user.Op().(type) {
		case *nn.BatchNormGradOp, *nn.BatchNormGradScaleOp:
			if in := nn.Operands(user); in[len(in)-1] == gy {
				return in[0]
			}
		}
	}
	return nil
}

// gradientSums are the sums for x and gy, computed when first asked for.
func (c *compiler) gradientSums(x, gy *nn.Node, eps float64) (*gradientSums, error) {
	if s, ok := c.sums[[2]*nn.Node{x, gy}]; ok {
		return s, nil
	}
	xb, l, err := c.channelsOrHalf(x)
	if err != nil {
		return nil, err
	}
	u, err := c.upstream(x, gy, xb, eps)
	if err != nil {
		return nil, err
	}
	s := &gradientSums{gy: c.fresh(onednn.Dense(l.C)), gyNormalized: c.fresh(onednn.Dense(l.C))}
	c.sums[[2]*nn.Node{x, gy}] = s
	sums := byType(xb.desc, onednn.BNBackwardSums, onednn.BNBackwardSumsBF16)
	c.emit(&step{
		kernel: "batch norm gradient sums", reads: append(u.buffers(), xb), writes: []*buffer{s.gy, s.gyNormalized},
		run: func() error {
			sums(xb.pointer(), u.gradient.pointer(), l, u.norm.pointers(), s.gy.pointer(), s.gyNormalized.pointer())
			return nil
		},
	})
	return s, nil
}

// batchNormGradScale lowers the gradient by gamma.
func (c *compiler) batchNormGradScale(n *nn.Node, op *nn.BatchNormGradScaleOp) error {
	in := nn.Operands(n)
	s, err := c.gradientSums(in[0], in[1], op.Eps)
	if err != nil {
		return err
	}
	c.view(n, s.gyNormalized, s.gyNormalized.desc)
	return nil
}

// batchNormGrad lowers the gradient by x.
func (c *compiler) batchNormGrad(n *nn.Node, op *nn.BatchNormGradOp) error {
	in := nn.Operands(n)
	x, gamma, gy := in[0], in[1], in[2]
	s, err := c.gradientSums(x, gy, op.Eps)
	if err != nil {
		return err
	}
	xb, l, err := c.channelsOrHalf(x)
	if err != nil {
		return err
	}
	u, err := c.upstream(x, gy, xb, op.Eps)
	if err != nil {
		return err
	}
	if len(u.norm.affine) == 0 {
		if u.norm.affine, err = c.plains([]*nn.Node{gamma}); err != nil {
			return err
		}
	}
	out := c.produce(n, xb.desc)
	backward := byType(xb.desc, onednn.BNBackward, onednn.BNBackwardBF16)
	c.emit(&step{
		kernel: "batch norm gradient " + xb.desc.String(),
		reads:  append(u.buffers(), xb, s.gy, s.gyNormalized), writes: []*buffer{out},
		reuse: []*buffer{u.gradient},
		run: func() error {
			backward(xb.pointer(), u.gradient.pointer(), l, u.norm.pointers(), s.gy.pointer(), s.gyNormalized.pointer(), out.pointer())
			return nil
		},
	})
	return nil
}
