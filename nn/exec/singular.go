package exec

import (
	"errors"
	"fmt"
	"math"
	"math/cmplx"
	"unsafe"

	"videogan/nn"
	"videogan/nn/onednn"
)

// ErrNonFinite says that a matrix holds NaN or an infinity, or numbers whose squares are
// not finite.
var ErrNonFinite = errors.New("not finite")

// ClipSingularValues sets the singular values of w (rows×cols, row-major) that are over 1 to
// 1, to about 2e-6, and returns the largest that it had. A w without any stays as it is.
//
// With W the matrix, or its transpose where it is higher than wide, and W·Wᵀ = Q·T·Qᵀ for a
// tridiagonal T, the result is W - Q·f(T)·Qᵀ·W for f(x) = 1 - 1/√x where x > 1 and 0
// elsewhere. By Cauchy's formula over the line Re z = 1 and an arc far to its right,
//
//	f(x) = (1/π)·Re ∫ g(z)·(1/(x - z) + 1/z) dy,   z = 1 + iy, y from 0 to ∞, g(z) = 1 - 1/√z,
//
// and with y = exp t the trapezoidal rule converges exponentially: no eigenvectors are
// needed, only some sixty resolvents of T, whose elements are products. f(T) has the rank
// of the number of singular values over 1, and costs as much to apply.
//
// Source: Hale, Higham and Trefethen 2008, "Computing A^α, log(A), and related matrix
// functions by contour integrals"; Golub and Van Loan, "Matrix computations", Sec. 8.3.
func (d *Device) ClipSingularValues(w []float32, rows, cols int) (largest float64, err error) {
	if rows < 1 || cols < 1 || len(w) != rows*cols {
		return 0, fmt.Errorf("exec: clip singular values: %d numbers for %d×%d: %w", len(w), rows, cols, nn.ErrShape)
	}
	d.Do(func() { largest, err = d.clip(w, rows, cols) })
	if err != nil {
		return 0, fmt.Errorf("exec: clip singular values of %d×%d: %w", rows, cols, err)
	}
	return largest, nil
}

// Bounds of a clip.
const (
	leastNode      = 1e-8 // times ½/π is the error of f next to 1
	farthestNode   = 1e7  // times the largest eigenvalue; its inverse is the error there
	nodeStep       = 0.55 // of t: exp(-π²/step) is the error of the rule
	leftOut        = 1e-7 // of f
	clippedAtOnce  = 2    // singular values over it are clipped again, as rounding grows with them
	bisectionSteps = 52
)

func (d *Device) clip(w []float32, rows, cols int) (largest float64, err error) {
	s, err := d.spectral(rows, cols)
	if err != nil {
		return 0, err
	}
	address := unsafe.Pointer(unsafe.SliceData(w))
	for first := true; ; first = false {
		eigenvalue := largestEigenvalue(s.Tridiagonalize(address))
		if math.IsNaN(eigenvalue) || math.IsInf(eigenvalue, 0) {
			return 0, ErrNonFinite
		}
		sigma := math.Sqrt(eigenvalue)
		if first {
			largest = sigma
		}
		if sigma <= 1 {
			return largest, nil
		}
		nodes, weights, constant := excess(eigenvalue)
		s.Subtract(address, nodes, weights, constant, leftOut)
		if sigma <= clippedAtOnce || !first {
			return largest, nil
		}
	}
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

// excess are the nodes and weights of f for eigenvalues up to the largest.
func excess(largest float64) (nodes, weights []complex128, constant float64) {
	from, to := math.Log(leastNode), math.Log(farthestNode*max(largest, 1))
	count := min(roundUp(int(math.Ceil((to-from)/nodeStep)), onednn.SpectralLanes), onednn.SpectralNodes)
	step := (to - from) / float64(count-1)
	for i := range count {
		y := math.Exp(from + float64(i)*step)
		z := complex(1, y)
		weight := complex(step*y/math.Pi, 0) * (1 - 1/cmplx.Sqrt(z))
		nodes, weights = append(nodes, z), append(weights, weight)
		constant += real(weight / z)
	}
	return nodes, weights, constant
}

func roundUp(n, of int) int { return (n + of - 1) / of * of }

// largestEigenvalue of a positive semidefinite tridiagonal matrix, by bisection; NaN or an
// infinity where an element is.
func largestEigenvalue(diagonal, beside []float64) float64 {
	low, high, before := 0.0, 0.0, 0.0
	for i, a := range diagonal {
		if math.IsNaN(a) || math.IsNaN(beside[i]) {
			return math.NaN()
		}
		high = max(high, a+before+math.Abs(beside[i])) // Gershgorin
		before = math.Abs(beside[i])
	}
	for range bisectionSteps {
		middle := (low + high) / 2
		if exceeds(diagonal, beside, middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// exceeds reports whether an eigenvalue is over x: whether a pivot of the matrix minus x is
// positive.
func exceeds(diagonal, beside []float64, x float64) bool {
	pivot, square := math.Inf(-1), 0.0
	for i, a := range diagonal {
		pivot = a - x - square/pivot
		if pivot >= 0 {
			return true
		}
		square = beside[i] * beside[i]
	}
	return false
}
