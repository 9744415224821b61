package eval

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"
)

// Moments gathers the mean and the covariance of features batch by batch, in float64. Memory stays below 2·D² numbers
// however many clips come: up to D rows are kept as they are, more are summed up. The result does not depend on how rows
// are split over calls. Moments are not for use by several goroutines.
type Moments struct {
	dims    int
	pending []float64 // rows not yet in sum and scatter, at most dims of them
	summed  int       // rows that are
	mean    []float64 // of the summed rows
	scatter blas64.Symmetric
}

// NewMoments starts with no clips of features with dims dimensions (at least 1).
func NewMoments(dims int) *Moments { return &Moments{dims: dims, mean: make([]float64, max(dims, 0))} }

// Dims is the number of dimensions.
func (m *Moments) Dims() int { return m.dims }

// Count is the number of clips so far.
func (m *Moments) Count() int { return m.summed + len(m.pending)/max(m.dims, 1) }

// Add takes a batch of features in. On an error none of them are: ErrShape for other dimensions, ErrValue for a number
// that is not finite.
func (m *Moments) Add(f Features) error {
	err := f.check(0)
	if err == nil && f.Dims != m.dims {
		err = fmt.Errorf("%w: want %d dimensions", ErrShape, m.dims)
	}
	if err != nil {
		return fmt.Errorf("eval: moments of features %v: %w", f, err)
	}
	for i := range f.Rows {
		if len(m.pending) == m.dims*m.dims {
			m.fold()
		}
		for _, v := range f.Row(i) {
			m.pending = append(m.pending, float64(v))
		}
	}
	return nil
}

// Mean is the mean of all clips, NaN of none.
func (m *Moments) Mean() []float64 {
	n := float64(m.Count())
	mean := make([]float64, m.dims)
	for i, v := range m.mean {
		mean[i] = v * float64(m.summed) / n
	}
	for at := 0; at < len(m.pending); at += m.dims {
		floats.AddScaled(mean, 1/n, m.pending[at:at+m.dims])
	}
	return mean
}

// Covariance is the D×D covariance of all clips, divisor N-1. ErrShape: fewer than two clips.
func (m *Moments) Covariance() (*mat.SymDense, error) {
	if m.Count() < 2 {
		return nil, fmt.Errorf("eval: covariance: %w: %d clips, want at least 2", ErrShape, m.Count())
	}
	sum := m.clone()
	sum.fold()
	floats.Scale(1/float64(sum.summed-1), sum.scatter.Data)
	return mat.NewSymDense(m.dims, sum.scatter.Data), nil
}

func (m *Moments) clone() *Moments {
	c := &Moments{dims: m.dims, summed: m.summed, scatter: m.scatter}
	c.pending = append(c.pending, m.pending...)
	c.mean = append(c.mean, m.mean...)
	c.scatter.Data = append([]float64(nil), m.scatter.Data...)
	return c
}

// fold adds the pending rows to the sums: their own scatter about their own mean, and what the distance of the two means
// adds (Chan, Golub, LeVeque 1983), which loses no digits where a sum of squares would.
func (m *Moments) fold() {
	rows := len(m.pending) / m.dims
	if rows == 0 {
		return
	}
	if m.scatter.Data == nil {
		m.scatter = blas64.Symmetric{N: m.dims, Stride: m.dims, Uplo: blas.Upper, Data: make([]float64, m.dims*m.dims)}
	}
	block := blas64.General{Rows: rows, Cols: m.dims, Stride: m.dims, Data: m.pending}
	mean := centre(block)
	blas64.Syrk(blas.Trans, 1, block, 1, m.scatter)
	gap := blas64.Vector{N: m.dims, Inc: 1, Data: make([]float64, m.dims)}
	floats.SubTo(gap.Data, mean, m.mean)
	n := float64(m.summed + rows)
	blas64.Syr(float64(m.summed)*float64(rows)/n, gap, m.scatter)
	floats.AddScaled(m.mean, float64(rows)/n, gap.Data)
	m.summed += rows
	m.pending = m.pending[:0]
}

// centre takes the mean row from all rows and returns it.
func centre(x blas64.General) []float64 {
	mean := make([]float64, x.Cols)
	for i := range x.Rows {
		floats.Add(mean, x.Data[i*x.Stride:i*x.Stride+x.Cols])
	}
	floats.Scale(1/float64(x.Rows), mean)
	for i := range x.Rows {
		floats.Sub(x.Data[i*x.Stride:i*x.Stride+x.Cols], mean)
	}
	return mean
}

// root is a matrix R of r×D with Rᵀ·R = the covariance, and the covariance's trace. R is nil where nothing varies.
func (m *Moments) root() (r *mat.Dense, trace float64, err error) {
	if m.summed > 0 {
		return m.pivotedRoot()
	}
	rows := append([]float64(nil), m.pending...)
	x := blas64.General{Rows: len(rows) / m.dims, Cols: m.dims, Stride: m.dims, Data: rows}
	centre(x)
	floats.Scale(1/math.Sqrt(float64(x.Rows-1)), rows)
	return mat.NewDense(x.Rows, x.Cols, rows), floats.Dot(rows, rows), nil
}

// pivotedRoot factors the covariance by Cholesky's method with complete pivoting, which stops at its numerical rank.
func (m *Moments) pivotedRoot() (r *mat.Dense, trace float64, err error) {
	covariance, err := m.Covariance()
	if err != nil {
		return nil, 0, err
	}
	trace = covariance.Trace()
	if !finite(trace) {
		return nil, 0, fmt.Errorf("%w: the covariance is too large for float64", ErrValue)
	}
	if trace <= 0 {
		return nil, 0, nil
	}
	pivots := make([]int, m.dims)
	factor, rank, _ := lapack64.Pstrf(covariance.RawSymmetric(), pivots, -1, make([]float64, 2*m.dims))
	root := mat.NewDense(rank, m.dims, nil)
	for i := range rank {
		for j := i; j < m.dims; j++ {
			root.Set(i, pivots[j], factor.Data[i*factor.Stride+j])
		}
	}
	return root, trace, nil
}
