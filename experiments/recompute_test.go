package experiments

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"videogan/gan"
)

// Computing activations again changes no bit of the networks after three steps, whatever
// stands in them.
func TestRecomputeTrainsTheSameNetworks(t *testing.T) {
	for _, row := range []struct {
		name, reason string
		settings     []string
	}{
		{"tgan-small", "R1, and batch normalization in the generator", []string{"gen.temporal.channels=8,8", "gen.spatial.width=8", "dis.width=8"}},
		{"tgan-small", "spectral normalization, a frame discriminator and noise", []string{"gen.temporal.channels=8,8", "gen.spatial.width=8",
			"dis.width=8", "gan.constraint.kind=spectral_norm", "gan.frame.frames=2", "frame_dis.width=8", "dis.noise=0.3"}},
		{"vgan-small", "two streams", []string{"gen.width=16", "gen.min_width=8", "dis.width=8"}},
		{"vgan-small", "batch normalization in the discriminator, under a gradient penalty", []string{"gen.width=16", "gen.min_width=8", "dis.width=8",
			"dis.batch_norm=true", "gan.r1.gamma=0", "gan.loss=wasserstein", "gan.gp.weight=10"}},
	} {
		train := func(recompute bool) (values [][]float32, arena int64) {
			experiment, err := Lookup(row.name)
			if err != nil {
				t.Fatal(err)
			}
			cfg := experiment.Default()
			for _, s := range append([]string{"data.size=16", "data.frames=8", "data.digit_size=10", "train.batch=4", "train.threads=1"}, row.settings...) {
				if err := Set(cfg, s); err != nil {
					t.Fatal(err)
				}
			}
			common := cfg.Shared()
			common.Train.Recompute = recompute
			e, err := newEngine(cfg)
			if err != nil {
				t.Fatalf("%s: %v", row.reason, err)
			}
			defer e.close()
			shape := common.Data.shape()
			rng := rand.New(rand.NewPCG(1, 2))
			real := make([]float32, common.loader(0).Batch*shape.Size())
			for range 3 {
				for i := range real {
					real[i] = 2*rng.Float32() - 1
				}
				if _, err := e.trainer.Step(context.Background(), real, gan.StepOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			for _, p := range e.params.All() {
				values = append(values, slices.Clone(p.Value.Float32s()))
			}
			return values, e.cost().ArenaBytes
		}
		want, before := train(false)
		got, after := train(true)
		for i := range want {
			if !slices.Equal(want[i], got[i]) {
				t.Errorf("%s, %s: parameter %d differs", row.name, row.reason, i)
			}
		}
		if after > before {
			t.Errorf("%s, %s: %d bytes with recomputation, %d without", row.name, row.reason, after, before)
		}
	}
}
