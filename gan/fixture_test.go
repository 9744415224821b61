package gan

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"videogan/nn"
	"videogan/nn/exec"
)

// openDevice has a single thread: the networks of the tests are too small to
// share, and threads that wait for each other stand still on a busy machine.
func openDevice(t testing.TB) *exec.Device {
	t.Helper()
	dev, err := exec.NewDevice(exec.DeviceOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dev.Close() })
	return dev
}

// normalLatent draws from a normal distribution.
func normalLatent(rng *rand.Rand, dst []float32) {
	for i := range dst {
		dst[i] = float32(rng.NormFloat64())
	}
}

// pointNetworks play over points of the plane, as clips of 2×1×1×1.
func pointNetworks(width int) (Networks, ClipShape) {
	return Networks{
		LatentSize: 2, Latent: normalLatent,
		Generator: func(s *nn.Scope, in Input) Output {
			h := s.ReLU(s.In("h1").Linear(in.Latent, width, nn.LayerOptions{Weight: nn.HeNormal()}))
			h = s.ReLU(s.In("h2").Linear(h, width, nn.LayerOptions{Weight: nn.HeNormal()}))
			h = s.In("out").Linear(h, 2, nn.LayerOptions{}) // N×2
			return Output{Clips: s.Reshape(h, -1, 2, 1, 1, 1)}
		},
		Discriminator: func(s *nn.Scope, x *nn.Node) *nn.Node {
			h := s.Reshape(x, -1, 2)
			h = s.LeakyReLU(s.In("h1").Linear(h, width, nn.LayerOptions{Weight: nn.HeNormal()}), 0.2)
			h = s.LeakyReLU(s.In("h2").Linear(h, width, nn.LayerOptions{Weight: nn.HeNormal()}), 0.2)
			return s.In("out").Linear(h, 1, nn.LayerOptions{})
		},
	}, ClipShape{Channels: 2, Frames: 1, Height: 1, Width: 1}
}

// clipNetworks are the smallest that have all kinds of layers, over clips of
// 2×4×8×8: batch normalization and noise in both, a frame discriminator.
func clipNetworks(spectral bool) (Networks, ClipShape) {
	o := nn.LayerOptions{SpectralNorm: spectral}
	return Networks{
		LatentSize: 5, Latent: normalLatent,
		Generator: func(s *nn.Scope, in Input) Output {
			n := in.Latent.Shape()[0]
			h := s.In("in").Linear(in.Latent, 4*2*4*4, nn.LayerOptions{NoBias: true})
			h = s.ReLU(s.In("in").BatchNorm(s.Reshape(h, n, 4, 2, 4, 4), nn.BatchNormOptions{})) // N×4×2×4×4
			h = s.In("out").ConvTranspose(h, 2, nn.Cube(3, 4, 2, 1), nn.LayerOptions{})          // N×2×4×8×8
			return Output{Clips: s.Tanh(h)}
		},
		Discriminator: func(s *nn.Scope, x *nn.Node) *nn.Node {
			h := s.In("c0").Conv(x, 4, nn.Cube(3, 4, 2, 1), o) // N×4×2×4×4
			h = s.LeakyReLU(s.In("c0").GaussianNoise(s.In("c0").BatchNorm(h, nn.BatchNormOptions{NoBeta: true}), 0.1), 0.2)
			h = s.In("head").Conv(h, 1, nn.Geometry{Kernel: []int{2, 4, 4}}, o)
			return s.Reshape(h, -1, 1)
		},
		FrameDiscriminator: func(s *nn.Scope, x *nn.Node) *nn.Node {
			h := s.LeakyReLU(s.In("c0").Conv(x, 3, nn.Cube(2, 4, 2, 1), o), 0.2) // N×3×4×4
			return s.Reshape(s.In("head").Conv(h, 1, nn.Cube(2, 4, 1, 0), o), -1, 1)
		},
	}, ClipShape{Channels: 2, Frames: 4, Height: 8, Width: 8}
}

// plain is a config without constraint or penalty.
func plain() Config {
	c := DefaultConfig()
	c.Batch, c.Loss, c.Order, c.EMA = 3, NonSaturating, Usual, 0.99
	c.Constraint.Kind = Unconstrained
	c.Generator, c.Discriminator = DefaultAdam(), DefaultAdam()
	c.Generator.LR, c.Discriminator.LR = 1e-3, 1e-3
	return c
}

func newTrainer(t testing.TB, nets Networks, shape ClipShape, c Config, seed uint64) *Trainer {
	t.Helper()
	trainer, err := NewTrainer(openDevice(t), nn.NewParams(seed), nets, shape, c, seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = trainer.Close() })
	return trainer
}

// realClips are smooth clips that depend on the step alone.
func realClips(trainer *Trainer, step int) []float32 {
	clips := make([]float32, trainer.cfg.ClipsPerStep()*trainer.shape.Size())
	for i := range clips {
		clips[i] = float32(math.Sin(float64(i)*0.7 + float64(step)))
	}
	return clips
}

// run makes steps up to number to, and gives the metrics of each.
func run(t testing.TB, trainer *Trainer, to int) []Metrics {
	t.Helper()
	var list []Metrics
	for trainer.Steps() < to {
		m, err := trainer.Step(context.Background(), realClips(trainer, trainer.Steps()), StepOptions{Log: trainer.Steps()%2 == 1})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}
