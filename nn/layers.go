package nn

import (
	"fmt"
	"slices"
)

// LayerOptions are the settings of Conv, ConvTranspose and Linear.
type LayerOptions struct {
	NoBias bool
	// Weight is the initializer of the weight; nil is LeCunNormal, Chainer's default
	// (PyTorch's is uniform with a third of that variance).
	Weight Initializer
	// Bias is the initializer of the bias; nil is Zeros (PyTorch's is uniform).
	Bias Initializer
	// SpectralNorm divides the weight by its largest singular value, which a power
	// iteration follows from step to step (Miyato et al. 2018). Its vectors are the
	// states weight_u and weight_v.
	SpectralNorm bool
	// PowerIterations is the number of iterations a training step; 0 is 1.
	PowerIterations int
}

// Conv is a layer of the convolution of x (N×C×S) to out channels. Its parameters
// are weight (out×C×k) and bias (out). The geometry's kernel must be set.
func (s *Scope) Conv(x *Node, out int, g Geometry, o LayerOptions) *Node {
	if x == nil || !s.checkLayer("convolution layer", x, out, g) {
		return nil
	}
	w := s.weight(o, append([]int{out, x.Shape()[1]}, g.Kernel...), 0)
	return s.withBias(o, out, func(b *Node) *Node { return s.Convolve(x, w, b, g) })
}

// ConvTranspose is a layer of the transposed convolution of x (N×C×S) to out
// channels. Its parameters are weight (C×out×k) and bias (out). The geometry's
// kernel must be set.
func (s *Scope) ConvTranspose(x *Node, out int, g Geometry, o LayerOptions) *Node {
	if x == nil || !s.checkLayer("transposed convolution layer", x, out, g) {
		return nil
	}
	w := s.weight(o, append([]int{x.Shape()[1], out}, g.Kernel...), 1)
	return s.withBias(o, out, func(b *Node) *Node { return s.ConvolveTranspose(x, w, b, g) })
}

// Linear is a layer of the matrix product of x (N×in) to N×out. Its parameters
// are weight (out×in) and bias (out).
func (s *Scope) Linear(x *Node, out int, o LayerOptions) *Node {
	if x == nil {
		return nil
	}
	in := x.Shape()
	if len(in) != 2 || out < 1 {
		s.Fail(shapeErrorf("linear layer from %s to %d: want N×in, and at least 1; flatten x first with Reshape(x, n, -1)", dims(in), out))
		return nil
	}
	w := s.weight(o, []int{out, in[1]}, 0)
	return s.withBias(o, out, func(b *Node) *Node {
		y := s.MatMul(x, w, false, true)
		if b == nil || y == nil {
			return y
		}
		return s.Add(y, s.Reshape(b, 1, out))
	})
}

func (s *Scope) checkLayer(what string, x *Node, out int, g Geometry) bool {
	in := x.Shape()
	if len(in) < 3 || len(g.Kernel) != len(in)-2 || out < 1 || slices.Min(g.Kernel) < 1 {
		s.Fail(shapeErrorf("%s from %s to %d channels: geometry %s: want N×C×S, a kernel on each spatial axis, and at least 1 channel",
			what, dims(in), out, g))
		return false
	}
	return true
}

// weight is the layer's weight, spectrally normalized if wanted; outAxis is its
// axis of output channels.
func (s *Scope) weight(o LayerOptions, shape []int, outAxis int) *Node {
	init := o.Weight
	if init == nil {
		init = LeCunNormal()
	}
	w := s.Param("weight", init, shape...)
	if o.SpectralNorm {
		return s.spectralNorm(w, outAxis, o.PowerIterations)
	}
	return w
}

// withBias hands the layer's bias, or nil for none, to apply.
func (s *Scope) withBias(o LayerOptions, channels int, apply func(b *Node) *Node) *Node {
	if o.NoBias {
		return apply(nil)
	}
	init := o.Bias
	if init == nil {
		init = Zeros()
	}
	b := s.Param("bias", init, channels)
	if b == nil {
		return nil
	}
	return apply(b)
}

// BatchNormOptions are the settings of BatchNorm.
type BatchNormOptions struct {
	NoBeta bool
	// Eps is added to the variance; 0 is 1e-5, as in PyTorch (Chainer's is 2e-5).
	Eps float64
	// Momentum is the weight of a batch in the running statistics; 0 is 0.1.
	Momentum float64
	// Gamma is the initializer of the scale; nil is Constant(1).
	Gamma Initializer
}

// BatchNorm is a layer of batch normalization of x (N×C×…) over all axes but the
// second. Its parameters are gamma (C) and, unless NoBeta, beta (C); its states
// are mean and variance (C).
//
// In training, x is normalized by the mean and the biased variance of the batch,
// and the running statistics become (1 - Momentum)·running + Momentum·batch, with
// the unbiased variance, after each run. Otherwise the running statistics
// normalize x.
//
// Source: Ioffe and Szegedy 2015; PyTorch's BatchNorm1d, 2d, 3d.
func (s *Scope) BatchNorm(x *Node, o BatchNormOptions) *Node {
	if x == nil {
		return nil
	}
	in := x.Shape()
	if len(in) < 2 {
		s.Fail(shapeErrorf("batch normalization of %s: want N×C×…", dims(in)))
		return nil
	}
	o = o.withDefaults()
	if !(o.Eps > 0 && o.Momentum > 0 && o.Momentum <= 1) {
		s.Fail(fmt.Errorf("batch normalization with eps %v and momentum %v: want eps > 0 and 0 < momentum ≤ 1", o.Eps, o.Momentum))
		return nil
	}
	channels := in[1]
	gamma := s.Param("gamma", o.Gamma, channels)
	var beta *Node
	if !o.NoBeta {
		beta = s.Param("beta", Zeros(), channels)
	}
	mean := s.State("mean", Zeros(), channels)
	variance := s.State("variance", Constant(1), channels)
	if s.Err() != nil {
		return nil
	}
	if !s.Training() {
		return s.build("batch normalization", func() (*Node, error) { return normalize(x, mean, variance, gamma, beta, o.Eps) }, x, gamma)
	}
	count := size(in) / channels
	if count < 2 {
		s.Fail(fmt.Errorf("batch normalization of %s in training: one value a channel has no variance: use a larger batch", dims(in)))
		return nil
	}
	if !s.frozen {
		s.trackMoments(x, mean, variance, o.Momentum, count)
	}
	return s.build("batch normalization", func() (*Node, error) { return batchNorm(x, gamma, beta, o.Eps) }, x, gamma)
}

func (o BatchNormOptions) withDefaults() BatchNormOptions {
	if o.Eps == 0 {
		o.Eps = 1e-5
	}
	if o.Momentum == 0 {
		o.Momentum = 0.1
	}
	if o.Gamma == nil {
		o.Gamma = Constant(1)
	}
	return o
}

// trackMoments moves the running statistics towards those of the batch.
func (s *Scope) trackMoments(x, mean, variance *Node, momentum float64, count int) {
	batch := s.StopGradient(s.Moments(x))
	track := func(state *Node, row int, factor float64) {
		value := s.Reshape(s.Slice(batch, 0, row, row+1), -1)
		s.Update(state, s.Add(s.Scale(state, 1-momentum), s.Scale(value, momentum*factor)))
	}
	track(mean, 0, 1)
	track(variance, 1, float64(count)/float64(count-1))
}
