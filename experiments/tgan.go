package experiments

import (
	"fmt"
	"math/rand/v2"

	"videogan/gan"
	"videogan/nn"
	"videogan/spatial"
	"videogan/temporal"
)

// TGAN is the config of temporal generative adversarial nets: a temporal generator unrolls
// one latent vector into one for each frame, an image generator paints each frame, and a
// three-dimensional discriminator judges the clip.
//
// Source: Saito, Matsumoto and Saito 2017, Sec. 3 and Figure 2. Differs from it in: an
// optional discriminator of single frames, off by default.
type TGAN struct {
	Common
	Gen      TGANGenerator          `toml:"gen"`
	Dis      temporal.Discriminator `toml:"dis" derived:"channels frames size spectral_norm"`
	FrameDis spatial.Discriminator  `toml:"frame_dis" derived:"channels size spectral_norm"`
}

// TGANGenerator is the pair of generators G₀ and G₁.
type TGANGenerator struct {
	Temporal temporal.Generator `toml:"temporal" derived:"frames"`
	Spatial  spatial.Generator  `toml:"spatial" derived:"clip_latent_size frame_latent_size channels size"`
}

// DefaultTGAN is the paper's: 16 colour frames of 64×64 pixels, batches of 32, the
// Wasserstein loss with singular value clipping, RMSprop at 5e-5.
func DefaultTGAN() *TGAN {
	return &TGAN{
		Common: Common{Train: DefaultTraining(), Data: DefaultData(), GAN: gan.DefaultConfig()},
		Gen:    TGANGenerator{Temporal: temporal.DefaultGenerator(), Spatial: spatial.DefaultGenerator()},
		Dis:    temporal.DefaultDiscriminator(), FrameDis: spatial.DefaultDiscriminator(),
	}
}

// Networks composes TGAN: G(z0) = [G₁(z0, z1¹), …, G₁(z0, z1ᵀ)] with [z1¹, …, z1ᵀ] = G₀(z0).
func (c *TGAN) Networks() gan.Networks {
	g0, g1, d, frame := c.parts()
	stages := &gan.Stages{
		FrameLatentSize: g0.OutputSize,
		Unroll: func(s *nn.Scope, z0 *nn.Node) *nn.Node {
			return g0.Build(s.In("temporal"), z0) // N×100 → N×100×16
		},
		Paint: func(s *nn.Scope, z0, z1 *nn.Node) *nn.Node {
			return g1.Build(s.In("spatial"), z0, z1) // N×100×16 → N×3×16×64×64
		},
	}
	nets := gan.Networks{
		LatentSize: g0.LatentSize,
		Latent:     uniform, // z0 ~ U[-1, 1]^100
		Bound:      1,
		Generator: func(s *nn.Scope, in gan.Input) gan.Output {
			z0 := in.Latent
			return gan.Output{Clips: stages.Paint(s, z0, stages.Unroll(s, z0))}
		},
		Stages: stages,
		Discriminator: func(s *nn.Scope, x *nn.Node) *nn.Node {
			return d.Build(s, x) // N×3×16×64×64 → N×1
		},
		Hidden: d.Hidden,
	}
	if c.GAN.Frame.Frames > 0 {
		nets.FrameDiscriminator = func(s *nn.Scope, x *nn.Node) *nn.Node {
			return frame.Build(s, x) // N×3×64×64 → N×1
		}
	}
	return nets
}

// parts are the four networks with the settings that follow from others filled in.
func (c *TGAN) parts() (temporal.Generator, spatial.Generator, temporal.Discriminator, spatial.Discriminator) {
	g0, g1, d, frame := c.Gen.Temporal, c.Gen.Spatial, c.Dis, c.FrameDis
	g0.Frames = c.Data.Frames
	g1.ClipLatentSize, g1.FrameLatentSize = g0.LatentSize, g0.OutputSize
	g1.Channels, g1.Size = c.Data.ChannelCount(), c.Data.Size
	d.Channels, d.Frames, d.Size = c.Data.ChannelCount(), c.Data.Frames, c.Data.Size
	frame.Channels, frame.Size = c.Data.ChannelCount(), c.Data.Size
	d.SpectralNorm = c.GAN.Constraint.Kind == gan.SpectralNorm
	frame.SpectralNorm = d.SpectralNorm
	return g0, g1, d, frame
}

// Validate implements Config.
func (c *TGAN) Validate() error {
	if err := c.validateCommon(); err != nil {
		return err
	}
	if doubled := 1 << len(c.Gen.Temporal.Channels); c.Data.Frames%doubled != 0 {
		return invalid("data.frames", c.Data.Frames, "the %d hidden layers of gen.temporal double the length each: want a multiple of %d, or another number of gen.temporal.channels",
			len(c.Gen.Temporal.Channels), doubled)
	}
	// Generators double 4×4 pixels, discriminators halve to 4×4.
	if size := c.Data.Size; size < 8 || size&(size-1) != 0 {
		return invalid("data.size", size, "want 8, 16, 32, 64, 128 or another power of two")
	}
	g0, g1, d, frame := c.parts()
	if err := g1.Validate(); err != nil {
		return fmt.Errorf("%w: [gen.spatial]: %w", ErrConfig, err)
	}
	if err := g0.Validate(); err != nil {
		return fmt.Errorf("%w: [gen.temporal]: %w", ErrConfig, err)
	}
	if err := d.Validate(); err != nil {
		return fmt.Errorf("%w: [dis], data.frames: %w", ErrConfig, err)
	}
	if err := frame.Validate(); c.GAN.Frame.Frames > 0 && err != nil {
		return fmt.Errorf("%w: [frame_dis]: %w", ErrConfig, err)
	}
	return nil
}

// uniform fills dst with numbers drawn evenly from [-1, 1].
func uniform(rng *rand.Rand, dst []float32) {
	for i := range dst {
		dst[i] = 2*rng.Float32() - 1
	}
}
