package gan

import (
	"fmt"
	"math/rand/v2"

	"videogan/nn"
)

// Networks are the players.
type Networks struct {
	LatentSize int // numbers in a latent vector
	// Latent draws one latent vector: it fills dst, of LatentSize, from rng only.
	Latent func(rng *rand.Rand, dst []float32)
	// Generator maps latents (N×LatentSize) to clips (N×C×T×H×W). It is built in the scope "gen".
	Generator func(s *nn.Scope, z *nn.Node) *nn.Node
	// Discriminator maps clips (N×C×T×H×W) to scores (N×1). It is built in the scope "dis".
	Discriminator func(s *nn.Scope, x *nn.Node) *nn.Node
	// FrameDiscriminator maps frames (N×C×H×W) to scores (N×1). It is built in the
	// scope "framedis", and may be nil unless Config.Frame asks for it.
	FrameDiscriminator func(s *nn.Scope, x *nn.Node) *nn.Node
}

// Paths of the networks' parameters.
const (
	generatorPath          = "gen"
	discriminatorPath      = "dis"
	frameDiscriminatorPath = "framedis"
)

// ClipShape is the size of a clip.
type ClipShape struct{ Channels, Frames, Height, Width int }

// Size is the number of values in a clip.
func (c ClipShape) Size() int { return c.Channels * c.Frames * c.Height * c.Width }

func (c ClipShape) batch(n int) []int { return []int{n, c.Channels, c.Frames, c.Height, c.Width} }

// generate builds the generator, and checks what it makes.
func (n Networks) generate(s *nn.Scope, z *nn.Node, shape ClipShape) *nn.Node {
	x := n.Generator(s.In(generatorPath), z)
	return checked(s, "the generator", x, shape.batch(z.Shape()[0]))
}

// checked is x, or nil when its shape is another.
func checked(s *nn.Scope, what string, x *nn.Node, want []int) *nn.Node {
	if x == nil {
		if s.Err() == nil {
			s.Fail(fmt.Errorf("gan: %s gave nil", what))
		}
		return nil
	}
	if !x.Shape().Eq(want) {
		s.Fail(fmt.Errorf("gan: %s gave %v, want %v: %w", what, x.Shape(), want, nn.ErrShape))
		return nil
	}
	return x
}
