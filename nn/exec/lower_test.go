package exec_test

import (
	"math"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"videogan/nn"
	"videogan/nn/exec"
)

// device is a Device that lives as long as the test.
func device(t testing.TB) *exec.Device {
	t.Helper()
	d, err := exec.NewDevice(exec.DeviceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// randomInput is an input filled with numbers in [-1, 1), or in [½, 1½) when
// positive.
func randomInput(s *nn.Scope, rng *rand.Rand, name string, shape ...int) *nn.Node {
	n := s.Input(name, shape...)
	data := make([]float32, tensor.Shape(shape).TotalSize())
	for i := range data {
		data[i] = float32(2*rng.Float64() - 1)
	}
	if err := gorgonia.Let(n, tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))); err != nil {
		s.Fail(err)
	}
	return n
}

// graphs are networks that between them use every lowering. Each gets a scope
// and returns what is wanted.
var graphs = []struct {
	name   string
	reason string
	build  func(s *nn.Scope, rng *rand.Rand) []*nn.Node
}{
	{"convolution 1-D", "the temporal generator's rank", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{2, 3, 9}, nn.Cube(1, 4, 2, 1), 5, false)
	}},
	{"convolution 2-D", "odd sizes", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{2, 8, 7, 5}, nn.Cube(2, 3, 1, 1), 9, false)
	}},
	{"convolution 2-D of stride 2", "few channels fold", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{2, 3, 8, 8}, nn.Cube(2, 4, 2, 1), 16, false)
	}},
	{"convolution 2-D to 3 channels", "the image generator's last layer", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{5, 16, 9, 11}, nn.Cube(2, 3, 1, 1), 3, false)
	}},
	{"convolution 2-D to 1 channel of few", "too few channels for a whole block", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{2, 12, 8, 8}, nn.Cube(2, 3, 1, 1), 1, false)
	}},
	{"transposed convolution 2-D of stride 1 from 2 channels", "an image discriminator's first layer, backwards", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{3, 2, 6, 6}, nn.Cube(2, 3, 1, 1), 8, true)
	}},
	{"convolution 3-D of stride 2", "folds on AVX2", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{2, 16, 4, 8, 6}, nn.Cube(3, 4, 2, 1), 24, false)
	}},
	{"convolution 3-D of stride 2, one time step left", "tiles without taps in time", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		g := nn.Geometry{Kernel: []int{1, 4, 4}, Stride: []int{1, 2, 2}, Pad: []int{0, 1, 1}}
		return layerAndGradients(s, rng, []int{3, 16, 1, 8, 8}, g, 32, false)
	}},
	{"convolution 3-D of stride 2, many positions", "half a strip of channels", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{2, 8, 8, 16, 20}, nn.Cube(3, 4, 2, 1), 16, false)
	}},
	{"transposed convolution 3-D of stride 2, small", "the fold with a bias", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{9, 24, 2, 4, 4}, nn.Cube(3, 4, 2, 1), 16, true)
	}},
	{"convolution 3-D of stride 2, most taps on padding", "outer products of a few samples", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{3, 32, 4, 6, 4}, nn.Cube(3, 4, 2, 1), 64, false)
	}},
	{"convolution 2-D of stride 2, most taps on padding", "tiles of eight or six, four and single samples", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{13, 32, 4, 4}, nn.Cube(2, 4, 2, 1), 64, false)
	}},
	{"convolution 2-D of stride 2, a strip of channels", "the narrowest tiles of AVX2", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{6, 16, 4, 4}, nn.Cube(2, 4, 2, 1), 16, false)
	}},
	{"transposed convolution 3-D of stride 2, most taps on padding", "tiles with a bias", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{8, 64, 2, 2, 3}, nn.Cube(3, 4, 2, 1), 32, true)
	}},
	{"convolution, bias and activation, most taps on padding", "tiles with both", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 8, 16, 2, 4, 4)
		y := s.LeakyReLU(s.In("c").Conv(x, 32, nn.Cube(3, 4, 2, 1), nn.LayerOptions{}), 0.2)
		z := s.ReLU(s.In("t").ConvTranspose(y, 32, nn.Cube(3, 4, 2, 1), nn.LayerOptions{}))
		loss := s.Sum(s.Mul(z, randomInput(s, rng, "u", z.Shape()...)))
		return append(s.Grad(loss, x, s.In("c").Param("weight", nil, 32, 16, 4, 4, 4)), z)
	}},
	{"convolution 3-D of stride 2, whole blocks of channels and many positions", "Winograd's products", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{4, 32, 4, 32, 32}, nn.Cube(3, 4, 2, 1), 32, false)
	}},
	{"convolution, bias and activation, many positions", "Winograd's products with both", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 8, 32, 32, 32)
		y := s.LeakyReLU(s.In("c").Conv(x, 32, nn.Cube(2, 4, 2, 1), nn.LayerOptions{}), 0.2)
		z := s.ReLU(s.In("t").ConvTranspose(y, 32, nn.Cube(2, 4, 2, 1), nn.LayerOptions{}))
		loss := s.Sum(s.Mul(z, randomInput(s, rng, "u", z.Shape()...)))
		return append(s.Grad(loss, x, s.In("c").Param("weight", nil, 32, 32, 4, 4)), z)
	}},
	{"convolution 3-D of stride 2, odd sizes", "the fold's last half pair", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{2, 5, 5, 7, 9}, nn.Cube(3, 4, 2, 1), 8, false)
	}},
	{"convolution 3-D, stride in space only", "axes of two kinds", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		g := nn.Geometry{Kernel: []int{3, 4, 4}, Stride: []int{1, 2, 2}, Pad: []int{1, 1, 1}}
		return layerAndGradients(s, rng, []int{2, 3, 3, 8, 8}, g, 8, false)
	}},
	{"convolution over the whole clip", "the discriminator's head", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{3, 16, 2, 4, 4}, nn.Geometry{Kernel: []int{2, 4, 4}}, 1, false)
	}},
	{"transposed convolution 1-D", "with bias", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{2, 6, 4}, nn.Cube(1, 4, 2, 1), 10, true)
	}},
	{"transposed convolution 2-D", "the image generator's layers", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{4, 16, 4, 4}, nn.Cube(2, 4, 2, 1), 8, true)
	}},
	{"transposed convolution 3-D", "folds on AVX2", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return layerAndGradients(s, rng, []int{2, 8, 2, 4, 3}, nn.Cube(3, 4, 2, 1), 3, true)
	}},
	{"batch norm and its gradients", "statistics and sums are shared, the activation fused", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 3, 10, 4, 5)
		y := s.ReLU(s.In("bn").BatchNorm(s.Scale(x, 2), nn.BatchNormOptions{Gamma: nn.NormalAround(1, 0.2)}))
		gamma, beta := s.In("bn").Param("gamma", nil, 10), s.In("bn").Param("beta", nil, 10)
		loss := s.Sum(s.Mul(y, randomInput(s, rng, "u", 3, 10, 4, 5)))
		return append(s.Grad(loss, x, gamma, beta), y, s.Moments(x))
	}},
	{"batch norm of vectors", "N×C has no positions", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 6, 33)
		y := s.LeakyReLU(s.In("bn").BatchNorm(x, nn.BatchNormOptions{NoBeta: true}), 0.2)
		loss := s.Sum(s.Mul(y, randomInput(s, rng, "u", 6, 33)))
		return append(s.Grad(loss, x, s.In("bn").Param("gamma", nil, 33)), y)
	}},
	{"batch norm without activation, and gradient of the gradient", "nothing to fuse", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 3, 4, 5)
		y := s.In("bn").BatchNorm(x, nn.BatchNormOptions{})
		g := s.Grad(s.Sum(s.Mul(s.Tanh(y), randomInput(s, rng, "u", 3, 4, 5))), x)
		return append(s.Grad(s.Sum(s.Square(g[0])), x), g[0])
	}},
	{"convolution, batch norm, activation, twice", "blocked layouts flow through", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 2, 3, 4, 16, 16)
		h := x
		for i, c := range []int{8, 20} {
			l := s.In("l%d", i)
			h = l.LeakyReLU(l.BatchNorm(l.Conv(h, c, nn.Cube(3, 4, 2, 1), nn.LayerOptions{NoBias: true}), nn.BatchNormOptions{}), 0.2)
		}
		loss := s.Mean(s.Softplus(s.Sum(h, 1, 2, 3, 4)))
		return append(s.Grad(loss, x, s.In("l0").Param("weight", nil, 8, 3, 4, 4, 4)), loss)
	}},
	{"spectral norm", "the power iteration's products with vectors", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 2, 3, 6, 6)
		h := s.In("c").Conv(x, 7, nn.Cube(2, 4, 2, 1), nn.LayerOptions{SpectralNorm: true})
		w := s.In("c").Param("weight", nil, 7, 3, 4, 4)
		return append(s.Grad(s.Sum(s.Square(h)), w, x), h)
	}},
	{"penalty of the gradient", "double backpropagation", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 2, 1, 4, 8, 8)
		h := s.LeakyReLU(s.In("a").Conv(x, 8, nn.Cube(3, 4, 2, 1), nn.LayerOptions{}), 0.2)
		h = s.In("b").Conv(h, 1, nn.Geometry{Kernel: []int{2, 4, 4}}, nn.LayerOptions{})
		g := s.Grad(s.Sum(h), x)
		r1 := s.Scale(s.Sum(s.Square(g[0])), 0.25)
		return append(s.Grad(r1, s.In("a").Param("weight", nil, 8, 1, 4, 4, 4), s.In("b").Param("weight", nil, 1, 8, 2, 4, 4)), r1)
	}},
	{"matrix products", "each transposition, and batches", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		a, b := randomInput(s, rng, "a", 3, 4), randomInput(s, rng, "b", 4, 5)
		at, bt := randomInput(s, rng, "at", 4, 3), randomInput(s, rng, "bt", 5, 4)
		ba, bb := randomInput(s, rng, "ba", 2, 3, 4), randomInput(s, rng, "bb", 2, 5, 4)
		return []*nn.Node{s.MatMul(a, b, false, false), s.MatMul(at, b, true, false), s.MatMul(a, bt, false, true),
			s.MatMul(at, bt, true, true), s.MatMul(ba, bb, false, true)}
	}},
	{"products with vectors", "on each side, in each transposition", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		m, column, row := randomInput(s, rng, "m", 3, 5), randomInput(s, rng, "column", 5, 1), randomInput(s, rng, "row", 1, 3)
		outer := s.MatMul(row, column, true, true)
		return []*nn.Node{s.MatMul(m, column, false, false), s.MatMul(column, m, true, true), s.MatMul(m, row, true, true), s.MatMul(row, m, false, false),
			s.MatMul(column, column, true, false), outer, s.MatMul(column, row, false, false), s.Sum(outer)}
	}},
	{"chains", "of functions of two operands in one pass, on either side, with users of what lies between", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		f, m, b := randomInput(s, rng, "f", 2, 3, 4, 30, 30), randomInput(s, rng, "m", 2, 1, 4, 30, 30), randomInput(s, rng, "b", 2, 3, 1, 30, 30)
		between := s.Sub(f, b)
		y := s.Add(b, s.Mul(m, between))
		long := f
		for range 3 {
			long = s.Div(b, s.Mul(s.Sub(m, long), m))
		}
		twice := s.Sub(f, m)
		read := s.Sub(b, f)
		list := []*nn.Node{y, long, s.Mul(twice, twice), s.Add(read, f), s.Tanh(read), s.Sub(s.Mul(f, m), s.Add(f, m)), s.Add(s.Div(f, b), f)}
		return append(list, s.Grad(s.Sum(s.Square(y)), f, m, b)...)
	}},
	{"slices", "whose gradients are joined, and one whose are not", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x, y := randomInput(s, rng, "x", 2, 5, 3), randomInput(s, rng, "y", 2, 5, 3)
		parts := s.Add(s.Sum(s.Exp(s.Slice(x, 1, 0, 2))), s.Sum(s.Square(s.Slice(x, 1, 2, 5))))
		over := s.Add(s.Sum(s.Exp(s.Slice(y, 1, 0, 3))), s.Sum(s.Square(s.Slice(y, 1, 2, 5))))
		return s.Grad(s.Add(parts, over), x, y)
	}},
	{"sums of products", "which need not exist, and one that must", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 2, 8, 6, 6)
		h := s.In("c").Conv(x, 11, nn.Cube(2, 3, 1, 1), nn.LayerOptions{})
		plain, channel := randomInput(s, rng, "plain", 2, 11, 6, 6), randomInput(s, rng, "channel", 1, 11, 1, 1)
		made := s.Mul(h, s.Exp(h))
		return []*nn.Node{s.Sum(s.Mul(h, plain)), s.Sum(s.Mul(h, h)), s.Sum(s.Mul(h, channel)), s.Sum(s.Mul(plain, channel), 1), s.Sum(made), made}
	}},
	{"functions", "every element-wise one", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 3, 5, 7)
		p := s.Shift(s.Abs(x), 0.5)
		return []*nn.Node{s.ReLU(x), s.LeakyReLU(x, 0.1), s.Tanh(x), s.Sigmoid(x), s.Softplus(x), s.Exp(x), s.Log(p), s.Sqrt(p),
			s.Abs(x), s.Pow(p, 1.7), s.Square(x), s.Scale(x, -3), s.Neg(x)}
	}},
	{"functions on padded blocks", "what does not keep zero must not touch the padding", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 2, 8, 6, 6)
		h := s.In("c").Conv(x, 11, nn.Cube(2, 3, 1, 1), nn.LayerOptions{})
		return []*nn.Node{s.Sum(s.Exp(h)), s.Sum(s.Sigmoid(h), 0, 2, 3), s.Div(h, s.Shift(s.Square(h), 1)), s.Sum(s.Div(s.Constant(1, 2, 11, 6, 6), s.Exp(h))),
			s.Sum(h)}
	}},
	{"broadcasting", "scalar, channel, general, both ways", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 3, 5, 4)
		one, channel := s.Shift(randomInput(s, rng, "one", 1, 1, 1), 3), s.Shift(randomInput(s, rng, "channel", 1, 5, 1), 3)
		sample, outer := s.Shift(randomInput(s, rng, "sample", 3, 1, 1), 3), s.Shift(randomInput(s, rng, "outer", 1, 5, 4), 3)
		var list []*nn.Node
		for _, v := range []*nn.Node{one, channel, sample, outer} {
			list = append(list, s.Add(x, v), s.Sub(v, x), s.Mul(x, v), s.Div(x, v), s.Div(x, s.Broadcast(v, 3, 5, 4)))
		}
		return append(list, s.Mul(sample, channel), s.Broadcast(channel, 3, 5, 4))
	}},
	{"reductions", "all axes, channels, others", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 3, 5, 4, 6)
		return []*nn.Node{s.Sum(x), s.Mean(x), s.Sum(x, 0, 2, 3), s.Sum(x, 1), s.Mean(x, 0, 1), s.Sum(x, 3), s.Sum(x, 2)}
	}},
	{"shapes", "views and copies", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x, y := randomInput(s, rng, "x", 4, 3, 5), randomInput(s, rng, "y", 4, 2, 5)
		t := s.Transpose(x, 1, 0, 2)
		return []*nn.Node{s.Reshape(x, 2, -1), t, s.Tanh(t), s.Concat(1, x, y), s.Slice(x, 2, 1, 4), s.Pad(x, 0, 1, 2),
			s.Repeat(x, 1, 3), s.Reshape(t, 12, 5), s.Add(t, s.Transpose(x, 1, 0, 2)), s.StopGradient(s.Exp(x))}
	}},
	{"pools", "average, maximum, their gradients, upsampling", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 2, 3, 4, 6, 6)
		a, m := s.AveragePool(x, nn.Cube(3, 2, 2, 0)), s.MaxPool(x, nn.Cube(3, 2, 2, 0))
		return append(s.Grad(s.Sum(s.Square(s.Add(a, m))), x), a, m, s.UpsampleNearest(a, 2, 2, 2))
	}},
	{"pools between convolutions", "blocked channels, and overlapping windows", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 2, 8, 9, 9)
		h := s.In("a").Conv(x, 11, nn.Cube(2, 3, 1, 1), nn.LayerOptions{})
		h = s.Add(s.MaxPool(h, nn.Cube(2, 3, 2, 1)), s.AveragePool(h, nn.Cube(2, 3, 2, 1)))
		h = s.UpsampleNearest(s.In("b").Conv(h, 9, nn.Cube(2, 3, 1, 1), nn.LayerOptions{}), 2)
		return append(s.Grad(s.Sum(s.Square(h)), x), h)
	}},
	{"gradient of a maximum's gradient", "gathers at the maxima", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 2, 3, 6, 6)
		g := s.Grad(s.Sum(s.Square(s.MaxPool(x, nn.Cube(2, 2, 2, 0)))), x)
		return s.Grad(s.Sum(s.Square(g[0])), x)
	}},
	{"softmax", "over channels", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 4, 7)
		return append(s.Grad(s.Sum(s.Square(s.Softmax(x, 1))), x), s.Softmax(x, 1), s.LogSoftmax(x, 1))
	}},
	{"noise and dropout", "the same numbers as the reference's", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 4, 7, 3)
		return []*nn.Node{s.GaussianNoise(x, 0.3), s.Dropout(x, 0.4)}
	}},
	{"a parameter as output", "nothing to compute", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		return []*nn.Node{s.Param("w", nn.Normal(1), 3, 4), randomInput(s, rng, "x", 2, 2)}
	}},
	{"a value taken over in place and wanted", "an output's memory is its own", func(s *nn.Scope, rng *rand.Rand) []*nn.Node {
		x := randomInput(s, rng, "x", 8, 8)
		a := s.Exp(x)
		b := s.Scale(a, 2)
		c := s.Shift(b, 1)
		return []*nn.Node{a, c, s.Mul(b, c), s.Add(s.Reshape(b, 64), s.Reshape(s.Transpose(b, 1, 0), 64))}
	}},
}

