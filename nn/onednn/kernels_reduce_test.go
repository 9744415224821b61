package onednn_test

import (
	"math"
	"slices"
	"testing"

	"videogan/nn/onednn"
)

func TestSum(t *testing.T) {
	type sum struct {
		dims []int
		over []bool
	}
	tests := []sum{
		{nil, nil},
		{[]int{1}, []bool{true}},
		{[]int{100_000}, []bool{true}},
		{[]int{100_000}, []bool{false}},
		{[]int{3, 40_000}, []bool{false, true}},
		{[]int{40_000, 3}, []bool{true, false}},
		{[]int{40_000, 3}, []bool{false, true}},
		{[]int{50, 1_000}, []bool{true, false}},
		{[]int{200, 3, 1_000}, []bool{false, true, false}},
		{[]int{70, 3, 2, 5, 600}, []bool{false, true, false, true, false}},
		{[]int{4, 17, 300}, []bool{true, false, true}},
		{[]int{40, 17, 33}, []bool{false, true, false}},
		{[]int{2, 3, 4, 5, 6, 7}, []bool{true, false, true, false, true, false}},
		{[]int{2, 3, 4, 5, 6, 7}, []bool{false, true, false, true, false, true}},
	}
	rng := random(1)
	for range 60 {
		var s sum
		for range 1 + rng.IntN(6) {
			s.dims = append(s.dims, 1+rng.IntN(7))
			s.over = append(s.over, rng.IntN(2) == 0)
		}
		tests = append(tests, s)
	}
	for _, test := range tests {
		x := normals(rng, product(test.dims), 0.1, 1)
		kept := slices.Clone(test.dims)
		for i, over := range test.over {
			if over {
				kept[i] = 1
			}
		}
		strides := denseStrides(kept)
		for i, over := range test.over {
			if over {
				strides[i] = 0
			}
		}
		want, scale := make([]float64, product(kept)), make([]float64, product(kept))
		dense := denseStrides(test.dims)
		eachIndex(test.dims, func(index []int) {
			v := float64(x[offset(index, dense)])
			want[offset(index, strides)] += v
			scale[offset(index, strides)] += math.Abs(v)
		})
		y := append(dirty(len(want)), -1)
		onednn.Sum(test.dims, test.over, at(x), at(y))
		if report, ok := far(y, float32s(want), 1e-7, slices.Max(scale)); !ok || y[len(want)] != -1 {
			t.Errorf("%v over %v: %s (and one past the end: %v)", test.dims, test.over, report, y[len(want)])
		}
	}
}

// A sum of many equal numbers, which float32 alone cannot add.
func TestSumIsAccurate(t *testing.T) {
	const n = 1 << 22
	x := slices.Repeat([]float32{0.1}, n)
	got := make([]float32, 1)
	onednn.Sum([]int{n}, []bool{true}, at(x), at(got))
	if want := float32(n * float64(float32(0.1))); got[0] != want {
		t.Errorf("got %v, want %v", got[0], want)
	}
}

func TestSoftmax(t *testing.T) {
	for _, test := range []struct{ outer, axis, inner int }{{1, 1, 1}, {3, 5, 1}, {700, 101, 1}, {2, 9, 3}, {4, 33, 40}, {1, 2, 20_000}} {
		n := test.outer * test.axis * test.inner
		x := normals(random(4), n, 0, 30)
		want, wantLog := make([]float32, n), make([]float32, n)
		for o := range test.outer {
			for j := range test.inner {
				line := func(i int) int { return (o*test.axis+i)*test.inner + j }
				highest, sum := math.Inf(-1), 0.0
				for i := range test.axis {
					highest = max(highest, float64(x[line(i)]))
				}
				for i := range test.axis {
					sum += math.Exp(float64(x[line(i)]) - highest)
				}
				for i := range test.axis {
					v := float64(x[line(i)]) - highest - math.Log(sum)
					want[line(i)], wantLog[line(i)] = float32(math.Exp(v)), float32(v)
				}
			}
		}
		y := dirty(n)
		onednn.Softmax(at(x), test.outer, test.axis, test.inner, false, at(y))
		near(t, "softmax", y, want, 2e-6, 1e-3)
		onednn.Softmax(at(x), test.outer, test.axis, test.inner, true, at(y))
		near(t, "log softmax", y, wantLog, 1e-6, 1)
		in := slices.Clone(x)
		onednn.Softmax(at(in), test.outer, test.axis, test.inner, false, at(in))
		near(t, "softmax in place", in, want, 2e-6, 1e-3)
	}
}
