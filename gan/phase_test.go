package gan

import (
	"slices"
	"strings"
	"testing"

	"videogan/nn"
)

// The generator's phase leaves all of D as it is; D's phase all of G.
func TestPhasesKeepToTheirNetwork(t *testing.T) {
	nets, shape := clipNetworks(true)
	c := plain()
	c.Constraint.Kind = SpectralNorm
	trainer := newTrainer(t, nets, shape, c, 1)
	for _, p := range trainer.Phases() {
		other := map[string]string{"gen": "dis/", "dis": "gen/"}[p.Name]
		before := snapshot(trainer.params)
		trainer.fill(p, p, numbers{realClips(trainer, 0), trainer.shape.Size()}, 0)
		if err := p.Program.RunAll(); err != nil {
			t.Fatal(err)
		}
		changed := 0
		for name, values := range snapshot(trainer.params) {
			if slices.Equal(values, before[name]) {
				continue
			}
			changed++
			if strings.HasPrefix(name, other) {
				t.Errorf("phase %s changed %s", p.Name, name)
			}
		}
		if changed == 0 {
			t.Errorf("phase %s updated no running statistics", p.Name)
		}
		for _, g := range p.gradients {
			if g.network.name != p.Name {
				t.Errorf("phase %s computes gradients of %s", p.Name, g.network.name)
			}
		}
	}
}

func snapshot(params *nn.Params) map[string][]float32 {
	values := map[string][]float32{}
	for _, p := range params.All() {
		values[p.Name] = slices.Clone(p.Value.Float32s())
	}
	return values
}

// The release's single pass gives the gradients that the usual phases give at the
// same point.
func TestBothOrdersTakeTheSameGradients(t *testing.T) {
	nets, shape := pointNetworks(6)
	gradientsOf := func(order Order) map[string][]float32 {
		c := plain()
		c.Order = order
		trainer := newTrainer(t, nets, shape, c, 1)
		real := numbers{realClips(trainer, 0), shape.Size()}
		latents := trainer.stream("latents", &Phase{Name: "test"}, 0)
		z := make([]float32, c.Batch*nets.LatentSize)
		for i := 0; i < len(z); i += nets.LatentSize {
			nets.Latent(latents, z[i:i+nets.LatentSize])
		}
		found := map[string][]float32{}
		for _, p := range trainer.Phases() {
			trainer.fill(p, p, real, 0)
			copy(p.Program.Data(p.z), z)
			if err := p.Program.RunAll(); err != nil {
				t.Fatal(err)
			}
			for _, g := range p.gradients {
				for _, gradient := range g.list {
					found[gradient.Param.Name] = slices.Clone(gradient.Tensor.Float32s())
				}
			}
		}
		return found
	}
	release, usual := gradientsOf(Release), gradientsOf(Usual)
	if len(release) != 12 || len(usual) != 12 {
		t.Fatalf("gradients of %d and %d parameters, want 12", len(release), len(usual))
	}
	for name, want := range usual {
		compare(t, name, widen(release[name]), widen(want), 1e-5)
	}
}

// A penalty's gradient is added to that of the loss, times the steps it stands for.
func TestLazyPenaltyCountsForItsInterval(t *testing.T) {
	nets, shape := pointNetworks(6)
	firstPenalty := func(every int) (loss, penalty []float64, value float64) {
		c := plain()
		c.R1 = R1{Gamma: 2, Every: every}
		trainer := newTrainer(t, nets, shape, c, 1)
		phases := trainer.Phases()
		for _, p := range phases[:2] {
			trainer.fill(p, phases[0], numbers{realClips(trainer, 0), trainer.shape.Size()}, 0)
			if err := p.Program.RunAll(); err != nil {
				t.Fatal(err)
			}
		}
		weight := phases[0].gradients[0].list[0].Tensor.Float32s()
		loss = widen(slices.Clone(weight))
		phases[1].addTo(phases[0])
		for i, v := range weight {
			penalty = append(penalty, float64(v)-loss[i])
		}
		return loss, penalty, float64(phases[1].Program.Data(phases[1].measures[0].node)[0])
	}
	loss, once, value := firstPenalty(1)
	again, four, same := firstPenalty(4)
	compare(t, "loss", again, loss, 1e-9)
	compare(t, "reported penalty", []float64{same}, []float64{value}, 1e-9)
	for i := range once {
		once[i] *= 4
	}
	compare(t, "gradient over 4 steps", four, once, 1e-4)
	if slices.Max(once) == 0 {
		t.Error("the penalty has no gradient")
	}
}

// k different frames of every clip are picked.
func TestPickFrames(t *testing.T) {
	nets, shape := clipNetworks(false)
	c := plain()
	c.Frame.Frames = 3
	trainer := newTrainer(t, nets, shape, c, 1)
	rows := make([]float32, c.Batch*3*4)
	seen := map[int]bool{}
	rng := nn.Stream(1, "frames")
	for range 20 {
		trainer.pickFrames(rng, rows)
		for i := 0; i < len(rows); i += 12 {
			var picked []int
			for j, v := range rows[i : i+12] {
				if v == 1 {
					picked = append(picked, j%4)
					seen[j%4] = true
				} else if v != 0 {
					t.Fatalf("a value of %v", v)
				}
			}
			slices.Sort(picked)
			if len(slices.Compact(picked)) != 3 {
				t.Fatalf("clip of %v: want 3 different frames", rows[i:i+12])
			}
		}
	}
	if len(seen) != 4 {
		t.Errorf("only frames %v are ever picked", seen)
	}
}
