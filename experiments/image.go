package experiments

import (
	"fmt"

	"videogan/gan"
	"videogan/nn"
	"videogan/spatial"
)

// Image is the config of a generator of single frames: TGAN's image generator alone, against a
// two-dimensional discriminator. It knows what a frame looks like and nothing of time, which
// makes it the yardstick for what a generator of clips knows beyond that.
//
// Source: Radford, Metz and Chintala 2016 (DCGAN), with the layers of Saito et al. 2017, Table 1.
type Image struct {
	Common
	Gen spatial.Generator     `toml:"gen" derived:"channels size"`
	Dis spatial.Discriminator `toml:"dis" derived:"channels size spectral_norm"`
}

// DefaultImage is DCGAN's step on single frames of 64×64 pixels.
func DefaultImage() *Image {
	c := &Image{
		Common: Common{Train: DefaultTraining(), Data: DefaultData(), GAN: gan.DefaultConfig()},
		Gen:    spatial.DefaultGenerator(), Dis: spatial.DefaultDiscriminator(),
	}
	c.Train.Batch = 128
	c.Data.Frames = 1
	c.GAN.Loss, c.GAN.Order = gan.NonSaturating, gan.Usual
	c.GAN.Constraint.Kind = gan.Unconstrained
	c.GAN.Generator, c.GAN.Discriminator = gan.DefaultAdam(), gan.DefaultAdam()
	return c
}

// Networks composes an image GAN out of TGAN's G₁: one latent vector [z0, z1] a frame.
func (c *Image) Networks() gan.Networks {
	g, d := c.parts()
	size := g.ClipLatentSize + g.FrameLatentSize
	return gan.Networks{
		LatentSize: size,
		Latent:     uniform, // z ~ U[-1, 1]^200
		Bound:      1,
		Generator: func(s *nn.Scope, in gan.Input) gan.Output {
			z0 := s.Slice(in.Latent, 1, 0, g.ClipLatentSize)                                         // N×100
			z1 := s.Reshape(s.Slice(in.Latent, 1, g.ClipLatentSize, size), -1, g.FrameLatentSize, 1) // N×100×1
			return gan.Output{Clips: g.Build(s.In("spatial"), z0, z1)}                               // N×3×1×64×64
		},
		Discriminator: func(s *nn.Scope, x *nn.Node) *nn.Node {
			return d.Build(s, s.Reshape(x, -1, d.Channels, d.Size, d.Size)) // N×3×64×64 → N×1
		},
	}
}

// parts are the networks with the settings that follow from others filled in.
func (c *Image) parts() (spatial.Generator, spatial.Discriminator) {
	g, d := c.Gen, c.Dis
	g.Channels, g.Size = c.Data.ChannelCount(), c.Data.Size
	d.Channels, d.Size = c.Data.ChannelCount(), c.Data.Size
	d.SpectralNorm = c.GAN.Constraint.Kind == gan.SpectralNorm
	return g, d
}

// Validate implements Config.
func (c *Image) Validate() error {
	if err := c.validateCommon(); err != nil {
		return err
	}
	if c.Data.Frames != 1 {
		return invalid("data.frames", c.Data.Frames, "this experiment makes single frames: want 1")
	}
	if c.GAN.Frame.Frames > 0 {
		return invalid("gan.frame.frames", c.GAN.Frame.Frames, "the discriminator judges frames already: want 0")
	}
	g, d := c.parts()
	if err := g.Validate(); err != nil {
		return fmt.Errorf("%w: [gen], data.size: %w", ErrConfig, err)
	}
	if err := d.Validate(); err != nil {
		return fmt.Errorf("%w: [dis], data.size: %w", ErrConfig, err)
	}
	return nil
}
