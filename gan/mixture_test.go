package gan

import (
	"context"
	"math"
	"testing"

	"videogan/nn"
)

// A generator of points finds the modes of eight Gaussians on a circle: the whole
// game, learning. Modes are lost without a penalty, or with one that is wrong.
func TestLearnsEveryModeOfAMixture(t *testing.T) {
	const modes, spread, batch, steps = 8, 0.1, 128, 2000
	nets, shape := pointNetworks(64)
	c := plain()
	c.Batch, c.EMA = batch, 0.99
	c.R1 = R1{Gamma: 1, Every: 2}
	for _, o := range []*Optimizer{&c.Generator, &c.Discriminator} {
		o.LR, o.Beta1, o.Beta2 = 2e-3, 0, 0.99
	}
	trainer := newTrainer(t, nets, shape, c, 1)
	center := func(k int) (x, y float64) {
		angle := 2 * math.Pi * float64(k) / modes
		return 2 * math.Cos(angle), 2 * math.Sin(angle)
	}
	rng := nn.Stream(1, "points")
	real := make([]float32, 2*batch)
	for range steps {
		for i := range batch {
			x, y := center(rng.IntN(modes))
			real[2*i], real[2*i+1] = float32(x+spread*rng.NormFloat64()), float32(y+spread*rng.NormFloat64())
		}
		if _, err := trainer.Step(context.Background(), real, StepOptions{}); err != nil {
			t.Fatal(err)
		}
	}

	const n = 1024
	sampler, err := trainer.Sampler(n, true)
	if err != nil {
		t.Fatal(err)
	}
	defer sampler.Close()
	points, err := sampler.Sample(1)
	if err != nil {
		t.Fatal(err)
	}
	var hits [modes]int
	near := 0
	for i := range n {
		for k := range modes {
			x, y := center(k)
			if math.Hypot(float64(points[2*i])-x, float64(points[2*i+1])-y) < 4*spread {
				hits[k]++
				near++
			}
		}
	}
	found := 0
	for _, h := range hits {
		if h >= n/modes/5 { // a fifth of its share
			found++
		}
	}
	t.Logf("%d modes, %v points each, %d of %d near one", found, hits, near, n)
	if found < 7 || near < n*7/10 {
		t.Errorf("%d modes of %d found (%v), %d of %d points near one: want 7 and %d", found, modes, hits, near, n, n*7/10)
	}
}
