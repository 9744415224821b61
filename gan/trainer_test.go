package gan

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"videogan/nn"
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

// Every step gives the losses and scores; a logged one the norms and singular
// values too. A lazy penalty's newest value stays.
func TestMetricNames(t *testing.T) {
	nets, shape := clipNetworks(false)
	trainer := newTrainer(t, nets, shape, games()[0].config, 1)
	steps := run(t, trainer, 2)
	cheap := []string{"loss/d", "d/real", "d/fake", "d/margin", "framedis/real", "framedis/fake", "loss/g", "r1"}
	logged := append(slices.Clone(cheap), "grad_norm/dis", "grad_norm/gen",
		"sigma_max/dis/c0", "sigma_max/dis/head", "sigma_max/framedis/c0", "sigma_max/framedis/head")
	for i, want := range [][]string{cheap, logged} {
		var names []string
		for _, m := range steps[i] {
			names = append(names, m.Name)
			if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
				t.Errorf("step %d: %s is %v", i+1, m.Name, m.Value)
			}
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("step %d (-want +got):\n%s", i+1, diff)
		}
	}
	real, _ := steps[0].Get("d/real")
	fake, _ := steps[0].Get("d/fake")
	if margin, ok := steps[0].Get("d/margin"); !ok || margin != real-fake {
		t.Errorf("margin %v, want %v - %v", margin, real, fake)
	}
}

