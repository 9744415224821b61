package gan

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"videogan/nn"
	"videogan/nn/exec"
)

// weightOf is a matrix of the given values.
func weightOf(t testing.TB, values []float32, rows int, dev *exec.Device) *matrix {
	t.Helper()
	p, err := nn.NewParams(1).New("dis/c0/weight", true, stored(values), rows, len(values)/rows)
	if err != nil {
		t.Fatal(err)
	}
	return newMatrix(p, dev)
}

// clipReference clips in float64, by all eigenvectors of the Gram matrix.
func clipReference(t testing.TB, w []float64, rows, cols int) (clipped []float64, largest float64) {
	t.Helper()
	wide := mat.NewDense(rows, cols, w)
	if rows > cols {
		wide = mat.DenseCopyOf(wide.T())
	}
	n, _ := wide.Dims()
	var gram, product mat.Dense
	gram.Mul(wide, wide.T())
	operator, largest := shrink(t, gram.RawMatrix().Data, n)
	product.Mul(mat.NewDense(n, n, operator), wide)
	if rows > cols {
		product = *mat.DenseCopyOf(product.T())
	}
	return product.RawMatrix().Data, largest
}

// shrink is the operator M that sets the singular values of W that are over 1 to
// 1, from W's Gram matrix G (n×n), and the largest singular value. With G = U·Σ²·Uᵀ,
//
//	M = I - Σ_b (1 - 1/σ_b)·u_b·u_bᵀ   over the directions b with σ_b > 1,
//
// and the clipped weight is M·W for G = W·Wᵀ, W·M for G = Wᵀ·W.
func shrink(t testing.TB, gram []float64, n int) (operator []float64, largest float64) {
	t.Helper()
	var eigen mat.EigenSym
	if !eigen.Factorize(mat.NewSymDense(n, gram), true) {
		t.Fatal("no eigenvalues")
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	operator = make([]float64, n*n)
	for i := range n {
		operator[i*n+i] = 1
	}
	for b, v := range eigen.Values(nil) {
		sigma := math.Sqrt(max(v, 0))
		largest = max(largest, sigma)
		if sigma <= 1 {
			continue
		}
		for i := range n {
			for j := range n {
				operator[i*n+j] -= (1 - 1/sigma) * vectors.At(i, b) * vectors.At(j, b)
			}
		}
	}
	return operator, largest
}

// singularValues by gonum's SVD of the whole matrix, largest first.
func singularValues(values []float32, rows int) []float64 {
	var svd mat.SVD
	if !svd.Factorize(mat.NewDense(rows, len(values)/rows, widen(values)), mat.SVDNone) {
		return nil
	}
	return svd.Values(nil)
}

// Clipping on the device and by the small Gram matrix is clipping by a full decomposition.
func TestSingularValueClippingIsGolden(t *testing.T) {
	g, dev := readGolden(t, "svc"), openDevice(t)
	for _, name := range g.cases() {
		if name == "bn" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			w, want := g.get(t, name+".w"), g.get(t, name+".w_clipped")
			rows := w.shape[0]
			m := weightOf(t, narrow(w.data), rows, dev)
			if err := clipAll([]*matrix{m}); err != nil {
				t.Fatal(err)
			}
			compare(t, "device", widen(m.data), want.data, 2e-6)
			compare(t, "largest", []float64{m.exact}, g.get(t, name+".s_after").data[:1], 1e-6)

			clipped, largest := clipReference(t, slices.Clone(w.data), rows, len(w.data)/rows)
			compare(t, "σ_max", []float64{largest}, g.get(t, name+".s").data[:1], 1e-9)
			compare(t, "reference", clipped, want.data, 1e-9)
		})
	}
}

// After the clip no singular value is over 1, those that were not are as they
// were, and a weight that had none over 1 has not a bit changed.
func TestClipProperties(t *testing.T) {
	dev := openDevice(t)
	rapid.Check(t, func(r *rapid.T) {
		rows, cols := rapid.IntRange(1, 12).Draw(r, "rows"), rapid.IntRange(1, 12).Draw(r, "cols")
		scale := rapid.Float32Range(0, 1.5).Draw(r, "scale")
		values := rapid.SliceOfN(rapid.Float32Range(-1, 1), rows*cols, rows*cols).Draw(r, "values")
		for i := range values {
			values[i] *= scale
		}
		before := singularValues(values, rows)
		m := weightOf(t, values, rows, dev)
		if err := clipAll([]*matrix{m}); err != nil {
			r.Fatal(err)
		}
		if before[0] <= 1-1e-6 && !slices.Equal(m.data, values) {
			r.Fatalf("σ_max %v: the weight changed", before[0])
		}
		for i, s := range singularValues(m.data, rows) {
			if want := min(before[i], 1); math.Abs(s-want) > 1e-5 {
				r.Fatalf("singular value %d is %v after the clip, want %v", i, s, want)
			}
		}
	})
}

