package gan

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"videogan/nn"
)

// The average follows avg = keep·avg + (1-keep)·p with keep = min(decay, t/(t+10));
// running statistics are left to the calibration.
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
			if p.Trainable {
				want[p.Name] = keep*want[p.Name] + (1-keep)*v
			}
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

// Calibration sets running statistics to the mean over its batches of those of
// the batch, whatever they were and whatever the network's momentum, and is a
// function of the parameters alone.
func TestCalibrationMeasuresBatchStatistics(t *testing.T) {
	const batch, size, seed = 5, 3, 9
	nets := Networks{LatentSize: size, Latent: normalLatent, Generator: func(s *nn.Scope, in Input) Output {
		h := s.BatchNorm(s.Scale(in.Latent, 40), nn.BatchNormOptions{Momentum: 0.25})
		return Output{Clips: s.Reshape(h, -1, size, 1, 1, 1)}
	}}
	shape := ClipShape{Channels: size, Frames: 1, Height: 1, Width: 1}
	params, err := generatorParams(nets, shape, seed)
	if err != nil {
		t.Fatal(err)
	}
	c, err := newCalibrator(openDevice(t), nets, params, shape, batch, seed)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	var mean, variance [size]float64
	for k := range calibrationBatches {
		z := make([]float32, batch*size)
		normalLatent(nn.Stream(seed, fmt.Sprintf("latents/calibrate/%d", k)), z)
		for j := range size {
			sum, squares := 0.0, 0.0
			for i := range batch {
				sum += 40 * float64(z[i*size+j])
			}
			for i := range batch {
				d := 40*float64(z[i*size+j]) - sum/batch
				squares += d * d
			}
			mean[j] += sum / batch / calibrationBatches
			variance[j] += squares / (batch - 1) / calibrationBatches
		}
	}
	for range 2 {
		if err := c.run(); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string][]float64{"gen/mean": mean[:], "gen/variance": variance[:]} {
			p, _ := params.Get(name)
			compare(t, name, widen(p.Value.Float32s()), want, 1e-4)
		}
	}
	before := snapshot(params)
	if err := c.run(); err != nil {
		t.Fatal(err)
	}
	for name, values := range snapshot(params) {
		if !slices.Equal(values, before[name]) {
			t.Errorf("%s differs from run to run", name)
		}
	}
}
