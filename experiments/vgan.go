package experiments

import (
	"fmt"
	"math/rand/v2"

	"videogan/gan"
	"videogan/nn"
	"videogan/spatial"
	"videogan/temporal"
)

// VGAN is the config of Vondrick's generator of scenes: a foreground that moves behind a mask
// before a background that stays, judged by a three-dimensional discriminator.
//
// Source: Vondrick, Pirsiavash and Torralba 2016, Sec. 3 and Figure 1.
type VGAN struct {
	Common
	MaskPenalty  float64                 `toml:"mask_penalty" doc:"weight λ of the mean of the mask in the generator's loss: the more, the less is foreground; nothing with one stream"`
	Conditional  bool                    `toml:"conditional" doc:"go on from the first frame of a real clip, which an encoder of gen.width channels sees, instead of from a latent vector"`
	FramePenalty float64                 `toml:"frame_penalty" doc:"conditional: weight λ of the mean distance between the first frame made and the one given"`
	Gen          temporal.SceneGenerator `toml:"gen" derived:"channels frames size"`
	Dis          temporal.Discriminator  `toml:"dis" derived:"channels frames size spectral_norm"`
}

// DefaultVGAN is the paper's: 32 colour frames of 64×64 pixels, batches of 64, two streams,
// λ = 0.1, Adam at 2e-4 with β₁ = 0.5; and an averaged generator, which the paper has not.
func DefaultVGAN() *VGAN {
	c := &VGAN{
		Common:      Common{Train: DefaultTraining(), Data: DefaultData(), GAN: gan.DefaultConfig()},
		MaskPenalty: 0.1, FramePenalty: 10,
		Gen: temporal.DefaultSceneGenerator(), Dis: temporal.DefaultSceneDiscriminator(),
	}
	c.Train.Batch = 64
	c.Data.Frames = 32
	c.GAN.Loss, c.GAN.Order = gan.NonSaturating, gan.Usual
	c.GAN.Constraint.Kind = gan.Unconstrained
	c.GAN.Generator, c.GAN.Discriminator = gan.DefaultAdam(), gan.DefaultAdam()
	return c
}

// Networks composes VGAN: G(z) = m(z)⊙f(z) + (1-m(z))⊙b(z).
func (c *VGAN) Networks() gan.Networks {
	g, e, d := c.parts()
	nets := gan.Networks{
		LatentSize: g.LatentSize,
		Latent:     normal, // z ~ N(0, 1)^100
		Generator: func(s *nn.Scope, in gan.Input) gan.Output {
			return c.output(s, g.Build(s, in.Latent)) // N×100 → N×3×32×64×64
		},
		Discriminator: func(s *nn.Scope, x *nn.Node) *nn.Node {
			return d.Build(s, x) // N×3×32×64×64 → N×2
		},
		Hidden: d.Hidden,
	}
	if c.Conditional {
		nets.LatentSize, nets.Latent, nets.Given = 0, nil, 1
		nets.Generator = func(s *nn.Scope, in gan.Input) gan.Output {
			frame := s.Reshape(in.Frames, -1, e.Channels, e.Size, e.Size) // N×3×1×64×64 → N×3×64×64
			image := e.Build(s.In("encoder"), frame)                      // N×3×64×64   → N×1024×4×4
			out := c.output(s, g.BuildFrom(s, image))                     // N×1024×4×4  → N×3×32×64×64
			return c.holdFirst(s, out, in.Frames)
		}
	}
	return nets
}

// holdFirst penalizes a first frame that is not the given one, and shows that beside the clip.
func (c *VGAN) holdFirst(s *nn.Scope, out gan.Output, given *nn.Node) gan.Output {
	if out.Clips == nil {
		return out
	}
	distance := s.Mean(s.Abs(s.Sub(s.Slice(out.Clips, 2, 0, 1), given)))
	out.Terms = append(out.Terms, gan.Term{Name: "first_frame/l1", Value: distance, Weight: c.FramePenalty})
	out.Parts = append(out.Parts, gan.Part{Name: "given", Node: s.Broadcast(given, out.Clips.Shape()...)})
	return out
}

// output shows what a scene is composed of, and penalizes its mask.
func (c *VGAN) output(s *nn.Scope, scene temporal.Scene) gan.Output {
	out := gan.Output{Clips: scene.Clip}
	if scene.Clip == nil || scene.Mask == nil {
		return out
	}
	shape := scene.Clip.Shape()
	mask := s.Shift(s.Scale(scene.Mask, 2), -1) // black where there is background, white where there is foreground
	out.Parts = []gan.Part{
		{Name: "foreground", Node: scene.Foreground},
		{Name: "mask", Node: s.Broadcast(mask, shape...)},
		{Name: "background", Node: s.Broadcast(scene.Background, shape...)},
	}
	out.Terms = []gan.Term{{Name: "mask/mean", Value: s.Mean(scene.Mask), Weight: c.MaskPenalty}} // m ≥ 0 is its own |m|
	return out
}

// parts are the networks with the settings that follow from others filled in.
func (c *VGAN) parts() (temporal.SceneGenerator, spatial.Encoder, temporal.Discriminator) {
	g, e, d := c.Gen, spatial.DefaultEncoder(), c.Dis
	g.Channels, g.Frames, g.Size = c.Data.ChannelCount(), c.Data.Frames, c.Data.Size
	d.Channels, d.Frames, d.Size = c.Data.ChannelCount(), c.Data.Frames, c.Data.Size
	e.Channels, e.Size, e.Width, e.MinWidth = g.Channels, g.Size, g.Width, g.MinWidth
	e.BiasBeforeNorm, e.InitGain, e.InitNormal, e.InitScale = g.BiasBeforeNorm, g.InitGain, g.InitNormal, g.InitScale
	d.SpectralNorm = c.GAN.Constraint.Kind == gan.SpectralNorm
	return g, e, d
}

// Validate implements Config.
func (c *VGAN) Validate() error {
	if err := c.validateCommon(); err != nil {
		return err
	}
	if !(c.MaskPenalty >= 0) {
		return invalid("mask_penalty", c.MaskPenalty, "want 0 (off) or more")
	}
	if !(c.FramePenalty >= 0) {
		return invalid("frame_penalty", c.FramePenalty, "want 0 (off) or more")
	}
	if c.GAN.Frame.Frames > 0 {
		return invalid("gan.frame.frames", c.GAN.Frame.Frames, "VGAN has no discriminator of frames: want 0")
	}
	g, e, d := c.parts()
	if err := g.Validate(); err != nil {
		return fmt.Errorf("%w: [gen], data.frames, data.size: %w", ErrConfig, err)
	}
	if err := e.Validate(); c.Conditional && err != nil {
		return fmt.Errorf("%w: [gen]: %w", ErrConfig, err)
	}
	if err := d.Validate(); err != nil {
		return fmt.Errorf("%w: [dis], data.frames, data.size: %w", ErrConfig, err)
	}
	return nil
}

// normal fills dst with numbers drawn from N(0, 1).
func normal(rng *rand.Rand, dst []float32) {
	for i := range dst {
		dst[i] = float32(rng.NormFloat64())
	}
}
