package gan

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/blas/blas64"
	"pgregory.net/rapid"
)

// The eigenpairs of any symmetric matrix give it back, and the vectors are
// orthonormal. Matrices are random, of low rank, diagonal, or a multiple of the identity.
func TestSymmetricEigenRebuildsItsMatrix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "n")
		rank := rapid.IntRange(0, n).Draw(t, "rank")
		number := rapid.Float64Range(-3, 3)
		a := make([]float64, n*n)
		for range rank {
			v := rapid.SliceOfN(number, n, n).Draw(t, "v")
			sign := rapid.SampledFrom([]float64{-1, 1}).Draw(t, "sign")
			for i := range n {
				for j := range n {
					a[i*n+j] += sign * v[i] * v[j]
				}
			}
		}
		if rapid.Bool().Draw(t, "diagonal") {
			shift := number.Draw(t, "shift")
			for i := range n {
				a[i*n+i] += shift
			}
		}
		scale := 1.0
		for _, v := range a {
			scale = max(scale, math.Abs(v))
		}
		values, vectors, err := symmetricEigen(append([]float64(nil), a...), n)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			for j := range n {
				sum, inner := 0.0, 0.0
				for k := range n {
					sum += values[k] * vectors[k*n+i] * vectors[k*n+j]
					inner += vectors[i*n+k] * vectors[j*n+k]
				}
				if math.Abs(sum-a[i*n+j]) > 1e-13*scale*float64(n) {
					t.Fatalf("element %d,%d is rebuilt as %v, want %v", i, j, sum, a[i*n+j])
				}
				if want := b2f(i == j); math.Abs(inner-want) > 1e-12 {
					t.Fatalf("vectors %d and %d have product %v, want %v", i, j, inner, want)
				}
			}
		}
	})
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func BenchmarkSymmetricEigen512(b *testing.B) {
	n := 512
	w := randomWeight(n, 2*n, 1)
	a := blas64.General{Rows: n, Cols: n, Stride: n, Data: make([]float64, n*n)}
	if err := GonumKernels().Gram(a.Data, w, n, 2*n); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := symmetricEigen(append([]float64(nil), a.Data...), n); err != nil {
			b.Fatal(err)
		}
	}
}
