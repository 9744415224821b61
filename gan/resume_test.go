package gan

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// games are configs that together use every part of a step.
func games() []struct {
	name     string
	spectral bool
	phases   []string
	config   Config
} {
	r1 := plain()
	r1.R1 = R1{Gamma: 0.5, Every: 2}
	r1.Frame.Frames, r1.Critic = 2, 2
	release := plain()
	release.Order, release.Loss = Release, Wasserstein
	release.Constraint = Constraint{Kind: SingularValueClipping, Every: 3, Gamma: ReleaseGamma}
	release.Generator, release.Discriminator = DefaultRMSprop(), DefaultRMSprop()
	spectral := plain()
	spectral.Loss, spectral.Constraint.Kind = Hinge, SpectralNorm
	spectral.Discriminator = Optimizer{Kind: SGD, LR: 1e-3, Momentum: 0.9}
	spectral.EMA = 0
	penalty := plain()
	penalty.Loss, penalty.GP.Weight = Wasserstein, 10
	penalty.Frame.Frames = 4
	clipped := plain()
	clipped.Order, clipped.Loss = Release, Minimax
	clipped.Constraint = Constraint{Kind: WeightClipping, Clip: 0.05}
	clipped.R1, clipped.GP.Weight = R1{Gamma: 1, Every: 1}, 1
	hybrid := plain()
	hybrid.Order, hybrid.R1 = Hybrid, R1{Gamma: 0.5, Every: 2}
	return []struct {
		name     string
		spectral bool
		phases   []string
		config   Config
	}{
		{"critic twice, lazy r1, frame discriminator", false, []string{"dis", "r1", "gen"}, r1},
		{"release with singular value clipping", false, []string{"both"}, release},
		{"spectral normalization, hinge, sgd, no average", true, []string{"dis", "gen"}, spectral},
		{"gradient penalty", false, []string{"dis", "gp", "gen"}, penalty},
		{"release with weight clipping and both penalties", false, []string{"both", "r1", "gp"}, clipped},
		{"hybrid with lazy r1", false, []string{"dis", "r1", "gen"}, hybrid},
	}
}

// A trainer that loads a checkpoint goes on bit for bit as the one that wrote it,
// and writes the very same bytes.
func TestResumeEqualsUninterrupted(t *testing.T) {
	for _, game := range games() {
		t.Run(game.name, func(t *testing.T) {
			nets, shape := clipNetworks(game.spectral)
			through := newTrainer(t, nets, shape, game.config, 7)
			var names []string
			for _, p := range through.Phases() {
				names = append(names, p.Name)
			}
			if diff := cmp.Diff(game.phases, names); diff != "" {
				t.Errorf("phases (-want +got):\n%s", diff)
			}
			dir := t.TempDir()
			first, second, last := filepath.Join(dir, "a", "1.safetensors"), filepath.Join(dir, "2.safetensors"), filepath.Join(dir, "3.safetensors")
			run(t, through, 5)
			save(t, through, first)
			want := run(t, through, 10)
			save(t, through, last)

			resumed := newTrainer(t, nets, shape, game.config, 7)
			run(t, resumed, 2) // whatever it did before
			if err := resumed.Load(first); err != nil {
				t.Fatal(err)
			}
			save(t, resumed, second)
			sameBytes(t, first, second)
			if diff := cmp.Diff(want, run(t, resumed, 10)); diff != "" {
				t.Errorf("metrics (-through +resumed):\n%s", diff)
			}
			save(t, resumed, second)
			sameBytes(t, last, second)
		})
	}
}

func save(t *testing.T, trainer *Trainer, name string) {
	t.Helper()
	if err := trainer.Save(name, map[string]string{"config": "x"}); err != nil {
		t.Fatal(err)
	}
}

func sameBytes(t *testing.T, a, b string) {
	t.Helper()
	x, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := os.ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(x, y) {
		t.Errorf("%s and %s differ", filepath.Base(a), filepath.Base(b))
	}
}
