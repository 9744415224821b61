package eval

import (
	"cmp"
	"fmt"
	"math"
	"sync"
)

// Pair is two rows of one set of features and how far apart they are.
type Pair struct {
	A, B     int // rows, A < B
	Distance float64
}

// Duplicates is the outcome of a birthday-paradox test.
type Duplicates struct {
	Batches int     // batches tested
	Hits    int     // batches with a pair at most the threshold apart
	Closest []Pair  // the closest pair of each batch: look at the clips, whether they are the same
	Support float64 // estimated number of different clips; +Inf without a hit, 0 where every batch has one
}

// BirthdayTest asks how many different clips a generator makes: among s of them drawn at random from N, two are the same
// with a chance of about 1 - exp(-s²/2N). The rows of x are cut into batches of size rows (the rest is left out), and a
// batch is a hit when its closest pair is at most threshold apart, in the units of the features; distances between real
// clips tell what is close. From the share of hits h follows
//
//	N ≈ -s·(s-1) / (2·log(1-h))
//
// which says little unless h is well between 0 and 1: choose the batch size so. Near duplicates in features need not look
// alike: judge Closest by eye before citing Support. ErrShape: not one whole batch, or batches of less than two.
//
// Source: Arora, Risteski, Zhang, "Do GANs learn the distribution? Some theory and empirics", ICLR 2018, Sec. 3.
func BirthdayTest(x Features, size int, threshold float64) (Duplicates, error) {
	if !(threshold >= 0) || !finite(threshold) {
		return Duplicates{}, fmt.Errorf("eval: birthday test: %w: threshold %v", ErrValue, threshold)
	}
	err := x.check(2)
	if err == nil && (size < 2 || size > x.Rows) {
		err = fmt.Errorf("%w: batches of %d: want 2 to %d clips", ErrShape, size, x.Rows)
	}
	if err != nil {
		return Duplicates{}, fmt.Errorf("eval: birthday test of features %v: %w", x, err)
	}
	d := Duplicates{Batches: x.Rows / size}
	for batch := range d.Batches {
		pair := closestPair(x.Slice(batch*size, (batch+1)*size))
		if pair.Distance <= threshold {
			d.Hits++
		}
		d.Closest = append(d.Closest, Pair{pair.A + batch*size, pair.B + batch*size, pair.Distance})
	}
	d.Support = math.Inf(1)
	if d.Hits > 0 {
		share := float64(d.Hits) / float64(d.Batches)
		d.Support = -float64(size) * float64(size-1) / (2 * math.Log1p(-share))
	}
	return d, nil
}

// closestPair is the pair of rows that are closest; of equally close ones the first.
func closestPair(x Features) Pair {
	var mutex sync.Mutex // for closest
	closest := Pair{Distance: math.Inf(1)}
	eachDistances(x, x, distanceBlock, func(i int, distances []float64) {
		mutex.Lock()
		defer mutex.Unlock()
		for j := i + 1; j < len(distances); j++ {
			if pair := (Pair{i, j, distances[j]}); comparePairs(pair, closest) < 0 {
				closest = pair
			}
		}
	})
	return closest
}

func comparePairs(a, b Pair) int {
	return cmp.Or(cmp.Compare(a.Distance, b.Distance), a.A-b.A, a.B-b.B)
}
