package exec_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"videogan/nn"
	"videogan/nn/exec"
)

// clippedOn clips a matrix of rows×cols on so many threads; its singular values are about 1.
func clippedOn(t *testing.T, threads, rows, cols int) ([]float32, float64) {
	t.Helper()
	dev, err := exec.NewDevice(exec.DeviceOptions{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	rng := nn.Stream(1, "weight")
	w := make([]float32, rows*cols)
	for i := range w {
		w[i] = float32(rng.NormFloat64() / math.Sqrt(float64(max(rows, cols))))
	}
	largest, err := dev.ClipSingularValues(exec.Matrix{Values: w, Rows: rows, Cols: cols})
	if err != nil {
		t.Fatal(err)
	}
	return w, largest[0]
}

func TestClipSingularValuesGivesTheSameBitsOnAnyThreads(t *testing.T) {
	for _, shape := range [][2]int{{140, 2300}, {300, 210}} {
		want, sigma := clippedOn(t, 1, shape[0], shape[1])
		for _, threads := range []int{2, 3, 5} {
			got, again := clippedOn(t, threads, shape[0], shape[1])
			if !slices.Equal(got, want) || again != sigma {
				t.Errorf("%v: %d threads and 1 differ: σ_max %v and %v", shape, threads, again, sigma)
			}
		}
	}
}

func TestClipSingularValuesRefuses(t *testing.T) {
	dev, err := exec.NewDevice(exec.DeviceOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	if _, err := dev.ClipSingularValues(exec.Matrix{Values: make([]float32, 5), Rows: 2, Cols: 3}); !errors.Is(err, nn.ErrShape) {
		t.Errorf("5 numbers for 2×3: %v", err)
	}
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), 1e30} {
		w := []float32{1, 2, 3, bad, 5, 6}
		before := slices.Clone(w[:3])
		good := exec.Matrix{Values: []float32{3, 4}, Rows: 1, Cols: 2}
		largest, err := dev.ClipSingularValues(good, exec.Matrix{Values: w, Rows: 2, Cols: 3})
		if !errors.Is(err, exec.ErrNonFinite) {
			t.Errorf("with %v: %v", bad, err)
		}
		if len(largest) != 1 || math.Abs(largest[0]-5) > 1e-6 || math.Abs(float64(good.Values[1])-0.8) > 1e-6 {
			t.Errorf("with %v: the matrix before has σ_max %v and becomes %v, want 5 and 0.6, 0.8", bad, largest, good.Values)
		}
		if !slices.Equal(w[:3], before) {
			t.Errorf("with %v: the weight changed", bad)
		}
	}
}
