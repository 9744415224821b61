package nn

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func fillForTest(t testing.TB, init Initializer, shape ...int) []float64 {
	t.Helper()
	dst := make([]float64, size(shape))
	if err := init.Fill(dst, shape, Stream(11, init.Name())); err != nil {
		t.Fatal(err)
	}
	return dst
}

func TestInitializerMoments(t *testing.T) {
	shape := []int{64, 32, 3, 2} // fan-in 32·6, fan-out 64·6
	n := float64(size(shape))
	for _, test := range []struct {
		init      Initializer
		name      string
		mean, std float64
		bound     float64 // 0: none
	}{
		{Zeros(), "constant(0)", 0, 0, 0},
		{Constant(0.25), "constant(0.25)", 0.25, 0, 0},
		{Normal(0.02), "normal(0, 0.02)", 0, 0.02, 0},
		{NormalAround(1, 0.02), "normal(1, 0.02)", 1, 0.02, 0},
		{Uniform(0.01), "uniform(-0.01, 0.01)", 0, 0.01 / math.Sqrt(3), 0.01},
		{HeNormal(), "he_normal", 0, math.Sqrt(2. / 192), 0},
		{LeCunNormal(), "lecun_normal", 0, math.Sqrt(1. / 192), 0},
		{GlorotNormal(2), "glorot_normal(gain 2)", 0, 2 * math.Sqrt(2./(192+384)), 0},
		{GlorotUniform(math.Sqrt2), "glorot_uniform(gain 1.4142135623730951)", 0, math.Sqrt2 * math.Sqrt(2./(192+384)), math.Sqrt2 * math.Sqrt(6./(192+384))},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.init.Name(); got != test.name {
				t.Errorf("name %q, want %q", got, test.name)
			}
			sum, squares, largest := 0.0, 0.0, 0.0
			for _, v := range fillForTest(t, test.init, shape...) {
				sum += v
				squares += (v - test.mean) * (v - test.mean)
				largest = max(largest, math.Abs(v))
			}
			// Five standard errors: of the mean std/√n, of the standard deviation at most std/√(2n).
			if d := math.Abs(sum/n - test.mean); d > 5*test.std/math.Sqrt(n)+1e-12 {
				t.Errorf("mean is off by %g", d)
			}
			if d := math.Abs(math.Sqrt(squares/n) - test.std); d > 5*test.std/math.Sqrt(2*n) {
				t.Errorf("standard deviation is off by %g of %g", d, test.std)
			}
			if test.bound > 0 && (largest > test.bound || largest < 0.99*test.bound) {
				t.Errorf("largest value %g, want just under %g", largest, test.bound)
			}
		})
	}
}

func TestInitializerShapes(t *testing.T) {
	for _, init := range []Initializer{HeNormal(), LeCunNormal(), GlorotNormal(1), GlorotUniform(1), Orthogonal(1)} {
		err := init.Fill(make([]float64, 3), []int{3}, Stream(1, ""))
		if !errors.Is(err, ErrShape) {
			t.Errorf("%s of a vector: error %v, want one of shape", init.Name(), err)
		}
	}
}

// The shorter side of an orthogonal matrix consists of vectors of length gain at right angles.
func TestOrthogonal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(1, 6).Draw(t, "rows"), rapid.IntRange(1, 6).Draw(t, "cols")
		gain := rapid.Float64Range(0.5, 2).Draw(t, "gain")
		w := make([]float64, rows*cols)
		if err := Orthogonal(gain).Fill(w, []int{rows, cols}, Stream(rapid.Uint64().Draw(t, "seed"), "")); err != nil {
			t.Fatal(err)
		}
		n, at := rows, func(i, k int) float64 { return w[i*cols+k] }
		if rows > cols {
			n, at = cols, func(i, k int) float64 { return w[k*cols+i] }
		}
		for i := range n {
			for j := range n {
				dot := 0.0
				for k := range max(rows, cols) {
					dot += at(i, k) * at(j, k)
				}
				want := 0.0
				if i == j {
					want = gain * gain
				}
				if math.Abs(dot-want) > 1e-12 {
					t.Fatalf("vectors %d and %d of %d×%d: product %g, want %g", i, j, rows, cols, dot, want)
				}
			}
		}
	})
}

// Without the turn of Q's columns the first entry would always have the same sign.
func TestOrthogonalIsUniform(t *testing.T) {
	positive := 0
	for seed := range uint64(200) {
		w := make([]float64, 4)
		if err := Orthogonal(1).Fill(w, []int{2, 2}, Stream(seed, "orthogonal")); err != nil {
			t.Fatal(err)
		}
		if w[0] > 0 {
			positive++
		}
	}
	if positive < 65 || positive > 135 { // five standard errors
		t.Errorf("%d of 200 first entries are positive, want about half", positive)
	}
}

func TestUnitNormal(t *testing.T) {
	sum := 0.0
	for _, v := range fillForTest(t, UnitNormal(), 37) {
		sum += v * v
	}
	if math.Abs(sum-1) > 1e-12 {
		t.Errorf("squared length %g, want 1", sum)
	}
}

// What is not drawn in pieces needs memory of three times a parameter's size, and no graph is compiled meanwhile.
func TestInitializersFillInPieces(t *testing.T) {
	for _, init := range []Initializer{Zeros(), Normal(1), Uniform(1), HeNormal(), LeCunNormal(), GlorotNormal(1), GlorotUniform(1),
		InitialWeights{Gain: 0.5}.Initializer(), InitialWeights{Uniform: 0.05}.Initializer()} {
		if _, ok := init.(elementwise); !ok {
			t.Errorf("%s fills a parameter as a whole", init.Name())
		}
	}
}
