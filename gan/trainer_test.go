package gan

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"videogan/nn"
)

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

// A step's memory on the Go heap does not grow with its batch.
func TestStepAllocatesNothingThatGrows(t *testing.T) {
	nets, shape := clipNetworks(false)
	bytesOf := func(batch int) float64 {
		c := games()[0].config
		c.Batch = batch
		c.Constraint = Constraint{Kind: SingularValueClipping, Every: 100} // only the first step clips
		trainer := newTrainer(t, nets, shape, c, 1)
		clips := realClips(trainer, 0)
		step := func() {
			if _, err := trainer.Step(context.Background(), clips, StepOptions{Log: true}); err != nil {
				t.Fatal(err)
			}
		}
		step()
		step()
		const steps = 10
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range steps {
			step()
		}
		runtime.ReadMemStats(&after)
		return float64(after.TotalAlloc-before.TotalAlloc) / steps
	}
	small, large := bytesOf(2), bytesOf(32)
	clip := 4 * float64(shape.Size()) // bytes of one of the 60 further clips of a step
	if large > small+clip {
		t.Errorf("a step allocates %.0f bytes at batch 2, %.0f at batch 32", small, large)
	}
}
