// Package gan plays the adversarial game: losses, gradient penalties, what keeps
// a discriminator Lipschitz, the step as a list of phases, the averaged
// generator, and checkpoints that training resumes from bit for bit. It knows
// nothing of the networks' architecture.
//
//	nets := gan.Networks{LatentSize: 100, Latent: uniform, Generator: g, Discriminator: d}
//	trainer, err := gan.NewTrainer(dev, nn.NewParams(seed), nets, shape, gan.DefaultConfig(), seed)
//	for trainer.Steps() < 100_000 {
//		metrics, err := trainer.Step(ctx, clips, gan.StepOptions{Log: true}) // loss/d, loss/g, sigma_max/dis/c0, …
//		err = trainer.Save("step.safetensors", nil)
//	}
//	sampler, err := trainer.Sampler(8, true)
//	clips, err := sampler.Sample(1) // 8×C×T×H×W
//
// A step is one update of the generator and one or more of the discriminator. In
// the usual order its phases are "dis", "gen" and, where they are due, the
// penalties "r1" and "gp", whose gradients are added to those of "dis" before D's
// optimizer steps; in the release's order a single phase "both" takes the place
// of the first two. Each phase is one compiled program, see Trainer.Phases.
package gan
