package eval

import (
	"fmt"
	"sync"
)

// Manifold compares generated with real clips by the balls around each clip that reach to its k-th nearest other of the
// same set. All four are shares of clips but density, which exceeds 1 where generated clips crowd where real ones do.
type Manifold struct {
	Precision float64 // generated clips in at least one ball of a real clip: are they realistic?
	Recall    float64 // real clips in at least one ball of a generated clip: are all kinds made?
	Density   float64 // balls of real clips that hold a generated clip, mean, over k: precision that outliers do not raise
	Coverage  float64 // real clips with at least one generated clip in their ball: recall that outliers do not raise
}

// PrecisionRecall measures generated against real features by balls to the k-th nearest neighbour, k at least 1 (3 in
// Kynkäänniemi et al., 5 in Naeem et al.). A clip on the edge of a ball is inside. The time is that of N² distances; no
// N×N matrix is made. ErrShape: other dimensions, or k clips or fewer in a set. ErrValue: k below 1.
//
// Source: precision and recall Kynkäänniemi et al., "Improved precision and recall metric for assessing generative
// models", NeurIPS 2019, equation 2; density and coverage Naeem et al., "Reliable fidelity and diversity metrics for
// generative models", ICML 2020, equations 3 and 4 (whose program leaves the edge of a ball out).
func PrecisionRecall(generated, real Features, k int) (Manifold, error) {
	if k < 1 {
		return Manifold{}, fmt.Errorf("eval: precision and recall: %w: k is %d, want at least 1", ErrValue, k)
	}
	if err := checkPair(generated, real, k+1); err != nil {
		return Manifold{}, fmt.Errorf("eval: precision and recall of generated %v by real %v, k %d: %w", generated, real, k, err)
	}
	return manifold(generated, real, k, distanceBlock), nil
}

func manifold(generated, real Features, k, block int) Manifold {
	generatedRadii, realRadii := radii(generated, k), radii(real, k)
	var (
		mutex              sync.Mutex // for what follows
		precise, ballsHeld int
		recalled           = make([]bool, real.Rows) // in a ball of a generated clip
		covered            = make([]bool, real.Rows) // a generated clip in its ball
	)
	eachDistances(generated, real, block, func(i int, distances []float64) {
		mutex.Lock()
		defer mutex.Unlock()
		held := 0
		for j, d := range distances {
			if d <= realRadii[j] {
				held++
				covered[j] = true
			}
			if d <= generatedRadii[i] {
				recalled[j] = true
			}
		}
		if held > 0 {
			precise++
		}
		ballsHeld += held
	})
	n, m := float64(generated.Rows), float64(real.Rows)
	return Manifold{
		Precision: float64(precise) / n,
		Recall:    float64(count(recalled)) / m,
		Density:   float64(ballsHeld) / (float64(k) * n),
		Coverage:  float64(count(covered)) / m,
	}
}

// count is how many are true.
func count(flags []bool) int {
	n := 0
	for _, set := range flags {
		if set {
			n++
		}
	}
	return n
}
