package onednn_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"videogan/nn/onednn"
)

func TestChannelSum(t *testing.T) {
	for _, l := range channelCases() {
		x := tensor(random(5), l, 0.1, 1)
		want, scale := make([]float64, l.C), make([]float64, l.C)
		eachNumber(l, func(c, i int) {
			want[c] += float64(x[i])
			scale[c] += math.Abs(float64(x[i]))
		})
		got := dirty(l.C)
		onednn.ChannelSum(at(x), l, at(got))
		near(t, describe(l), got, float32s(want), 1e-7, slices.Max(scale))
	}
}

func combine(f onednn.BinaryFunc, a, b float32) float32 {
	switch f {
	case onednn.BinaryAdd:
		return a + b
	case onednn.BinarySub:
		return a - b
	case onednn.BinaryMul:
		return a * b
	}
	return a / b
}

var binaryFuncs = []onednn.BinaryFunc{onednn.BinaryAdd, onednn.BinarySub, onednn.BinaryMul, onednn.BinaryDiv}

func TestChannelBinary(t *testing.T) {
	for _, l := range channelCases() {
		x, v := tensor(random(6), l, 0, 1), normals(random(7), l.C, 1, 0.3)
		for _, f := range binaryFuncs {
			for _, first := range []bool{false, true} {
				want := make([]float32, len(x))
				eachNumber(l, func(c, i int) {
					if first {
						want[i] = combine(f, v[c], x[i])
					} else {
						want[i] = combine(f, x[i], v[c])
					}
				})
				what := fmt.Sprintf("%s, function %d, vector first %t", describe(l), f, first)
				y := dirty(len(x))
				onednn.ChannelBinary(f, at(x), l, at(v), first, at(y))
				if !slices.Equal(y, want) {
					t.Errorf("%s: wrong", what)
				}
				in := slices.Clone(x)
				onednn.ChannelBinary(f, at(in), l, at(v), first, at(in))
				if !slices.Equal(in, want) {
					t.Errorf("%s: wrong in place", what)
				}
			}
		}
	}
}

func TestBiasAct(t *testing.T) {
	for _, l := range channelCases() {
		x, bias := tensor(random(8), l, 0, 1), normals(random(9), l.C, 0, 1)
		for _, act := range activations {
			want := make([]float32, len(x))
			eachNumber(l, func(c, i int) { want[i] = float32(activate(act, float64(float32(0.2)), float64(x[i]+bias[c]))) })
			y := dirty(len(x))
			onednn.BiasAct(at(x), l, at(bias), act, 0.2, at(y))
			near(t, fmt.Sprintf("%s, activation %d", describe(l), act), y, want, 1e-7, 0)
			padded(t, describe(l), l, y)
		}
	}
}
