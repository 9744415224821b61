package eval

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestKernelDistanceGolden(t *testing.T) {
	g := readGolden(t)
	x, y := g.features(t, "kid.x"), g.features(t, "kid.y")
	score, err := KernelDistance(x, y, KernelOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := g.value(t, "kid.unbiased")
	if math.Abs(score.Mean-want) > 1e-12*math.Abs(want) || score.Std != 0 {
		t.Errorf("%v ± %v, want %v ± 0", score.Mean, score.Std, want)
	}
	values, err := kernelDistances(x, y, subsetsOf(g, t, "kid.subset_x"), subsetsOf(g, t, "kid.subset_y"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(g.values(t, "kid.subset_values"), values, cmpopts.EquateApprox(1e-12, 1e-13)); diff != "" {
		t.Errorf("subsets (-want +got):\n%s", diff)
	}
	if mean := newScore(values).Mean; math.Abs(mean-g.value(t, "kid.subset_mean")) > 1e-12 {
		t.Errorf("mean of the subsets %v", mean)
	}
}

// subsetsOf sorts each subset, as kernelDistances wants them.
func subsetsOf(g goldenArrays, t *testing.T, name string) [][]int {
	values, width := g.values(t, name), g[name].shape[1]
	subsets := make([][]int, len(values)/width)
	for i, v := range values {
		at := len(subsets[i/width])
		for at > 0 && subsets[i/width][at-1] > int(v) {
			at--
		}
		s := append(subsets[i/width], 0)
		copy(s[at+1:], s[at:])
		s[at] = int(v)
		subsets[i/width] = s
	}
	return subsets
}

// Two normal distributions a shift μ apart in each dimension: with the cumulants of a·b/D, which are μ², (1+2·μ²)/D and
// 6·μ²/D² within the shifted one, the distance is 3·μ²+3·μ⁴+μ⁶ + 3·μ²·(1+2·μ²)/D + 6·μ²/D².
func TestKernelDistanceOfShiftedNormals(t *testing.T) {
	const rows, dims, shift = 1100, 32, 0.3 // three tiles a side
	x, y := normalRows(1, rows, dims, 1), normalRows(2, rows, dims, 1)
	for i := range y.Data {
		y.Data[i] += shift
	}
	score, err := KernelDistance(x, y, KernelOptions{Subsets: 8, SubsetSize: 700, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	const square = shift * shift
	want := 3*square + 3*square*square + square*square*square + 3*square*(1+2*square)/dims + 6*square/dims/dims
	if math.Abs(score.Mean/want-1) > 0.1 {
		t.Errorf("%v, want about %v", score.Mean, want)
	}
	if len(score.Values) != 8 || score.Std == 0 {
		t.Errorf("8 subsets gave %+v", score)
	}
	same, err := KernelDistance(x, normalRows(3, rows, dims, 1), KernelOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(same.Mean) > 0.01 {
		t.Errorf("%v between samples of one distribution", same.Mean)
	}
	again, err := KernelDistance(x, y, KernelOptions{Subsets: 8, SubsetSize: 700, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(score, again); diff != "" {
		t.Errorf("with the same seed:\n%s", diff)
	}
}

func TestKernelDistanceProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims := rapid.IntRange(1, 4).Draw(t, "dims")
		x, y := drawFeatures(t, dims, 2), drawFeatures(t, dims, 2)
		o := KernelOptions{Subsets: rapid.IntRange(0, 4).Draw(t, "subsets"), SubsetSize: rapid.IntRange(2, 40).Draw(t, "size")}
		if _, err := KernelDistance(x, y, o); err != nil { // a subset larger than there are clips is all of them
			t.Fatal(err)
		}
		xy, err := KernelDistance(x, y, KernelOptions{})
		if err != nil {
			t.Fatal(err)
		}
		yx, err := KernelDistance(y, x, KernelOptions{})
		if err != nil {
			t.Fatal(err)
		}
		want := slowKernelDistance(x, y)
		if scale := 1e-12 * (1 + math.Abs(want) + 1e4*float64(dims)); math.Abs(xy.Mean-want) > scale || math.Abs(yx.Mean-want) > scale {
			t.Errorf("%v and %v the other way, %v by the definition", xy.Mean, yx.Mean, want)
		}
	})
}

func slowKernelDistance(x, y Features) float64 {
	kernel := func(a, b []float32) float64 {
		dot := 0.0
		for i := range a {
			dot += float64(a[i]) * float64(b[i])
		}
		return math.Pow(dot/float64(len(a))+1, 3)
	}
	mean := func(x, y Features, same bool) float64 {
		sum, n := 0.0, 0
		for i := range x.Rows {
			for j := range y.Rows {
				if !same || i != j {
					sum += kernel(x.Row(i), y.Row(j))
					n++
				}
			}
		}
		return sum / float64(n)
	}
	return mean(x, x, true) + mean(y, y, true) - 2*mean(x, y, false)
}

func TestKernelDistanceErrors(t *testing.T) {
	two := normalRows(1, 2, 3, 1)
	tests := []struct {
		name string
		x, y Features
		o    KernelOptions
		want error
	}{
		{"one clip", normalRows(1, 1, 3, 1), two, KernelOptions{}, ErrShape},
		{"other dimensions", two, normalRows(1, 2, 4, 1), KernelOptions{}, ErrShape},
		{"subsets of one", two, two, KernelOptions{Subsets: 1, SubsetSize: 1}, ErrValue},
		{"negative", two, two, KernelOptions{Subsets: -1}, ErrValue},
		{"huge", two, Features{2, 3, []float32{3e38, 3e38, 3e38, 3e38, 3e38, 3e38}}, KernelOptions{}, nil},
	}
	for _, test := range tests {
		score, err := KernelDistance(test.x, test.y, test.o)
		if !errors.Is(err, test.want) || err == nil && !finite(score.Mean) {
			t.Errorf("%s: %v, %v, want %v", test.name, score.Mean, err, test.want)
		}
	}
}
