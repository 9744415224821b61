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
func weightOf(t testing.TB, values []float32, rows int, kernels Kernels) *matrix {
	t.Helper()
	p, err := nn.NewParams(1).New("dis/c0/weight", true, stored(values), rows, len(values)/rows)
	if err != nil {
		t.Fatal(err)
	}
	return newMatrix(p, kernels)
}

// singularValues by gonum's SVD of the whole matrix, largest first.
func singularValues(values []float32, rows int) []float64 {
	var svd mat.SVD
	if !svd.Factorize(mat.NewDense(rows, len(values)/rows, widen(values)), mat.SVDNone) {
		return nil
	}
	return svd.Values(nil)
}

// Clipping by the small Gram matrix is clipping by a full decomposition.
func TestSingularValueClippingIsGolden(t *testing.T) {
	g := readGolden(t, "svc")
	for _, name := range g.cases() {
		if name == "bn" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			w, want := g.get(t, name+".w"), g.get(t, name+".w_clipped")
			rows := w.shape[0]
			values := narrow(w.data)
			m := weightOf(t, values, rows, GonumKernels())
			if err := m.clip(); err != nil {
				t.Fatal(err)
			}
			compare(t, "float32", widen(m.data), want.data, 2e-6)
			compare(t, "largest", []float64{m.exact}, g.get(t, name+".s_after").data[:1], 1e-9)

			// The operator itself, in float64.
			small := min(rows, len(values)/rows)
			gram := make([]float64, small*small)
			if err := GonumKernels().Gram(gram, values, rows, len(values)/rows); err != nil {
				t.Fatal(err)
			}
			operator, largest, err := shrink(gram, small)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, "σ_max", []float64{largest}, g.get(t, name+".s").data[:1], 1e-9)
			clipped := mat.NewDense(rows, len(values)/rows, slices.Clone(w.data))
			if operator != nil {
				o := mat.NewDense(small, small, operator)
				if small == rows {
					clipped.Mul(o, mat.NewDense(rows, len(values)/rows, slices.Clone(w.data)))
				} else {
					clipped.Mul(mat.NewDense(rows, len(values)/rows, slices.Clone(w.data)), o)
				}
			}
			compare(t, "float64", clipped.RawMatrix().Data, want.data, 1e-9)
		})
	}
}

// After the clip no singular value is over 1, those that were not are as they
// were, and a weight that had none over 1 has not a bit changed.
func TestClipProperties(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		rows, cols := rapid.IntRange(1, 12).Draw(r, "rows"), rapid.IntRange(1, 12).Draw(r, "cols")
		scale := rapid.Float32Range(0, 1.5).Draw(r, "scale")
		values := rapid.SliceOfN(rapid.Float32Range(-1, 1), rows*cols, rows*cols).Draw(r, "values")
		for i := range values {
			values[i] *= scale
		}
		before := singularValues(values, rows)
		m := weightOf(t, values, rows, GonumKernels())
		if err := m.clip(); err != nil {
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
	m := weightOf(t, values, 20, GonumKernels())
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

// The device's products are the reference's, on both sides of a matrix.
func TestDeviceKernels(t *testing.T) {
	dev := openDevice(t)
	device := newDeviceKernels(dev)
	defer device.close()
	for _, shape := range [][2]int{{7, 33}, {33, 7}, {1, 40}, {64, 300}} {
		values := randomWeight(shape[0], shape[1], 0.5)
		got, want := weightOf(t, values, shape[0], device.kernels()), weightOf(t, values, shape[0], GonumKernels())
		for _, m := range []*matrix{got, want} {
			if err := m.clip(); err != nil {
				t.Fatal(err)
			}
		}
		compare(t, "clipped", widen(got.data), widen(want.data), 1e-5)
		if s := singularValues(got.data, shape[0])[0]; s > 1+1e-5 {
			t.Errorf("%v: σ_max %v after the clip", shape, s)
		}
	}
}

func TestClipReportsNaN(t *testing.T) {
	m := weightOf(t, []float32{1, 2, 3, 4}, 2, GonumKernels())
	m.data[3] = float32(math.NaN())
	if err := m.clip(); err == nil {
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
	device := newDeviceKernels(dev)
	b.Cleanup(func() { _ = device.close() })
	for _, kernels := range []struct {
		name string
		Kernels
	}{{"device", device.kernels()}, {"gonum", GonumKernels()}} {
		b.Run(kernels.name, func(b *testing.B) {
			var weights [][]float32
			var layers []*matrix
			for _, shape := range [][2]int{{64, 192}, {128, 4096}, {256, 8192}, {512, 16384}, {1, 8192}} {
				w := randomWeight(shape[0], shape[1], float32(1/math.Sqrt(float64(shape[1]))))
				weights, layers = append(weights, w), append(layers, weightOf(b, w, shape[0], kernels.Kernels))
			}
			for b.Loop() {
				for i, m := range layers {
					copy(m.data, weights[i])
					if err := m.clip(); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
