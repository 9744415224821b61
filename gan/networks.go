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
	// Generator makes clips. It is built in the scope "gen".
	Generator func(s *nn.Scope, in Input) Output
	// Discriminator maps clips (N×C×T×H×W) to scores (N×1), or to the two logits of real
	// and of generated (N×2), see Score. It is built in the scope "dis".
	Discriminator func(s *nn.Scope, x *nn.Node) *nn.Node
	// FrameDiscriminator maps frames (N×C×H×W) to scores (N×1). It is built in the
	// scope "framedis", and may be nil unless Config.Frame asks for it.
	FrameDiscriminator func(s *nn.Scope, x *nn.Node) *nn.Node
}

// Input is what a generator starts from.
type Input struct {
	Latent *nn.Node // latent vectors, N×LatentSize
}

// Output is what a generator makes.
type Output struct {
	Clips *nn.Node // N×C×T×H×W, in [-1, 1]
	Parts []Part   // what the clips are composed of, to look at beside them
	Terms []Term   // of G's loss, beside what the discriminator says
}

// Part is one thing that clips are composed of, such as a mask.
type Part struct {
	Name string   // one word, lower case
	Node *nn.Node // of the clips' shape and range
}

// Term is one term of the generator's loss. Its value is a metric of this name.
type Term struct {
	Name   string
	Value  *nn.Node // (1)
	Weight float64  // of the value in the loss
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

// input is the generator's input for n clips.
func (n Networks) input(s *nn.Scope, clips int) Input {
	return Input{Latent: s.Input("z", clips, n.LatentSize)}
}

// generate builds the generator, and checks what it makes.
func (n Networks) generate(s *nn.Scope, in Input, shape ClipShape) Output {
	out := n.Generator(s.In(generatorPath), in)
	want := shape.batch(in.clips())
	out.Clips = checked(s, "the generator", out.Clips, want)
	for i, part := range out.Parts {
		out.Parts[i].Node = checked(s, "the generator's "+part.Name, part.Node, want)
	}
	for i, term := range out.Terms {
		out.Terms[i].Value = checked(s, "the generator's term "+term.Name, term.Value, []int{1})
	}
	return out
}

// clips is the number of clips to make.
func (in Input) clips() int {
	if in.Latent == nil {
		return 0
	}
	return in.Latent.Shape()[0]
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
