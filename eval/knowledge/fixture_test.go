package knowledge

import (
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"

	"videogan/gan"
	"videogan/nn"
	"videogan/nn/exec"
	"videogan/spatial"
	"videogan/temporal"
)

func openDevice(t testing.TB) *exec.Device {
	t.Helper()
	dev, err := exec.NewDevice(exec.DeviceOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dev.Close() })
	return dev
}

// smallTGAN is a TGAN of clips of 1×4×16×16, untrained: its generator is a random function of its
// latent vectors, which is enough to invert it.
func smallTGAN(t testing.TB) (Generator, Discriminator) {
	t.Helper()
	g0, g1, d := temporal.DefaultGenerator(), spatial.DefaultGenerator(), temporal.DefaultDiscriminator()
	g0.LatentSize, g0.Channels, g0.OutputSize, g0.Frames = 6, []int{16, 16}, 5, 4
	g1.ClipLatentSize, g1.FrameLatentSize, g1.Channels, g1.Size, g1.Width, g1.MinWidth, g1.InitUniform = 6, 5, 1, 16, 16, 8, 0
	d.Channels, d.Frames, d.Size, d.Width, d.MaxWidth, d.BatchNorm = 1, 4, 16, 4, 8, false
	stages := &gan.Stages{
		FrameLatentSize: 5,
		Unroll:          func(s *nn.Scope, z0 *nn.Node) *nn.Node { return g0.Build(s.In("temporal"), z0) },
		Paint:           func(s *nn.Scope, z0, z1 *nn.Node) *nn.Node { return g1.Build(s.In("spatial"), z0, z1) },
	}
	nets := gan.Networks{
		LatentSize: 6, Bound: 1, Stages: stages,
		Latent: func(rng *rand.Rand, dst []float32) {
			for i := range dst {
				dst[i] = 2*rng.Float32() - 1
			}
		},
		Generator: func(s *nn.Scope, in gan.Input) gan.Output {
			return gan.Output{Clips: stages.Paint(s, in.Latent, stages.Unroll(s, in.Latent))}
		},
		Discriminator: func(s *nn.Scope, x *nn.Node) *nn.Node { return d.Build(s, x) },
		Hidden:        d.Hidden,
	}
	shape := gan.ClipShape{Channels: 1, Frames: 4, Height: 16, Width: 16}
	params := nn.NewParams(3)
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{})
	nets.Generator(s.In("gen"), gan.Input{Latent: s.Input("z", 1, 6)})
	nets.Discriminator(s.In("dis"), s.Input("x", 1, 1, 4, 16, 16))
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return Generator{nets, params, shape}, Discriminator{nets, params, shape}
}

// clipsOf makes n clips of a seed.
func clipsOf(t testing.TB, dev *exec.Device, g Generator, n int, seed uint64) []float32 {
	t.Helper()
	clips, err := g.Generate(dev, g.Latents(n, seed))
	if err != nil {
		t.Fatal(err)
	}
	return clips
}
