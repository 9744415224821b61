package gan

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"videogan/nn"
	"videogan/nn/exec"
)

// Sampler makes clips with a generator in evaluation mode: its batch
// normalizations use their running statistics, so that a clip does not depend on
// the others of its batch. It belongs to one goroutine.
type Sampler struct {
	prepare func() error // before each sample; nil when there is nothing to do
	nets    Networks
	n       int
	program *exec.Program
	in      Input
	out     Output
}

// Sampler makes n clips at a time with the averaged generator, or with the
// current one, whose later steps it follows. Close it before the trainer's device.
func (t *Trainer) Sampler(n int, average bool) (*Sampler, error) {
	params := t.params
	if average {
		if t.average == nil {
			return nil, fmt.Errorf("gan: sample the averaged generator: there is none: set ema, or sample the current one")
		}
		params = t.average.params
	}
	s, err := NewSampler(t.device, params, t.nets, t.shape, n)
	if err == nil && average {
		s.prepare = t.calibrate
	}
	return s, err
}

// NewSampler makes n clips of the given shape at a time with the generator whose
// parameters are given, as LoadGenerator gives them. It reports, with
// ErrArchitecture, parameters that are not those of the network.
func NewSampler(dev *exec.Device, params *nn.Params, nets Networks, shape ClipShape, n int) (*Sampler, error) {
	if n < 1 {
		return nil, fmt.Errorf("gan: sampler of %d clips: want 1 or more", n)
	}
	needed, err := generatorParams(nets, shape, 0)
	if err != nil {
		return nil, err
	}
	if err := fits(needed, params); err != nil {
		return nil, fmt.Errorf("gan: sampler: %w", err)
	}
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{})
	in := nets.input(s, n, shape)
	out := nets.generate(s, in, shape)
	nodes := []*nn.Node{out.Clips}
	for _, part := range out.Parts {
		nodes = append(nodes, part.Node)
	}
	program, err := exec.Compile(dev, s, nodes...)
	if err != nil {
		return nil, fmt.Errorf("gan: compile sampler: %w", err)
	}
	return &Sampler{nets: nets, n: n, program: program, in: in, out: out}, nil
}

// Sample makes the first n clips of a seed.
func (s *Sampler) Sample(seed uint64) ([]float32, error) { return s.SampleFrom(seed, 0) }

// SampleFrom makes clips first to first+n-1 of a seed (n×C×T×H×W, in [-1, 1]).
// Clip i of a seed is the same whatever n and first are. The memory is valid
// until the next call.
func (s *Sampler) SampleFrom(seed uint64, first int) ([]float32, error) {
	err := s.nets.fill(s.program, s.in, func(i int, purpose string) *rand.Rand {
		return sampleStream(seed, purpose, first+i)
	})
	if err != nil {
		return nil, err
	}
	return s.run()
}

// Generate makes clips from n latent vectors (n×LatentSize). The memory is valid
// until the next call. It reports, with errors.ErrUnsupported, a generator that is
// given frames.
func (s *Sampler) Generate(latents []float32) ([]float32, error) {
	if s.nets.Given > 0 {
		return nil, fmt.Errorf("gan: generate from latent vectors: the generator goes on from given frames: %w", errors.ErrUnsupported)
	}
	if want := s.n * s.nets.LatentSize; len(latents) != want {
		return nil, fmt.Errorf("gan: generate from %d numbers, want %d (%d latent vectors of %d): %w",
			len(latents), want, s.n, s.nets.LatentSize, nn.ErrShape)
	}
	copy(s.program.Data(s.in.Latent), latents)
	return s.run()
}

func (s *Sampler) run() ([]float32, error) {
	if s.prepare != nil {
		if err := s.prepare(); err != nil {
			return nil, err
		}
	}
	if err := s.program.RunAll(); err != nil {
		return nil, fmt.Errorf("gan: sample: %w", err)
	}
	return s.program.Data(s.out.Clips), nil
}

// Parts are the names of what the generator's clips are composed of, in its order.
func (s *Sampler) Parts() []string {
	names := make([]string, len(s.out.Parts))
	for i, part := range s.out.Parts {
		names[i] = part.Name
	}
	return names
}

// Part is part number i of the newest clips, of their shape. The memory is valid
// until the next call that makes clips.
func (s *Sampler) Part(i int) []float32 { return s.program.Data(s.out.Parts[i].Node) }

// Close frees the program.
func (s *Sampler) Close() error { return s.program.Close() }
