package eval

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"videogan/nn"
)

// KernelOptions set how a kernel distance is estimated. The zero value is one estimate on all clips.
type KernelOptions struct {
	// Subsets is the number of estimates, each on clips drawn anew without replacement; 0: 1.
	Subsets int
	// SubsetSize is the number of clips drawn of each set, at least 2; 0, or more than there are: as many as both sets
	// have. 100 subsets of 1,000 are usual for images.
	SubsetSize int
	// Seed draws the subsets.
	Seed uint64
}

// KernelDistance is the squared maximum mean discrepancy of x and y by the kernel
//
//	k(a, b) = (a·b/D + 1)³
//
// estimated without bias, so that it is 0 on average for two sets of clips of one distribution, whatever their size, and
// may fall below 0. On I3D's features it is the kernel video distance. The score has one value a subset. ErrShape: other
// dimensions, or fewer than two clips. ErrValue: features too large for the kernel.
//
// Source: Bińkowski et al., "Demystifying MMD GANs", ICLR 2018, Sec. 4; for video Unterthiner et al. 2018.
func KernelDistance(x, y Features, o KernelOptions) (Score, error) {
	values, err := kernelDistance(x, y, o)
	if err != nil {
		return Score{}, fmt.Errorf("eval: kernel distance of features %v and %v: %w", x, y, err)
	}
	return newScore(values), nil
}

func kernelDistance(x, y Features, o KernelOptions) ([]float64, error) {
	if o.Subsets < 0 || o.SubsetSize < 0 || o.SubsetSize == 1 {
		return nil, fmt.Errorf("%w: %d subsets of %d clips: want at least 1 of at least 2", ErrValue, o.Subsets, o.SubsetSize)
	}
	if err := checkPair(x, y, 2); err != nil {
		return nil, err
	}
	rng := nn.Stream(o.Seed, "eval/kernel")
	subsetsX := make([][]int, max(o.Subsets, 1))
	subsetsY := make([][]int, len(subsetsX))
	for i := range subsetsX {
		subsetsX[i] = drawSubset(rng, x.Rows, o.SubsetSize)
		subsetsY[i] = drawSubset(rng, y.Rows, o.SubsetSize)
	}
	return kernelDistances(x, y, subsetsX, subsetsY)
}

// drawSubset gives size different numbers below n in ascending order, or all of them.
func drawSubset(rng *rand.Rand, n, size int) []int {
	rows := rng.Perm(n)
	if size > 0 && size < n {
		rows = rows[:size]
	}
	slices.Sort(rows)
	return rows
}

// kernelDistances is the estimate on each pair of subsets, which name rows in ascending order.
func kernelDistances(x, y Features, subsetsX, subsetsY [][]int) ([]float64, error) {
	xx := kernelSums(x, x, subsetsX, subsetsX)
	yy := kernelSums(y, y, subsetsY, subsetsY)
	xy := kernelSums(x, y, subsetsX, subsetsY)
	values := make([]float64, len(subsetsX))
	for i := range values {
		n, m := float64(len(subsetsX[i])), float64(len(subsetsY[i]))
		within := (xx[i]-selfKernels(x, subsetsX[i]))/(n*(n-1)) + (yy[i]-selfKernels(y, subsetsY[i]))/(m*(m-1))
		values[i] = within - 2*xy[i]/(n*m)
		if !finite(values[i]) {
			return nil, fmt.Errorf("%w: features too large for a cubic kernel: its sums are not finite", ErrValue)
		}
	}
	return values, nil
}

// selfKernels sums k(a, a) over rows, which the estimate leaves out.
func selfKernels(f Features, rows []int) float64 {
	sum := 0.0
	for _, i := range rows {
		square := 0.0
		for _, v := range f.Row(i) {
			square += float64(v) * float64(v)
		}
		sum += cubicKernel(square, f.Dims)
	}
	return sum
}

func cubicKernel(product float64, dims int) float64 {
	k := product/float64(dims) + 1
	return k * k * k
}

// kernelTile is how many rows of each side meet at a time.
const kernelTile = 512

// kernelSums sums the kernel over all pairs of each pair of subsets. Subsets overlap: each tile of products is made once
// and gathered for all of them.
func kernelSums(x, y Features, subsetsX, subsetsY [][]int) []float64 {
	sums := make([]float64, len(subsetsX))
	for fromX := 0; fromX < x.Rows; fromX += kernelTile {
		tileX := x.Slice(fromX, min(fromX+kernelTile, x.Rows))
		left := mat.NewDense(tileX.Rows, x.Dims, inDouble(tileX))
		for fromY := 0; fromY < y.Rows; fromY += kernelTile {
			tileY := y.Slice(fromY, min(fromY+kernelTile, y.Rows))
			var products mat.Dense
			products.Mul(left, mat.NewDense(tileY.Rows, y.Dims, inDouble(tileY)).T())
			for s := range sums {
				columns := between(subsetsY[s], fromY, fromY+tileY.Rows)
				for _, i := range between(subsetsX[s], fromX, fromX+tileX.Rows) {
					row := products.RawRowView(i - fromX)
					for _, j := range columns {
						sums[s] += cubicKernel(row[j-fromY], x.Dims)
					}
				}
			}
		}
	}
	return sums
}

// between is the part of ascending numbers that lies in [from, to).
func between(rows []int, from, to int) []int {
	first, _ := slices.BinarySearch(rows, from)
	last, _ := slices.BinarySearch(rows, to)
	return rows[first:last]
}
