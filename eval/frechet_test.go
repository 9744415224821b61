package eval

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

func TestFrechetDistanceGolden(t *testing.T) {
	g := readGolden(t)
	for _, name := range []string{"fd", "fd_lowrank", "fd_same"} {
		t.Run(name, func(t *testing.T) {
			x, y := g.features(t, name+".x"), g.features(t, name+".y")
			a, b := momentsOf(t, x), momentsOf(t, y)
			near := cmpopts.EquateApprox(1e-11, 1e-11)
			for i, m := range []*Moments{a, b} {
				covariance, err := m.Covariance()
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(g.values(t, fmt.Sprintf("%s.mu%d", name, i+1)), m.Mean(), near); diff != "" {
					t.Errorf("mean %d (-want +got):\n%s", i+1, diff)
				}
				if diff := cmp.Diff(g.values(t, fmt.Sprintf("%s.cov%d", name, i+1)), mat.DenseCopyOf(covariance).RawMatrix().Data, near); diff != "" {
					t.Errorf("covariance %d (-want +got):\n%s", i+1, diff)
				}
			}
			got, err := FrechetDistance(a, b)
			if err != nil {
				t.Fatal(err)
			}
			if want := g.value(t, name+".d"); math.Abs(got-want) > 1e-9*max(1, want) {
				t.Errorf("%v, want %v", got, want)
			}
			if other, err := FrechetDistanceOf(x, y); err != nil || other != got {
				t.Errorf("%v, %v of the features, %v of their moments", other, err, got)
			}
		})
	}
}

// The trace of the root, by a dense square root of the covariances: more rows than dimensions, fewer, and the 4×4 on
// which torch-fidelity once gave NaN.
func TestFrechetDistanceAgainstDenseRoot(t *testing.T) {
	for _, rows := range []int{2, 4, 7, 32, 200} {
		for _, dims := range []int{1, 2, 4, 16, 64} {
			x, y := normalRows(1, rows, dims, 1), normalRows(2, rows+3, dims, 2)
			got, err := FrechetDistanceOf(x, y)
			if err != nil {
				t.Fatal(err)
			}
			// The dense root takes square roots of rounding errors where the rank is low: it is the less exact of the two.
			if want := denseFrechet(t, momentsOf(t, x), momentsOf(t, y)); !(math.Abs(got-want) <= 1e-5*max(1, want)) {
				t.Errorf("%d×%d: %v, by a dense root %v", rows, dims, got, want)
			}
		}
	}
}

// denseFrechet follows the definition by way of Σa^½·Σb·Σa^½, whose eigenvalues are those of Σa·Σb.
func denseFrechet(t *testing.T, a, b *Moments) float64 {
	ca, err := a.Covariance()
	if err != nil {
		t.Fatal(err)
	}
	cb, err := b.Covariance()
	if err != nil {
		t.Fatal(err)
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(ca, true) {
		t.Fatal("no eigenvalues")
	}
	var vectors, root, product mat.Dense
	eigen.VectorsTo(&vectors)
	values := eigen.Values(nil)
	for i, v := range values {
		values[i] = math.Sqrt(max(v, 0))
	}
	root.Product(&vectors, mat.NewDiagDense(len(values), values), vectors.T())
	product.Product(&root, cb, &root)
	n := a.Dims()
	symmetric := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			symmetric.SetSym(i, j, (product.At(i, j)+product.At(j, i))/2)
		}
	}
	if !eigen.Factorize(symmetric, false) {
		t.Fatal("no eigenvalues")
	}
	d := ca.Trace() + cb.Trace()
	for _, v := range eigen.Values(nil) {
		d -= 2 * math.Sqrt(max(v, 0))
	}
	ma, mb := a.Mean(), b.Mean()
	for i := range ma {
		d += (ma[i] - mb[i]) * (ma[i] - mb[i])
	}
	return d
}

func TestFrechetDistanceAnalytic(t *testing.T) {
	tests := []struct {
		name   string
		x, y   Features
		want   float64
		reason string
	}{
		{"two points moved", Features{2, 1, []float32{-1, 1}}, Features{2, 1, []float32{2, 4}}, 9, "only the means differ"},
		{"stretched", Features{2, 1, []float32{-1, 1}}, Features{2, 1, []float32{-3, 3}}, 8, "(√2 - 3√2)²"},
		{"points", Features{3, 2, []float32{1, 2, 1, 2, 1, 2}}, Features{2, 2, []float32{4, 6, 4, 6}}, 25, "no variance at all, more rows than dimensions"},
		{"across", Features{2, 2, []float32{-1, 0, 1, 0}}, Features{2, 2, []float32{0, -1, 0, 1}}, 4, "Σa·Σb = 0: the traces alone"},
	}
	for _, test := range tests {
		got, err := FrechetDistanceOf(test.x, test.y)
		if err != nil || math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%s: %v, %v, want %v: %s", test.name, got, err, test.want, test.reason)
		}
	}
}

func TestFrechetDistanceProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims := rapid.IntRange(1, 6).Draw(t, "dims")
		x, y := drawFeatures(t, dims, 2), drawFeatures(t, dims, 2)
		xy, yx := frechetOf(t, x, y), frechetOf(t, y, x)
		scale := 1 + xy + frechetOf(t, x, Features{2, dims, make([]float32, 2*dims)})
		if xy < 0 || math.IsNaN(xy) || math.Abs(xy-yx) > 1e-9*scale {
			t.Errorf("%v one way, %v the other", xy, yx)
		}
		if same := frechetOf(t, x, x); same > 1e-9*scale {
			t.Errorf("%v on itself", same)
		}
		moved := Features{y.Rows, dims, append([]float32(nil), y.Data...)}
		for i := range moved.Data {
			moved.Data[i] += 8 // exact in float32 beside the small integers drawn
		}
		mx, my := meanRow(x), meanRow(y)
		for i := range mx {
			gap := mx[i] - my[i]
			xy += (gap-8)*(gap-8) - gap*gap
		}
		if got := frechetOf(t, x, moved); math.Abs(got-xy) > 1e-9*(scale+64*float64(dims)) {
			t.Errorf("moved by 8: %v, want %v", got, xy)
		}
	})
}

func frechetOf(t *rapid.T, x, y Features) float64 {
	d, err := FrechetDistanceOf(x, y)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Where N < D nothing of D×D is made, which would take minutes: Cholesky's factors alone are 23 GFLOP each.
func TestFrechetDistanceOfManyDimensions(t *testing.T) {
	x, y := normalRows(1, 256, 4096, 1), normalRows(2, 256, 4096, 1)
	d, err := FrechetDistanceOf(x, y)
	if err != nil {
		t.Fatal(err)
	}
	// The singular values of two N×D matrices that know nothing of each other sum up to little.
	if d < 4096 || d > 8192 {
		t.Errorf("%v: want less than both traces, 2·4096, by what chance makes alike", d)
	}
}

// Large ranks take another way to the same sum.
func TestGramNorm(t *testing.T) {
	for _, test := range []struct {
		rows, columns int
		reason        string
	}{{40, 40, "square"}, {30, 50, "wide"}, {50, 30, "high"}, {20, 60, "of lower rank"}} {
		x := normalRows(uint64(test.rows), test.rows, test.columns, 1)
		m := mat.NewDense(test.rows, test.columns, inDouble(x))
		if test.reason == "of lower rank" { // as of centred rows
			m.SetRow(0, make([]float64, test.columns))
		}
		var svd mat.SVD
		if !svd.Factorize(m, mat.SVDNone) {
			t.Fatal("no singular values")
		}
		want := floats.Sum(svd.Values(nil))
		got, err := gramNorm(m)
		if err != nil || math.Abs(got-want) > 1e-9*want {
			t.Errorf("%s: %v, %v, want %v", test.reason, got, err, want)
		}
	}
}

func BenchmarkFrechetDistance2048x4096(b *testing.B) {
	x, y := normalRows(1, 2048, 4096, 1), normalRows(2, 2048, 4096, 1)
	for b.Loop() {
		if _, err := FrechetDistanceOf(x, y); err != nil {
			b.Fatal(err)
		}
	}
}

func TestFrechetDistanceErrors(t *testing.T) {
	one, two := normalRows(1, 1, 3, 1), normalRows(1, 2, 3, 1)
	tests := []struct {
		name string
		x, y Features
		want error
	}{
		{"one clip", one, two, ErrShape},
		{"one clip of the second", two, one, ErrShape},
		{"other dimensions", two, normalRows(1, 2, 4, 1), ErrShape},
		{"infinite", two, Features{2, 3, []float32{0, 0, 0, 0, 0, float32(math.Inf(1))}}, ErrValue},
	}
	for _, test := range tests {
		if _, err := FrechetDistanceOf(test.x, test.y); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	if _, err := FrechetDistance(NewMoments(3), momentsOf(t, two)); !errors.Is(err, ErrShape) {
		t.Errorf("no clips: %v", err)
	}
}

func ExampleFrechetDistance() {
	a, b := NewMoments(1), NewMoments(1)
	for _, batch := range []Features{{Rows: 1, Dims: 1, Data: []float32{-1}}, {Rows: 1, Dims: 1, Data: []float32{1}}} {
		if err := a.Add(batch); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := b.Add(Features{Rows: 2, Dims: 1, Data: []float32{2, 4}}); err != nil {
		fmt.Println(err)
		return
	}
	d, err := FrechetDistance(a, b)
	fmt.Printf("%.3f %v\n", d, err)
	// Output: 9.000 <nil>
}
