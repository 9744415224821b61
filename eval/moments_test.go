package eval

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"
)

// Moments of rows in any portions are those of all rows at once, to the bit, and near those that gonum finds.
func TestMomentsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims := rapid.IntRange(1, 5).Draw(t, "dims")
		f := drawFeatures(t, dims, 2)
		whole, parts := NewMoments(dims), NewMoments(dims)
		if err := whole.Add(f); err != nil {
			t.Fatal(err)
		}
		for from := 0; from < f.Rows; {
			to := min(f.Rows, from+rapid.IntRange(0, 4).Draw(t, "rows"))
			if err := parts.Add(f.Slice(from, to)); err != nil {
				t.Fatal(err)
			}
			from = to
			if from >= 2 { // looking must change nothing
				if _, err := parts.Covariance(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if parts.Count() != f.Rows || len(parts.pending) > dims*dims {
			t.Errorf("%d rows counted of %d, %d numbers pending", parts.Count(), f.Rows, len(parts.pending))
		}
		a, b := covarianceOf(t, whole), covarianceOf(t, parts)
		if diff := cmp.Diff(a.RawMatrix().Data, b.RawMatrix().Data); diff != "" {
			t.Errorf("covariance in parts:\n%s", diff)
		}
		if diff := cmp.Diff(whole.Mean(), parts.Mean()); diff != "" {
			t.Errorf("mean in parts:\n%s", diff)
		}
		want := mat.NewSymDense(dims, nil)
		stat.CovarianceMatrix(want, mat.NewDense(f.Rows, dims, inDouble(f)), nil)
		near := cmpopts.EquateApprox(1e-12, 1e-12)
		if diff := cmp.Diff(mat.DenseCopyOf(want).RawMatrix().Data, a.RawMatrix().Data, near); diff != "" {
			t.Errorf("against gonum (-want +got):\n%s", diff)
		}
		root, trace, err := whole.root()
		if err != nil {
			t.Fatal(err)
		}
		product := mat.NewDense(dims, dims, nil)
		if root != nil {
			product.Mul(root.T(), root)
		}
		if diff := cmp.Diff(a.RawMatrix().Data, product.RawMatrix().Data, cmpopts.EquateApprox(1e-9, 1e-9)); diff != "" {
			t.Errorf("root squared (-want +got):\n%s", diff)
		}
		if math.Abs(trace-mat.Trace(a)) > 1e-12*(1+trace) {
			t.Errorf("trace %v, want %v", trace, mat.Trace(a))
		}
	})
}

// Features far from zero keep their digits.
func TestMomentsFarFromZero(t *testing.T) {
	m := NewMoments(1)
	for range 1000 {
		if err := m.Add(Features{2, 1, []float32{1e6, 1e6 + 1}}); err != nil {
			t.Fatal(err)
		}
	}
	covariance, err := m.Covariance()
	if err != nil {
		t.Fatal(err)
	}
	if want := 500.0 / 1999; math.Abs(covariance.At(0, 0)-want) > 1e-9 {
		t.Errorf("variance %v, want %v", covariance.At(0, 0), want)
	}
}

func TestMomentsErrors(t *testing.T) {
	m := NewMoments(2)
	if err := m.Add(Features{1, 3, []float32{1, 2, 3}}); !errors.Is(err, ErrShape) {
		t.Errorf("other dimensions: %v", err)
	}
	if err := m.Add(Features{2, 2, []float32{1, 2, 3, float32(math.NaN())}}); !errors.Is(err, ErrValue) {
		t.Errorf("not a number: %v", err)
	}
	if m.Count() != 0 {
		t.Errorf("%d rows after errors", m.Count())
	}
	if _, err := m.Covariance(); !errors.Is(err, ErrShape) {
		t.Errorf("covariance of nothing: %v", err)
	}
}

func momentsOf(t testing.TB, f Features) *Moments {
	t.Helper()
	m := NewMoments(f.Dims)
	if err := m.Add(f); err != nil {
		t.Fatal(err)
	}
	return m
}

func covarianceOf(t *rapid.T, m *Moments) *mat.Dense {
	c, err := m.Covariance()
	if err != nil {
		t.Fatal(err)
	}
	return mat.DenseCopyOf(c)
}

// drawFeatures draws at least least rows of small integers, equal rows among them.
func drawFeatures(t *rapid.T, dims, least int) Features {
	rows := rapid.IntRange(least, 16).Draw(t, "rows")
	f := Features{Rows: rows, Dims: dims}
	for range rows * dims {
		f.Data = append(f.Data, float32(rapid.IntRange(-4, 4).Draw(t, "value")))
	}
	return f
}
