package knowledge

import (
	"errors"
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"

	"videogan/gan"
	"videogan/nn"
	"videogan/nn/exec"
)

// Generator is a trained generator, to be taken apart. Its batch normalizations use their
// running statistics, so that clips of a batch do not depend on each other.
type Generator struct {
	Networks gan.Networks
	Params   *nn.Params    // under "gen"
	Shape    gan.ClipShape // of its clips
}

// Errors that callers may want to tell apart.
var (
	// ErrShape marks clips or latent vectors of another size than the networks take.
	ErrShape = errors.New("shape mismatch")
	// ErrOption marks an option out of range.
	ErrOption = errors.New("bad option")
)

// check reports a generator that has no latent vectors.
func (g Generator) check() error {
	if g.Networks.LatentSize < 1 || g.Networks.Given > 0 {
		return fmt.Errorf("the generator goes on from given frames and has no latent vectors: %w", errors.ErrUnsupported)
	}
	return nil
}

// stages is the generator's two halves.
func (g Generator) stages() (*gan.Stages, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	if g.Networks.Stages == nil {
		return nil, fmt.Errorf("the generator makes its clips in one piece and has no latent vectors of frames: %w", errors.ErrUnsupported)
	}
	return g.Networks.Stages, nil
}

// Latents draws n latent vectors (n×LatentSize): vector i of a seed is that of sample i of the seed.
func (g Generator) Latents(n int, seed uint64) []float32 {
	return g.latents(n, seed, "latents/sample")
}

// latents draws n latent vectors, each from a stream of its own.
func (g Generator) latents(n int, seed uint64, purpose string) []float32 {
	size := g.Networks.LatentSize
	z := make([]float32, n*size)
	for i := range n {
		g.Networks.Latent(nn.Stream(seed, fmt.Sprintf("%s/%d", purpose, i)), z[i*size:(i+1)*size])
	}
	return z
}

// Generate makes clips (n×C×T×H×W) from latent vectors (n×LatentSize).
func (g Generator) Generate(dev *exec.Device, latents []float32) ([]float32, error) {
	if err := g.check(); err != nil {
		return nil, fmt.Errorf("knowledge: generate: %w", err)
	}
	out, err := g.run(dev, func(s *nn.Scope, z []*nn.Node) *nn.Node {
		return g.Networks.Generator(s, gan.Input{Latent: z[0]}).Clips
	}, rows{g.Networks.LatentSize, latents})
	if err != nil {
		return nil, fmt.Errorf("knowledge: generate: %w", err)
	}
	return out, nil
}

// Unroll maps latent vectors of clips (n×LatentSize) to those of their frames
// (n×FrameLatentSize×T). It reports, with errors.ErrUnsupported, a generator of one piece.
func (g Generator) Unroll(dev *exec.Device, latents []float32) ([]float32, error) {
	stages, err := g.stages()
	if err == nil {
		latents, err = g.run(dev, func(s *nn.Scope, z []*nn.Node) *nn.Node { return stages.Unroll(s, z[0]) },
			rows{g.Networks.LatentSize, latents})
	}
	if err != nil {
		return nil, fmt.Errorf("knowledge: unroll latent vectors: %w", err)
	}
	return latents, nil
}

// Paint makes clips of any number of frames (n×C×frames×H×W) from latent vectors of clips
// (n×LatentSize) and of their frames (n×FrameLatentSize×frames). It reports, with
// errors.ErrUnsupported, a generator of one piece.
func (g Generator) Paint(dev *exec.Device, latents, frameLatents []float32, frames int) ([]float32, error) {
	stages, err := g.stages()
	var clips []float32
	if err == nil {
		size := stages.FrameLatentSize
		clips, err = g.run(dev, func(s *nn.Scope, z []*nn.Node) *nn.Node {
			return stages.Paint(s, z[0], s.Reshape(z[1], -1, size, frames))
		}, rows{g.Networks.LatentSize, latents}, rows{size * frames, frameLatents})
	}
	if err != nil {
		return nil, fmt.Errorf("knowledge: paint frames: %w", err)
	}
	return clips, nil
}

// rows are an input: vectors of a size.
type rows struct {
	size   int
	values []float32
}

// runBatch is how many rows a program takes at a time.
const runBatch = 16

// run maps rows by a part of the generator, in batches.
func (g Generator) run(dev *exec.Device, build func(s *nn.Scope, z []*nn.Node) *nn.Node, in ...rows) (out []float32, err error) {
	n := len(in[0].values) / in[0].size
	for _, input := range in {
		if n == 0 || len(input.values) != n*input.size {
			return nil, fmt.Errorf("%w: %d numbers are not %d vectors of %d", ErrShape, len(input.values), n, input.size)
		}
	}
	batch := min(n, runBatch)
	s := nn.NewScope(gorgonia.NewGraph(), g.Params, nn.ScopeOptions{})
	nodes := make([]*nn.Node, len(in))
	for i, input := range in {
		nodes[i] = s.Input(fmt.Sprintf("in%d", i), batch, input.size)
	}
	program, err := compile(dev, s, func() []*nn.Node { return []*nn.Node{build(s.In("gen"), nodes)} })
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, program.Close()) }()
	result := program.outputs[0]
	for from := 0; from < n; from += batch {
		count := min(batch, n-from)
		for i, input := range in {
			copy(program.Data(nodes[i]), input.values[from*input.size:(from+count)*input.size])
		}
		if err := program.RunAll(); err != nil {
			return nil, err
		}
		data := program.Data(result)
		out = append(out, data[:len(data)/batch*count]...)
	}
	return out, nil
}

// compiled is a program and its outputs.
type compiled struct {
	*exec.Program
	outputs []*nn.Node
}

// compile builds outputs over trained parameters and compiles them. It reports, with
// gan.ErrArchitecture, a network that needs parameters that there are not.
func compile(dev *exec.Device, s *nn.Scope, build func() []*nn.Node) (*compiled, error) {
	before := len(s.Params().All())
	outputs := build()
	if err := s.Err(); err != nil {
		return nil, err
	}
	if all := s.Params().All(); len(all) > before {
		return nil, fmt.Errorf("%w: there is no %s: use the config that it was trained with", gan.ErrArchitecture, all[before].Name)
	}
	program, err := exec.Compile(dev, s, slices.Clone(outputs)...)
	if err != nil {
		return nil, err
	}
	return &compiled{program, outputs}, nil
}
