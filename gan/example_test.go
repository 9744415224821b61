package gan_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"videogan/gan"
	"videogan/nn"
	"videogan/nn/exec"
)

// A generator learns to make the number 2 (as clips of one value).
func Example() {
	dev, err := exec.NewDevice(exec.DeviceOptions{Threads: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer dev.Close()
	nets := gan.Networks{
		LatentSize: 1,
		Latent:     func(rng *rand.Rand, z []float32) { z[0] = rng.Float32() },
		Generator: func(s *nn.Scope, in gan.Input) gan.Output {
			return gan.Output{Clips: s.Reshape(s.In("out").Linear(in.Latent, 1, nn.LayerOptions{}), -1, 1, 1, 1, 1)}
		},
		Discriminator: func(s *nn.Scope, x *nn.Node) *nn.Node {
			h := s.LeakyReLU(s.In("h").Linear(s.Reshape(x, -1, 1), 16, nn.LayerOptions{}), 0.2)
			return s.In("out").Linear(h, 1, nn.LayerOptions{})
		},
	}
	cfg := gan.DefaultConfig()
	cfg.Batch, cfg.Loss, cfg.Order = 16, gan.NonSaturating, gan.Usual
	cfg.Constraint.Kind, cfg.R1 = gan.Unconstrained, gan.R1{Gamma: 1, Every: 1}
	cfg.Generator, cfg.Discriminator = gan.DefaultAdam(), gan.DefaultAdam()
	cfg.Generator.LR, cfg.Discriminator.LR = 0.01, 0.01

	trainer, err := gan.NewTrainer(dev, nn.NewParams(1), nets, gan.ClipShape{Channels: 1, Frames: 1, Height: 1, Width: 1}, cfg, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer trainer.Close()
	real := make([]float32, cfg.ClipsPerStep())
	for i := range real {
		real[i] = 2
	}
	for trainer.Steps() < 600 {
		if _, err := trainer.Step(context.Background(), real, gan.StepOptions{}); err != nil {
			fmt.Println(err)
			return
		}
	}
	sampler, err := trainer.Sampler(2, true)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sampler.Close()
	clips, err := sampler.Sample(1)
	fmt.Printf("%.0f %v\n", clips, err)
	// Output: [2 2] <nil>
}
