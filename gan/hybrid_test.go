package gan

import (
	"context"
	"math"
	"slices"
	"testing"

	"videogan/nn"
)

// hybridNetworks are a generator that shifts its latent and a discriminator
// v·leaky(w·x + b) of points on the line.
func hybridNetworks() (Networks, ClipShape) {
	return Networks{
		LatentSize: 1, Latent: normalLatent,
		Generator: func(s *nn.Scope, in Input) Output {
			clips := s.Reshape(s.Add(in.Latent, s.Param("shift", nn.Constant(0.5), 1, 1)), -1, 1, 1, 1, 1)
			return Output{Clips: clips, Terms: []Term{{Name: "height", Value: s.Mean(clips), Weight: 0.25}}}
		},
		Discriminator: func(s *nn.Scope, x *nn.Node) *nn.Node {
			h := s.In("h").Linear(s.Reshape(x, -1, 1), 3, nn.LayerOptions{Weight: nn.Normal(1)})
			return s.In("out").Linear(s.LeakyReLU(h, 0.2), 1, nn.LayerOptions{Weight: nn.Normal(1)})
		},
	}, ClipShape{Channels: 1, Frames: 1, Height: 1, Width: 1}
}

// The generator's gradient of the hybrid order has the activations of D's old
// weights and passes back through its new ones: by hand, for a discriminator of
// three hidden units.
func TestHybridGradient(t *testing.T) {
	nets, shape := hybridNetworks()
	c := plain()
	c.Order, c.Batch, c.EMA = Hybrid, 5, 0
	c.Discriminator = Optimizer{Kind: SGD, LR: 2} // a step that matters
	c.Generator = Optimizer{Kind: SGD, LR: 1}
	trainer := newTrainer(t, nets, shape, c, 3)
	weights := func() map[string][]float32 { return snapshot(trainer.params) }
	old := weights()
	metrics, err := trainer.Step(context.Background(), realClips(trainer, 0), StepOptions{})
	if err != nil {
		t.Fatal(err)
	}
	now := weights()
	if slices.Equal(old["dis/h/weight"], now["dis/h/weight"]) {
		t.Fatal("D did not step")
	}

	z := make([]float32, 5)
	rng := nn.Stream(3, "latents/0/dis/0") // the latents of D's update
	for i := range z {
		normalLatent(rng, z[i:i+1])
	}
	gradient, loss := 0.25, 0.0
	for _, v := range z {
		x := float64(v + old["gen/shift"][0])
		score, back := float64(old["dis/out/bias"][0]), 0.0
		for j := range 3 {
			h, slope := float64(old["dis/h/weight"][j])*x+float64(old["dis/h/bias"][j]), 1.0
			if h < 0 {
				slope = 0.2
			}
			score += float64(old["dis/out/weight"][j]) * h * slope
			back += float64(now["dis/out/weight"][j]) * slope * float64(now["dis/h/weight"][j])
		}
		loss += math.Log1p(math.Exp(-score)) / 5
		gradient -= back / (1 + math.Exp(score)) / 5
	}
	got, _ := metrics.Get("loss/g")
	compare(t, "loss/g", []float64{got}, []float64{loss}, 1e-5)
	step := float64(old["gen/shift"][0] - now["gen/shift"][0]) // SGD of rate 1
	compare(t, "gradient", []float64{step}, []float64{gradient}, 1e-5)
	if _, ok := metrics.Get("height"); !ok {
		t.Errorf("no term among %v", metrics)
	}
}

// Where D stands still, the hybrid order's gradient is the ordinary one, also of
// networks with batch normalization.
func TestHybridIsOrdinaryWhereDStandsStill(t *testing.T) {
	nets, shape := clipNetworks(false)
	nets.Discriminator = func(s *nn.Scope, x *nn.Node) *nn.Node { // noise would differ
		h := s.In("c0").Conv(x, 4, nn.Cube(3, 4, 2, 1), nn.LayerOptions{}) // N×4×2×4×4
		h = s.LeakyReLU(s.In("c0").BatchNorm(h, nn.BatchNormOptions{}), 0.2)
		return s.Reshape(s.In("head").Conv(h, 2, nn.Geometry{Kernel: []int{2, 4, 4}}, nn.LayerOptions{}), -1, 2)
	}
	gradientOf := func(order Order) map[string][]float32 {
		c := plain()
		c.Order = order
		trainer := newTrainer(t, nets, shape, c, 1)
		trainer.store()
		gen := trainer.Phases()[1]
		trainer.fill(gen, gen, numbers{realClips(trainer, 0), trainer.shape.Size()}, 0)
		for i := range gen.Program.Data(gen.z) {
			gen.Program.Data(gen.z)[i] = float32(math.Sin(float64(i)))
		}
		if err := gen.Program.RunAll(); err != nil {
			t.Fatal(err)
		}
		found := map[string][]float32{}
		for _, g := range gen.gradients {
			for _, gradient := range g.list {
				found[gradient.Param.Name] = slices.Clone(gradient.Tensor.Float32s())
			}
		}
		return found
	}
	hybrid, usual := gradientOf(Hybrid), gradientOf(Usual)
	if len(usual) == 0 || len(hybrid) != len(usual) {
		t.Fatalf("gradients of %d and %d parameters", len(hybrid), len(usual))
	}
	for name, want := range usual {
		compare(t, name, widen(hybrid[name]), widen(want), 1e-6)
	}
}
