package nn

import (
	"errors"
	"testing"

	"gorgonia.org/tensor"
)

// Every mistake is found when the graph is built, and the message names layer,
// operation and shapes.
func TestShapeErrors(t *testing.T) {
	in := func(s *Scope, name string, shape ...int) *Node { return s.Input(name, shape...) }
	for _, c := range []struct {
		reason string
		build  func(s *Scope)
		want   string
	}{
		{"channels of x and w differ", func(s *Scope) {
			s.Convolve(in(s, "x", 2, 3, 8, 8), in(s, "w", 4, 5, 3, 3), nil, Geometry{})
		}, "nn: dis/conv1: convolve x 2×3×8×8 with w 4×5×3×3: x has 3 channels, w takes 5: shape mismatch"},
		{"ranks of x and w differ", func(s *Scope) {
			s.Convolve(in(s, "x", 2, 3, 8, 8), in(s, "w", 4, 3, 3, 3, 3), nil, Geometry{})
		}, "nn: dis/conv1: convolve x 2×3×8×8 with w 4×3×3×3×3: want equal ranks of 3 to 5: shape mismatch"},
		{"the kernel does not fit", func(s *Scope) {
			s.Convolve(in(s, "x", 2, 3, 2, 8), in(s, "w", 4, 3, 5, 3), nil, Cube(2, 5, 1, 1))
		}, "nn: dis/conv1: convolve x 2×3×2×8 with w 4×3×5×3: geometry has kernel 5×5: shape mismatch"},
		{"the window does not fit", func(s *Scope) {
			s.Convolve(in(s, "x", 2, 3, 2, 8), in(s, "w", 4, 3, 5, 3), nil, Geometry{Pad: []int{1, 0}})
		}, "nn: dis/conv1: convolve x 2×3×2×8 with w 4×3×5×3: window k5×3s1×1p1×0 does not fit into 2×8: shape mismatch"},
		{"a stride of 0", func(s *Scope) {
			s.Convolve(in(s, "x", 2, 3, 8), in(s, "w", 4, 3, 3), nil, Geometry{Stride: []int{0}})
		}, "nn: dis/conv1: convolve x 2×3×8 with w 4×3×3: geometry k3s0p0: want kernel ≥ 1, stride ≥ 1, pad ≥ 0: shape mismatch"},
		{"geometry of another rank", func(s *Scope) {
			s.Convolve(in(s, "x", 2, 3, 8), in(s, "w", 4, 3, 3), nil, Cube(2, 3, 1, 1))
		}, "nn: dis/conv1: convolve x 2×3×8 with w 4×3×3: geometry k3×3s1×1p1×1 on 1 spatial axes: shape mismatch"},
		{"bias of another size", func(s *Scope) {
			s.Convolve(in(s, "x", 2, 3, 8), in(s, "w", 4, 3, 3), in(s, "b", 3), Geometry{})
		}, "nn: dis/conv1: convolve with w 4×3×3 and bias 3: want bias 4: shape mismatch"},
		{"channels of a transposed convolution", func(s *Scope) {
			s.ConvolveTranspose(in(s, "x", 2, 3, 8), in(s, "w", 4, 3, 3), nil, Geometry{})
		}, "nn: dis/conv1: transposed convolution of x 2×3×8 with w 4×3×3: x has 3 channels, w takes 4: shape mismatch"},
		{"nothing is left of the output", func(s *Scope) {
			s.ConvolveTranspose(in(s, "x", 2, 4, 1), in(s, "w", 4, 3, 2), nil, Geometry{Pad: []int{1}})
		}, "nn: dis/conv1: transposed convolution of x 2×4×1 with w 4×3×2: transposed window k2s1p1 on 1 leaves size 0: shape mismatch"},
		{"layer without a kernel", func(s *Scope) {
			s.Conv(in(s, "x", 2, 3, 8, 8), 4, Geometry{}, LayerOptions{})
		}, "nn: dis/conv1: convolution layer from 2×3×8×8 to 4 channels: geometry k()s()p(): want N×C×S, a kernel on each spatial axis, and at least 1 channel: shape mismatch"},
		{"linear layer on a clip", func(s *Scope) {
			s.Linear(in(s, "x", 2, 3, 8), 4, LayerOptions{})
		}, "nn: dis/conv1: linear layer from 2×3×8 to 4: want N×in, and at least 1; flatten x first with Reshape(x, n, -1): shape mismatch"},
		{"inner sizes", func(s *Scope) {
			s.MatMul(in(s, "a", 2, 3), in(s, "b", 4, 3), false, false)
		}, "nn: dis/conv1: matmul of 2×3 and 4×3: inner sizes 3 and 4: shape mismatch"},
		{"leading axes", func(s *Scope) {
			s.MatMul(in(s, "a", 5, 2, 3), in(s, "b", 4, 3, 2), false, true)
		}, "nn: dis/conv1: matmul bᵀ of 5×2×3 and 4×3×2: want matrices or equal leading axes: shape mismatch"},
		{"ranks are never aligned by themselves", func(s *Scope) {
			s.Add(in(s, "a", 2, 3), in(s, "b", 3))
		}, "nn: dis/conv1: add 2×3 and 3: want equal ranks: shape mismatch"},
		{"sizes that are not 1", func(s *Scope) {
			s.Div(in(s, "a", 2, 3), in(s, "b", 2, 2))
		}, "nn: dis/conv1: div 2×3 and 2×2: sizes 3 and 2 of axis 1: shape mismatch"},
		{"an axis too many", func(s *Scope) { s.Sum(in(s, "x", 2, 3), 0, 2) },
			"nn: dis/conv1: sum of 2×3 over axes [0 2]: want each axis once, from 0 to 1: shape mismatch"},
		{"an axis twice", func(s *Scope) { s.Mean(in(s, "x", 2, 3), 1, 1) },
			"nn: dis/conv1: sum of 2×3 over axes [1 1]: want each axis once, from 0 to 1: shape mismatch"},
		{"broadcast over an axis that is not 1", func(s *Scope) { s.Broadcast(in(s, "x", 2, 3), 4, 3) },
			"nn: dis/conv1: broadcast 2×3 to 4×3: axis 0 has size 2, not 1: shape mismatch"},
		{"other number of elements", func(s *Scope) { s.Reshape(in(s, "x", 2, 3), -1, 4) },
			"nn: dis/conv1: reshape 2×3 to -1×4: 6 elements: shape mismatch"},
		{"not a permutation", func(s *Scope) { s.Transpose(in(s, "x", 2, 3), 0, 0) },
			"nn: dis/conv1: transpose 2×3 by [0 0]: want a permutation of [0 1]: shape mismatch"},
		{"an empty slice", func(s *Scope) { s.Slice(in(s, "x", 2, 3), 1, 2, 2) },
			"nn: dis/conv1: slice 2×3 along axis 1 from 2 to 2: shape mismatch"},
		{"negative padding", func(s *Scope) { s.Pad(in(s, "x", 2, 3), 1, -1, 0) },
			"nn: dis/conv1: pad 2×3 along axis 1 with -1 and 0 zeros: shape mismatch"},
		{"other sizes differ", func(s *Scope) { s.Concat(1, in(s, "a", 2, 3), in(s, "b", 3, 3)) },
			"nn: dis/conv1: concat of 2×3 and 3×3 along axis 1: want equal sizes on the other axes: shape mismatch"},
		{"no axis", func(s *Scope) { s.Repeat(in(s, "x", 2, 3), 2, 2) },
			"nn: dis/conv1: repeat 2×3 2 times along axis 2: want an axis from 0 to 1 and at least once: shape mismatch"},
		{"no channels", func(s *Scope) { s.Moments(in(s, "x", 3)) },
			"nn: dis/conv1: moments of 3: want N×C×…: shape mismatch"},
		{"no channels to normalize", func(s *Scope) { s.BatchNorm(in(s, "x", 3), BatchNormOptions{}) },
			"nn: dis/conv1: batch normalization of 3: want N×C×…: shape mismatch"},
		{"a layer's parameters at the path of another's", func(s *Scope) {
			s.Linear(in(s, "x", 2, 3), 4, LayerOptions{})
			s.Linear(in(s, "y", 2, 5), 4, LayerOptions{})
		}, `nn: dis/conv1: parameter "dis/conv1/weight": shape mismatch: it exists with shape (4, 3) and is asked for with shape [4 5]; give the second layer another name`},
		{"an input with another shape", func(s *Scope) { in(s, "x", 2, 3); in(s, "x", 3, 2) },
			`nn: dis/conv1: input "x" is 2×3 and is asked for as 3×2: shape mismatch`},
		{"an empty axis", func(s *Scope) { in(s, "x", 2, 0) },
			`nn: dis/conv1: input "x": shape 2×0: want at least one axis and positive sizes: shape mismatch`},
		{"a state of another shape", func(s *Scope) { s.Update(s.State("mean", Zeros(), 3), in(s, "x", 4)) },
			"nn: dis/conv1: updating dis/conv1/mean: state is 3, its new value 4: shape mismatch"},
		{"a cost of many elements", func(s *Scope) { x := in(s, "x", 2, 3); s.Grad(s.Tanh(x), x) },
			"nn: dis/conv1: gradient of tanh 2×3→2×3(%0): the cost has shape 2×3, want one element: shape mismatch"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			s := testScope(tensor.Float32).In("dis").In("conv%d", 1)
			c.build(s)
			err := s.Err()
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			if !errors.Is(err, ErrShape) {
				t.Errorf("%v is not ErrShape", err)
			}
		})
	}
}
