package tflite

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The loops below say what a convolution is, a product at a time, and hold the fast ones to every bit.

// roundDown is the rule for a sum: half a step is added, then what is behind the point is dropped.
func roundDown(r rounding, v float64) int32 {
	v = math.Floor(v+0.5) + float64(r.zero)
	return int32(max(float64(r.low), min(v, float64(r.high))))
}

// slow runs a convolution over all channels, or over each by itself.
func slow(l *layer, x []int32, depthwise bool) []int32 {
	y := make([]int32, l.out[0]*l.out[1]*l.channelsOut)
	for i := range y {
		k, column, row := i%l.channelsOut, i/l.channelsOut%l.out[1], i/l.channelsOut/l.out[1]
		sum := l.bias[k]
		for r := range l.kernel[0] {
			for c := range l.kernel[1] {
				fromRow, fromColumn := row*l.stride[0]-l.pad[0]+r, column*l.stride[1]-l.pad[1]+c
				if fromRow < 0 || fromRow >= l.in[0] || fromColumn < 0 || fromColumn >= l.in[1] {
					continue
				}
				pixel := x[(fromRow*l.in[1]+fromColumn)*l.channelsIn:][:l.channelsIn]
				if depthwise {
					sum += (pixel[k] - l.zero) * l.weights[(r*l.kernel[1]+c)*l.channelsOut+k]
					continue
				}
				for ch, v := range pixel {
					sum += (v - l.zero) * l.weights[((k*l.kernel[0]+r)*l.kernel[1]+c)*l.channelsIn+ch]
				}
			}
		}
		y[i] = roundDown(l.rounding, float64(sum)*l.factors[k])
	}
	return y
}

// TestConvolutions holds both kinds of convolution to the slow loops on layers of all forms.
func TestConvolutions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := func(name string, most int) int { return rapid.IntRange(1, most).Draw(t, name) }
		int8s := func(name string, n int) []int32 {
			return rapid.SliceOfN(rapid.Int32Range(math.MinInt8, math.MaxInt8), n, n).Draw(t, name)
		}
		depthwise := rapid.Bool().Draw(t, "depthwise")
		l := &layer{y: 1, channelsIn: size("channels", 20), zero: rapid.Int32Range(math.MinInt8, math.MaxInt8).Draw(t, "zero")}
		l.rounding = rounding{zero: rapid.Int32Range(-128, 127).Draw(t, "zero out"), low: math.MinInt8, high: rapid.Int32Range(0, 127).Draw(t, "high")}
		if l.channelsOut = l.channelsIn; !depthwise {
			l.channelsOut = size("channels out", 20)
		}
		for i := range 2 {
			l.kernel[i], l.stride[i], l.in[i] = size("kernel", 4), size("stride", 3), size("in", 6)
			l.out[i] = (l.in[i] + l.stride[i] - 1) / l.stride[i]
			l.pad[i] = max((l.out[i]-1)*l.stride[i]+l.kernel[i]-l.in[i], 0) / 2
		}
		l.n = l.kernel[0] * l.kernel[1] * l.channelsIn
		weights := l.n
		if !depthwise {
			weights *= l.channelsOut
		}
		l.weights = int8s("weights", weights)
		for range l.channelsOut {
			l.bias = append(l.bias, rapid.Int32Range(-1e6, 1e6).Draw(t, "bias"))
			l.factors = append(l.factors, rapid.Float64Range(1e-6, 1e-1).Draw(t, "factor"))
		}
		x := int8s("x", l.in[0]*l.in[1]*l.channelsIn)
		want := slow(l, x, depthwise)
		s := &Stream{integer: [][]int32{x, make([]int32, len(want))}, scratch: make([]int32, len(x)), wide: make([]int64, max(len(x), l.n))}
		forms := map[string]func(*Stream){"each channel": l.eachChannel}
		if !depthwise {
			l.packed = pack(l.weights, l.channelsOut, l.n)
			forms = map[string]func(*Stream){"convolve": l.convolve}
			if l.kernel == [2]int{1, 1} && l.stride == [2]int{1, 1} {
				forms["pointwise"] = l.pointwise
			}
		}
		for name, run := range forms {
			clear(s.integer[1])
			if run(s); !slices.Equal(s.integer[1], want) {
				t.Fatalf("%s gives %v, want %v", name, s.integer[1], want)
			}
		}
	})
}

// TestProductsAtTheirLargest fills both halves of a pair to the brim, where one could spill into the other.
func TestProductsAtTheirLargest(t *testing.T) {
	const n = maxProducts
	for _, signs := range [][2]int32{{1, 1}, {1, -1}, {-1, 1}, {-1, -1}} {
		weights := slices.Concat(slices.Repeat([]int32{-128 * signs[0]}, n), slices.Repeat([]int32{-128 * signs[1]}, n))
		l := &layer{channelsOut: 2, bias: []int32{0, 0}, factors: []float64{1, 1}, rounding: rounding{low: math.MinInt32, high: math.MaxInt32}}
		l.packed = pack(weights, 2, n)
		x := make([]int64, n)
		for i := range x {
			x[i] = -255
		}
		out := make([]int32, 2)
		l.products(out, x)
		if want := []int32{signs[0] * 255 * 128 * n, signs[1] * 255 * 128 * n}; !slices.Equal(out, want) {
			t.Errorf("%v, want %v", out, want)
		}
	}
}

func TestRound(t *testing.T) {
	r := rounding{zero: -3, low: -128, high: 127}
	tests := []struct {
		v      float64
		want   int32
		reason string
	}{
		{2.5, 0, "halves go up"}, {-2.5, -5, "below zero too"}, {math.Nextafter(2.5, 0), -1, "a little less does not"},
		{-0.5, -3, "minus a half is zero"}, {math.Nextafter(-0.5, -1), -4, "a little less is not"}, {1e18, 127, "the highest"}, {-1e18, -128, "the lowest"},
	}
	for _, test := range tests {
		if got := r.round(test.v); got != test.want || got != roundDown(r, test.v) {
			t.Errorf("%v becomes %d, want %d: %s", test.v, got, test.want, test.reason)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(rapid.Float64Range(-200, 200), rapid.Float64Range(-1e18, 1e18), rapid.Map(rapid.IntRange(-400, 400), func(i int) float64 { return float64(i) / 2 })).Draw(t, "v")
		if got, want := r.round(v), roundDown(r, v); got != want {
			t.Fatalf("%v becomes %d, want %d", v, got, want)
		}
	})
}
