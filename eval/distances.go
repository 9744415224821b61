package eval

import (
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// distanceBlock is how many rows meet all others at a time: few enough that they stay in the cache.
const distanceBlock = 16

// eachDistances calls visit for every row i of x with its Euclidean distances to all rows of y, from several goroutines
// and in no order; distances is only valid during the call. Differences are squared and summed in float64, never by way of
// |x|²+|y|²-2x·y: equal rows are exactly 0 apart, and no distance depends on the block.
func eachDistances(x, y Features, block int, visit func(i int, distances []float64)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (x.Rows+block-1)/block) {
		workers.Go(func() {
			distances := make([]float64, block*y.Rows)
			for {
				from := int(next.Add(int64(block))) - block
				if from >= x.Rows {
					return
				}
				rows := min(block, x.Rows-from)
				for j := range y.Rows {
					for r := range rows {
						distances[r*y.Rows+j] = distance(x.Row(from+r), y.Row(j))
					}
				}
				for r := range rows {
					visit(from+r, distances[r*y.Rows:(r+1)*y.Rows])
				}
			}
		})
	}
	workers.Wait()
}

// distance is the Euclidean distance of a and b, in four sums that the processor takes side by side.
func distance(a, b []float32) float64 {
	var s0, s1, s2, s3 float64
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		d0, d1 := float64(a[i])-float64(b[i]), float64(a[i+1])-float64(b[i+1])
		d2, d3 := float64(a[i+2])-float64(b[i+2]), float64(a[i+3])-float64(b[i+3])
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
	}
	for ; i < len(a); i++ {
		d := float64(a[i]) - float64(b[i])
		s0 += d * d
	}
	return math.Sqrt(s0 + s1 + s2 + s3)
}

// radii is, for each row of x, the distance to its k-th nearest other row. An equal row counts, the row itself does not.
func radii(x Features, k int) []float64 {
	out := make([]float64, x.Rows)
	eachDistances(x, x, distanceBlock, func(i int, distances []float64) {
		distances[i] = math.Inf(1)
		out[i] = smallest(distances, k)[k-1].Distance
	})
	return out
}

// Neighbour is a row of reference features and how far it is.
type Neighbour struct {
	Index    int     // of the row
	Distance float64 // Euclidean, in the units of the features
}

// smallest gives the k nearest in ascending order; of equal distances the lower row comes first.
func smallest(distances []float64, k int) []Neighbour {
	nearest := make([]Neighbour, 0, k+1)
	for j, d := range distances {
		if len(nearest) == k && !(d < nearest[k-1].Distance) {
			continue
		}
		at := len(nearest)
		for at > 0 && d < nearest[at-1].Distance {
			at--
		}
		nearest = slices.Insert(nearest, at, Neighbour{j, d})
		if len(nearest) > k {
			nearest = nearest[:k]
		}
	}
	return nearest
}
