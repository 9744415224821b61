package gan

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"

	"videogan/nn"
)

// The average follows avg = keep·avg + (1-keep)·p with keep = min(decay, t/(t+10)),
// running statistics included.
func TestAverageFollowsItsFormula(t *testing.T) {
	build := func() *nn.Params {
		params := nn.NewParams(1)
		s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{})
		s.In("gen").BatchNorm(s.Input("x", 4, 3), nn.BatchNormOptions{})
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
		return params
	}
	current, averaged := build(), build()
	a := newAverage(0.9, averaged, current)
	want := map[string]float64{"gen/gamma": 1, "gen/beta": 0, "gen/mean": 0, "gen/variance": 1}
	for step := range 200 {
		keep := min(0.9, float64(step)/float64(step+10))
		for i, p := range current.All() {
			v := math.Sin(float64(step+i)) + 2
			for j := range p.Value.Float32s() {
				p.Value.Float32s()[j] = float32(v)
			}
			want[p.Name] = keep*want[p.Name] + (1-keep)*v
		}
		a.update(step)
		for _, p := range averaged.All() {
			for _, got := range p.Value.Float32s() {
				if math.Abs(float64(got)-want[p.Name]) > 1e-5 {
					t.Fatalf("step %d: %s is %v, want %v", step, p.Name, got, want[p.Name])
				}
			}
		}
	}
	if len(want) != len(averaged.All()) {
		t.Errorf("%d parameters, want %d", len(averaged.All()), len(want))
	}
}