// The power iteration reaches the largest singular value from below.
func TestLargestFollowsTheSingularValue(t *testing.T) {
	values := randomWeight(20, 50, 0.1)
	m := weightOf(t, values, 20, nil)
	if err := (&constrainer{weights: []*matrix{m}}).follow(nn.NewParams(3)); err != nil {
		t.Fatal(err)
	}
	want, last := singularValues(values, 20)[0], 0.0
	for range 40 {
		got := m.largest()
		if got < last-1e-5 || got > want+1e-5 {
			t.Fatalf("estimate went from %v to %v, the value is %v", last, got, want)
		}
		last = got
	}
	if math.Abs(last-want) > 1e-4 {
		t.Errorf("estimate %v after 200 iterations, want %v", last, want)
	}
}

// The device clips as the reference does, on both sides of a matrix and of every block.
func TestClipOnTheDevice(t *testing.T) {
	dev := openDevice(t)
	for _, test := range []struct {
		rows, cols int
		scale      float64 // of singular values around 1
		reason     string
	}{
		{1, 40, 2, "a vector"},
		{7, 33, 0.5, "none over 1"},
		{7, 33, 1, "a vector unit is wider"},
		{33, 7, 1, "higher than wide"},
		{48, 300, 1, "one block of reflections"},
		{49, 300, 1, "one more"},
		{130, 4200, 0.9, "few over 1, two chunks of columns"},
		{96, 960, 1, "whole tiles in whole panels, two blocks of reflections"},
		{200, 130, 1.2, "most over 1"},
		{90, 90, 1, "square: singular values next to 0"},
		{150, 400, 40, "far over 1"},
		{203, 2000, 1, "threads share the rows of its Gram matrix"},
	} {
		values := randomWeight(test.rows, test.cols, float32(test.scale/math.Sqrt(float64(max(test.rows, test.cols)))))
		want, largest := clipReference(t, widen(values), test.rows, test.cols)
		got := slices.Clone(values)
		sigmas, err := dev.ClipSingularValues(exec.Matrix{Values: got, Rows: test.rows, Cols: test.cols})
		if err != nil {
			t.Fatal(err)
		}
		sigma := sigmas[0]
		if math.Abs(sigma-largest) > 1e-5*largest {
			t.Errorf("%d×%d: σ_max %v, want %v: %s", test.rows, test.cols, sigma, largest, test.reason)
		}
		if largest < 1 && !slices.Equal(got, values) {
			t.Errorf("%d×%d: the weight changed: %s", test.rows, test.cols, test.reason)
		}
		tolerance := 2e-6 * max(1, largest)
		compare(t, test.reason, widen(got), want, tolerance)
		if s := singularValues(got, test.rows)[0]; s > 1+2e-6 {
			t.Errorf("%d×%d: σ_max %v after the clip: %s", test.rows, test.cols, s, test.reason)
		}
	}
}

func TestClipReportsNaN(t *testing.T) {
	m := weightOf(t, []float32{1, 2, 3, 4}, 2, openDevice(t))
	m.data[3] = float32(math.NaN())
	if err := clipAll([]*matrix{m}); err == nil {
		t.Error("no error for a weight with NaN")
	}
}

// randomWeight is a weight of rows×cols normal numbers times scale.
func randomWeight(rows, cols int, scale float32) []float32 {
	rng := nn.Stream(1, "weight")
	w := make([]float32, rows*cols)
	for i := range w {
		w[i] = scale * float32(rng.NormFloat64())
	}
	return w
}

// BenchmarkClipPaperLayers clips all layers of TGAN's discriminator.
func BenchmarkClipPaperLayers(b *testing.B) {
	dev, err := exec.NewDevice(exec.DeviceOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = dev.Close() })
	var weights [][]float32
	var layers []*matrix
	for _, shape := range [][2]int{{64, 192}, {128, 4096}, {256, 8192}, {512, 16384}, {1, 8192}} {
		w := randomWeight(shape[0], shape[1], float32(1/math.Sqrt(float64(shape[1]))))
		weights, layers = append(weights, w), append(layers, weightOf(b, w, shape[0], dev))
	}
	for b.Loop() {
		for i, m := range layers {
			copy(m.data, weights[i])
			if err := clipAll([]*matrix{m}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
