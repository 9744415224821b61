package exec

import (
	"errors"
	"fmt"
	"unsafe"

	"videogan/nn"
	"videogan/nn/onednn"
)

// ErrNonFinite says that a matrix holds NaN or an infinity, or numbers whose squares are
// not finite.
var ErrNonFinite = errors.New("not finite")

// Matrix is one of Rows×Cols numbers, row-major.
type Matrix struct {
	Values     []float32
	Rows, Cols int
}

// ClipSingularValues sets the singular values of the matrices that are over 1 to 1, to about 2e-6, and returns the largest
// that each had. A matrix without any stays as it is.
//
// With W the matrix, or its transpose where it is higher than wide, and W·Wᵀ = Q·T·Qᵀ for a
// tridiagonal T, the result is W - Q·f(T)·Qᵀ·W for f(x) = 1 - 1/√x where x > 1 and 0
// elsewhere, which nn/onednn/spectral.c computes without eigenvectors.
//
// It reports a matrix of other sizes than its numbers, before it clips any, and ErrNonFinite; then it returns the results of
// the matrices before that one.
//
// Source: Golub and Van Loan, "Matrix computations", Sec. 8.3.
func (d *Device) ClipSingularValues(matrices ...Matrix) (largest []float64, err error) {
	for _, m := range matrices {
		if m.Rows < 1 || m.Cols < 1 || len(m.Values) != m.Rows*m.Cols {
			return nil, fmt.Errorf("exec: clip singular values: %d numbers for %d×%d: %w", len(m.Values), m.Rows, m.Cols, nn.ErrShape)
		}
	}
	d.Do(func() { largest, err = d.clip(matrices) })
	return largest, err
}

func (d *Device) clip(matrices []Matrix) ([]float64, error) {
	spectra, addresses := make([]*onednn.Spectral, len(matrices)), make([]unsafe.Pointer, len(matrices))
	for i, m := range matrices {
		var err error
		if spectra[i], err = d.spectral(m.Rows, m.Cols); err != nil {
			return nil, fmt.Errorf("exec: clip singular values of %d×%d: %w", m.Rows, m.Cols, err)
		}
		addresses[i] = unsafe.Pointer(unsafe.SliceData(m.Values))
	}
	largest := make([]float64, len(matrices))
	if clipped := onednn.Clip(spectra, addresses, largest); clipped < len(matrices) {
		m := matrices[clipped]
		return largest[:clipped], fmt.Errorf("exec: clip singular values of %d×%d: %w", m.Rows, m.Cols, ErrNonFinite)
	}
	return largest, nil
}

// spectral lays the arrays of a clip out in the arena.
func (d *Device) spectral(rows, cols int) (*onednn.Spectral, error) {
	s := &onednn.Spectral{Rows: rows, Cols: cols, Block: d.tile}
	n, size := s.N(), 0
	take := func(bytes int) int {
		at := size
		size += aligned(bytes)
		return at
	}
	scratch, gram, diagonal, beside := take(s.ScratchBytes(d.threads)), take(8*n*s.Stride()), take(8*n), take(8*n)
	reflectors, function, factor, order := take(4*n*n), take(s.FunctionBytes()), take(4*n*n), take(8*n)
	if size > d.arena.Size() {
		return nil, fmt.Errorf("it needs %s and this machine has %s", mebibytes(size), mebibytes(d.arena.Size()))
	}
	d.used = max(d.used, size)
	s.Scratch, s.Gram, s.Diagonal, s.Beside = d.arena.At(scratch), d.arena.At(gram), d.arena.At(diagonal), d.arena.At(beside)
	s.Reflectors, s.Function, s.Factor, s.Order = d.arena.At(reflectors), d.arena.At(function), d.arena.At(factor), d.arena.At(order)
	return s, nil
}
