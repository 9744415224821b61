package gan

import (
	"fmt"
	"math/rand/v2"

	"videogan/nn"
	"videogan/nn/exec"
)

// Networks are the players.
type Networks struct {
	LatentSize int // numbers in a latent vector; 0, where frames are given: there is none
	// Latent draws one latent vector: it fills dst, of LatentSize, from rng only.
	Latent func(rng *rand.Rand, dst []float32)
	// Bound says that the numbers of a latent vector lie in ±Bound; 0: anywhere.
	Bound float64
	// Given is how many first frames of a real clip the generator is given, to make a clip
	// that goes on from there; 0: none. In a step they are those of the step's real clips.
	Given int
	// Frames draws the given frames of one real clip (C×Given×H×W): it fills dst by numbers
	// from rng only. Samples and the statistics of an average take them; training does not.
	Frames func(rng *rand.Rand, dst []float32) error
	// Generator makes clips. It is built in the scope "gen".
	Generator func(s *nn.Scope, in Input) Output
	// Stages are the two halves of a generator that unrolls time first, to be run one
	// without the other; nil for a generator of one piece.
	Stages *Stages
	// Discriminator maps clips (N×C×T×H×W) to scores (N×1), or to the two logits of real
	// and of generated (N×2), see Score. It is built in the scope "dis".
	Discriminator func(s *nn.Scope, x *nn.Node) *nn.Node
	// Hidden maps clips (N×C×T×H×W) to what the discriminator's hidden layers give, the
	// first first, in the scope "dis" too: what it knows of a clip, to be used by others.
	// Training has no use for it; it may be nil.
	Hidden func(s *nn.Scope, x *nn.Node) []*nn.Node
	// FrameDiscriminator maps frames (N×C×H×W) to scores (N×1). It is built in the
	// scope "framedis", and may be nil unless Config.Frame asks for it.
	FrameDiscriminator func(s *nn.Scope, x *nn.Node) *nn.Node
}

// Stages are a generator's two halves, so that Generator is Paint after Unroll. Both are
// built in the scope "gen".
type Stages struct {
	FrameLatentSize int // numbers in the latent vector of a frame
	// Unroll maps latent vectors of clips (N×LatentSize) to those of their frames
	// (N×FrameLatentSize×T), in [-1, 1].
	Unroll func(s *nn.Scope, clip *nn.Node) *nn.Node
	// Paint maps both to clips (N×C×T×H×W), of any number of frames T.
	Paint func(s *nn.Scope, clip, frames *nn.Node) *nn.Node
}

// Input is what a generator starts from.
type Input struct {
	Latent *nn.Node // latent vectors, N×LatentSize; nil where that is 0
	Frames *nn.Node // first frames of real clips, N×C×Given×H×W; nil where Given is 0
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

// input is the generator's input for some clips.
func (n Networks) input(s *nn.Scope, clips int, shape ClipShape) (in Input) {
	if n.LatentSize > 0 {
		in.Latent = s.Input("z", clips, n.LatentSize)
	}
	if n.Given > 0 {
		in.Frames = s.Input("given", clips, shape.Channels, n.Given, shape.Height, shape.Width)
	}
	return in
}

// fill draws the input of a program's clips; stream gives the random numbers for
// one purpose, "latents" or "frames", of clip i.
func (n Networks) fill(p *exec.Program, in Input, stream func(i int, purpose string) *rand.Rand) error {
	if in.Latent != nil {
		z := p.Data(in.Latent)
		for i := range len(z) / n.LatentSize {
			n.Latent(stream(i, "latents"), z[i*n.LatentSize:(i+1)*n.LatentSize])
		}
	}
	if in.Frames == nil {
		return nil
	}
	if n.Frames == nil {
		return fmt.Errorf("gan: the generator goes on from given frames, and the networks have no way to draw them: set Frames")
	}
	frames, clips := p.Data(in.Frames), in.clips()
	for i, size := 0, len(frames)/clips; i < clips; i++ {
		if err := n.Frames(stream(i, "frames"), frames[i*size:(i+1)*size]); err != nil {
			return fmt.Errorf("gan: draw given frames: %w", err)
		}
	}
	return nil
}

// generate builds the generator, and checks what it makes.
func (n Networks) generate(s *nn.Scope, in Input, shape ClipShape) Output {
	if s.Err() != nil {
		return Output{}
	}
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
		return in.Frames.Shape()[0]
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