// layerAndGradients is a layer with activation, and its gradients by input,
// weight and bias for a random upstream gradient.
func layerAndGradients(s *nn.Scope, rng *rand.Rand, x []int, g nn.Geometry, out int, transposed bool) []*nn.Node {
	in := randomInput(s, rng, "x", x...)
	l, w := s.In("layer"), append([]int{out, x[1]}, g.Kernel...)
	layer := l.Conv
	if transposed {
		layer, w = l.ConvTranspose, append([]int{x[1], out}, g.Kernel...)
	}
	o := nn.LayerOptions{Weight: nn.Normal(0.3), Bias: nn.Normal(0.3)}
	y := s.LeakyReLU(layer(in, out, g, o), 0.2)
	if y == nil {
		return nil
	}
	loss := s.Sum(s.Mul(y, randomInput(s, rng, "upstream", y.Shape()...)))
	return append(s.Grad(loss, in, l.Param("weight", nil, w...), l.Param("bias", nil, out)), y)
}

// The kernels must say what the reference implementations say.
func TestProgramsEqualReference(t *testing.T) {
	d := device(t)
	for _, g := range graphs {
		t.Run(g.name, func(t *testing.T) {
			s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{Training: true, Random: &nn.RandomState{Seed: 3}})
			outputs := g.build(s, rand.New(rand.NewPCG(1, 2)))
			if err := s.Err(); err != nil {
				t.Fatal(err)
			}
			want, err := nn.Evaluate(outputs...)
			if err != nil {
				t.Fatal(err)
			}
			p, err := exec.Compile(d, s, outputs...)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			for run := range 2 { // a second run must not see the first one's memory
				if err := p.RunAll(); err != nil {
					t.Fatal(err)
				}
				for i, n := range outputs {
					if diff := relative(p.Data(n), want[i].Float32s()); !(diff < 2e-5) {
						t.Errorf("run %d: output %d, %s: differs by %.2g relative to the largest value (%s)", run, i, n.Name(), diff, g.reason)
					}
				}
				if len(s.Updates()) > 0 {
					break // running averages have moved on, as they should
				}
			}
		})
	}
}

// What runs on AVX2 is also tested where there is more.
func TestProgramsEqualReferenceOnAVX2(t *testing.T) {
	const restricts = "ONEDNN_MAX_CPU_ISA"
	if m := exec.ReadMachine(); !m.Has("avx512f") {
		t.Skipf("%v: the other tests ran on it", m)
	}
	c := osexec.Command(os.Args[0], "-test.run=^TestProgramsEqualReference$", "-test.v")
	c.Env = append(os.Environ(), restricts+"=AVX2")
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestProgramsEqualReference/") {
		t.Errorf("with %s=AVX2: %v\n%s", restricts, err, out)
	}
}

// relative is the largest difference over max(1, largest reference value).
func relative(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	diff, scale := 0.0, 1.0
	for i, w := range want {
		d := math.Abs(float64(got[i]) - float64(w))
		if math.IsNaN(d) {
			return math.NaN()
		}
		diff, scale = max(diff, d), max(scale, math.Abs(float64(w)))
	}
	return diff / scale
}
