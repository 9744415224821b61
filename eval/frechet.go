package eval

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// FrechetDistance is the squared Wasserstein-2 distance between the normal distributions that have the means and
// covariances of a and b,
//
//	|μa - μb|² + tr Σa + tr Σb - 2·tr (Σa·Σb)^½
//
// at least 0, and 0 for equal moments. On I3D's features it is the Fréchet video distance. It falls with the number of
// clips, so that only distances of equal N compare; below D clips the covariances have no full rank, and the distance
// says more about N than about the clips (Warnings tells). ErrShape: other dimensions, or fewer than two clips.
//
// No matrix root is taken. With any factors Σa = A·Aᵀ and Σb = B·Bᵀ the trace is the sum of the singular values of Aᵀ·B.
// The factors are as narrow as the rank of the covariances, so that 4,096 dimensions of 2,048 clips need a matrix of
// 2,048×2,048, and directions without variance, on which a matrix root gives complex numbers or NaN, are not there.
//
// Source: Heusel et al., "GANs trained by a two time-scale update rule…", NIPS 2017, equation 6; Unterthiner et al.,
// "Towards accurate generative models of video", 2018. Covariances have the divisor N-1, as in both programs; unlike
// them, nothing is added to the diagonal.
func FrechetDistance(a, b *Moments) (float64, error) {
	d, err := frechetDistance(a, b)
	if err != nil {
		return 0, fmt.Errorf("eval: Fréchet distance: %w", err)
	}
	return d, nil
}

// FrechetDistanceOf is FrechetDistance of the moments of x and y, two sets of features of one layer, a clip a row.
func FrechetDistanceOf(x, y Features) (float64, error) {
	if err := checkPair(x, y, 2); err != nil {
		return 0, fmt.Errorf("eval: Fréchet distance of features %v and %v: %w", x, y, err)
	}
	a, b := NewMoments(x.Dims), NewMoments(y.Dims)
	if err := a.Add(x); err != nil {
		return 0, err
	}
	if err := b.Add(y); err != nil {
		return 0, err
	}
	return FrechetDistance(a, b)
}

func frechetDistance(a, b *Moments) (float64, error) {
	if a.Dims() != b.Dims() {
		return 0, fmt.Errorf("%w: %d and %d dimensions: use one layer of one classifier for both", ErrShape, a.Dims(), b.Dims())
	}
	if a.Count() < 2 || b.Count() < 2 {
		return 0, fmt.Errorf("%w: %d and %d clips: want at least 2 of each", ErrShape, a.Count(), b.Count())
	}
	rootA, traceA, err := a.root()
	if err != nil {
		return 0, fmt.Errorf("first moments: %w", err)
	}
	rootB, traceB, err := b.root()
	if err != nil {
		return 0, fmt.Errorf("second moments: %w", err)
	}
	traceRoot, err := nuclearNorm(rootA, rootB)
	if err != nil {
		return 0, err
	}
	gap := floats.Distance(a.Mean(), b.Mean(), 2)
	// The sum is a distance: what is below zero is the rounding of terms that cancel.
	return max(gap*gap+traceA+traceB-2*traceRoot, 0), nil
}

// nuclearNorm is the sum of the singular values of a·bᵀ, for factors of r×D and s×D.
func nuclearNorm(a, b *mat.Dense) (float64, error) {
	if a == nil || b == nil { // no variance at all
		return 0, nil
	}
	var cross mat.Dense
	cross.Mul(a, b.T())
	if !finite(mat.Norm(&cross, math.Inf(1))) {
		return 0, fmt.Errorf("%w: the covariances are too large for float64", ErrValue)
	}
	if rows, columns := cross.Dims(); min(rows, columns) > exactRank {
		return gramNorm(&cross)
	}
	var svd mat.SVD
	if !svd.Factorize(&cross, mat.SVDNone) {
		return 0, fmt.Errorf("%w: no singular values of the covariances' product", ErrValue)
	}
	return floats.Sum(svd.Values(nil)), nil
}

// exactRank is the rank up to which singular values are taken as such. Of larger matrices they are the roots of the
// eigenvalues of the smaller of M·Mᵀ and Mᵀ·M, in a fraction of the time. What that may be off by is 1e-7 of the largest
// value, for each: those below are taken for 0.
const exactRank = 512

// gramNorm is the sum of the singular values of m by the eigenvalues of its Gram matrix.
func gramNorm(m *mat.Dense) (float64, error) {
	rows, columns := m.Dims()
	var gram mat.SymDense
	if rows <= columns {
		gram.SymOuterK(1, m)
	} else {
		gram.SymOuterK(1, m.T())
	}
	var eigen mat.EigenSym
	if !finite(mat.Norm(&gram, math.Inf(1))) || !eigen.Factorize(&gram, false) {
		return 0, fmt.Errorf("%w: no eigenvalues of the covariances' product: features too large or not finite", ErrValue)
	}
	values := eigen.Values(nil) // ascending
	const rounding = 0x1p-46    // some units in the last place of the largest, which is what the eigenvalues are good to
	noise := rounding * values[len(values)-1]
	sum := 0.0
	for _, v := range values {
		if v > noise {
			sum += math.Sqrt(v)
		}
	}
	return sum, nil
}