// The generator's phase leaves all of D as it is; D's phase all of G.
func TestPhasesKeepToTheirNetwork(t *testing.T) {
	nets, shape := clipNetworks(true)
	c := plain()
	c.Constraint.Kind = SpectralNorm
	trainer := newTrainer(t, nets, shape, c, 1)
	for _, p := range trainer.Phases() {
		other := map[string]string{"gen": "dis/", "dis": "gen/"}[p.Name]
		before := snapshot(trainer.params)
		trainer.fill(p, p, realClips(trainer, 0), 0)
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

// A constraint holds after every step.
func TestConstraintsHold(t *testing.T) {
	nets, shape := clipNetworks(false)
	t.Run("weight clipping", func(t *testing.T) {
		trainer := newTrainer(t, nets, shape, games()[4].config, 1)
		run(t, trainer, 2)
		for _, p := range trainer.dis.params {
			if high := slices.Max(p.Value.Float32s()); high > 0.05 {
				t.Errorf("%s has %v, over 0.05", p.Name, high)
			}
		}
	})
	t.Run("singular value clipping", func(t *testing.T) {
		c := games()[1].config
		c.Constraint.Every = 1
		c.Discriminator.LR = 0.1 // far over 1 without the clip
		trainer := newTrainer(t, nets, shape, c, 1)
		for _, m := range run(t, trainer, 2)[1] {
			if strings.HasPrefix(m.Name, "sigma_max/") && (m.Value > 1+1e-5 || m.Value < 0.5) {
				t.Errorf("%s is %v", m.Name, m.Value)
			}
		}
		for _, w := range trainer.constraint.weights {
			if s := singularValues(w.data, w.rows)[0]; s > 1+1e-5 {
				t.Errorf("%s has singular value %v", w.param.Name, s)
			}
		}
		gamma, _ := trainer.params.Get("dis/c0/gamma")
		variance, _ := trainer.params.Get("dis/c0/variance")
		for i, v := range gamma.Value.Float32s() {
			if high := math.Sqrt(float64(variance.Value.Float32s()[i])); float64(v) > high*(1+1e-6) {
				t.Errorf("γ[%d] is %v, over %v", i, v, high)
			}
		}
	})
}

// A loss that is not finite stops before it reaches a parameter, and says where.
func TestNonFiniteLossStops(t *testing.T) {
	nets, shape := clipNetworks(false)
	trainer := newTrainer(t, nets, shape, plain(), 1)
	run(t, trainer, 1)
	before := map[string][]float32{}
	for _, p := range trainer.params.Trainable("") {
		before[p.Name] = slices.Clone(p.Value.Float32s())
	}
	clips := realClips(trainer, 1)
	clips[3] = float32(math.NaN())
	_, err := trainer.Step(context.Background(), clips, StepOptions{})
	var nonFinite *NonFiniteError
	if !errors.As(err, &nonFinite) || !errors.Is(err, ErrNonFinite) {
		t.Fatalf("error %v, want a NonFiniteError", err)
	}
	if nonFinite.Step != 1 || nonFinite.Loss != "loss/d" || !strings.HasPrefix(nonFinite.Layer, "dis/") {
		t.Errorf("%+v: want step 1, loss/d, a layer of dis", nonFinite)
	}
	if !strings.Contains(err.Error(), "step 2: loss/d is NaN; the largest gradient is that of dis/") {
		t.Errorf("error %q does not say where", err)
	}
	for name, values := range before {
		p, _ := trainer.params.Get(name)
		if !slices.Equal(values, p.Value.Float32s()) {
			t.Errorf("%s changed", name)
		}
	}
	// A state that is not finite is not saved.
	if err := trainer.Save(filepath.Join(t.TempDir(), "x.safetensors"), nil); !errors.Is(err, ErrNonFinite) {
		t.Errorf("saving after it: error %v, want ErrNonFinite", err)
	}
}

func TestNewTrainerReports(t *testing.T) {
	edit := func(f func(c *Config, n *Networks)) (Config, Networks) {
		c := plain()
		n, _ := clipNetworks(false)
		f(&c, &n)
		return c, n
	}
	for _, row := range []struct {
		reason, want string
		edit         func(c *Config, n *Networks)
	}{
		{"no clips", "batch = 0", func(c *Config, _ *Networks) { c.Batch = 0 }},
		{"two updates of D from one pass", "critic = 2", func(c *Config, _ *Networks) { c.Critic, c.Order = 2, Release }},
		{"an average that never forgets", "ema = 1", func(c *Config, _ *Networks) { c.EMA = 1 }},
		{"unknown loss", "gan.Loss(9)", func(c *Config, _ *Networks) { c.Loss = 9 }},
		{"optimizer setting", "generator", func(c *Config, _ *Networks) { c.Generator.Beta1 = 1 }},
		{"more frames than a clip has", "frame.frames = 5", func(c *Config, _ *Networks) { c.Frame.Frames = 5 }},
		{"frames without their discriminator", "no frame discriminator", func(c *Config, n *Networks) { c.Frame.Frames = 1; n.FrameDiscriminator = nil }},
		{"spectral norm that is not built", "0 of the discriminators' 2 layers", func(c *Config, _ *Networks) { c.Constraint.Kind = SpectralNorm }},
		{"spectral norm that is not wanted", "2 layers of the discriminators are built with spectral", func(_ *Config, n *Networks) { *n, _ = clipNetworks(true) }},
		{"clips of another shape", "the generator gave (3, 2, 1, 1, 1)", func(_ *Config, n *Networks) {
			points, _ := pointNetworks(4)
			n.Generator = points.Generator
		}},
		{"scores for frames, not clips", "the discriminator gave", func(_ *Config, n *Networks) {
			n.Discriminator = func(s *nn.Scope, x *nn.Node) *nn.Node { return s.Reshape(x, -1, 1) }
		}},
	} {
		t.Run(row.reason, func(t *testing.T) {
			c, n := edit(row.edit)
			_, shape := clipNetworks(false)
			trainer, err := NewTrainer(openDevice(t), nn.NewParams(1), n, shape, c, 1)
			if err == nil {
				_ = trainer.Close()
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %q does not have %q", err, row.want)
			}
		})
	}
}

func TestStepReportsClipsOfAnotherSize(t *testing.T) {
	nets, shape := clipNetworks(false)
	trainer := newTrainer(t, nets, shape, plain(), 1)
	if _, err := trainer.Step(context.Background(), make([]float32, 7), StepOptions{}); !errors.Is(err, nn.ErrShape) {
		t.Errorf("error %v, want ErrShape", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := trainer.Step(ctx, realClips(trainer, 0), StepOptions{}); !errors.Is(err, context.Canceled) || trainer.Steps() != 0 {
		t.Errorf("error %v after %d steps, want a cancelled one and 0", err, trainer.Steps())
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
