package classifier

import (
	"context"
	"fmt"

	"gorgonia.org/gorgonia"

	"videogan/eval"
	"videogan/eval/weights"
	"videogan/nn"
	"videogan/nn/exec"
)

// Network is what an Engine compiles, and how clips are brought to it.
type Network struct {
	// Sees is the size of what the network sees; Clips is the size of a batch.
	Sees eval.Shape
	// Build maps clips (Sees) to features (N×Protocol.FeatureDims) and logits (N×Protocol.Classes).
	Build func(s *nn.Scope, x *nn.Node) (features, logits *nn.Node)
	// Fit brings a clip of a shape to the network's size.
	Fit func(dst, clip []float32, shape eval.Shape)
	// Check reports eval.ErrShape for clips that Fit cannot bring there.
	Check func(shape eval.Shape) error
	// Dropout, with a random state, is active while the network judges: batch k takes the k-th numbers.
	Dropout  *nn.RandomState
	Protocol Protocol
	Classes  []string
}

// Engine judges clips by a network on the kernels, a batch at a time: a Classifier that C3D, I3D and SmallC3D are.
type Engine struct {
	n       Network
	program *exec.Program

	x, features, probabilities *nn.Node
}

var _ Classifier = (*Engine)(nil)

// NewEngine compiles a network over params. A set of weights is first copied into them: it reports
// weights.ErrArchitecture for one of another network. Without a set, params hold the weights.
func NewEngine(dev *exec.Device, params *nn.Params, set weights.Set, n Network) (*Engine, error) {
	e := &Engine{n: n}
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: n.Dropout != nil, Random: n.Dropout})
	e.x = s.Input("clips", n.Sees.Clips, n.Sees.Channels, n.Sees.Frames, n.Sees.Height, n.Sees.Width)
	var logits *nn.Node
	e.features, logits = n.Build(s, e.x)
	e.probabilities = s.Softmax(logits, 1)
	if err := s.Err(); err != nil {
		return nil, err
	}
	if set != nil {
		if err := set.CopyTo(params); err != nil {
			return nil, err
		}
	}
	var err error
	if e.program, err = exec.Compile(dev, s, e.features, e.probabilities); err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	return e, nil
}

// Protocol implements Classifier.
func (e *Engine) Protocol() Protocol { return e.n.Protocol }

// Classes implements Classifier.
func (e *Engine) Classes() []string { return e.n.Classes }

// Close implements Classifier.
func (e *Engine) Close() error { return e.program.Close() }

// Seek makes the next batch take the numbers of dropout that belong to a clip, a multiple of the batch: judging that goes
// on after an interruption is judging that never stopped.
func (e *Engine) Seek(clip int) {
	if e.n.Dropout != nil {
		e.n.Dropout.Counter = uint64(clip / e.n.Sees.Clips)
	}
}

// Classify implements Classifier.
func (e *Engine) Classify(ctx context.Context, clips []float32, shape eval.Shape) (Result, error) {
	if err := CheckClips(clips, shape, eval.Shape{}); err != nil {
		return Result{}, err
	}
	if err := e.n.Check(shape); err != nil {
		return Result{}, err
	}
	p, sees := e.n.Protocol, e.n.Sees
	result := NewResult(shape.Clips, p.FeatureDims, p.Classes)
	size, per := sees.Channels*sees.Frames*sees.Height*sees.Width, len(clips)/shape.Clips
	for first := 0; first < shape.Clips; first += sees.Clips {
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
		end := min(first+sees.Clips, shape.Clips)
		x := e.program.Data(e.x) // rows beyond end are of the batch before, and not read
		for i := first; i < end; i++ {
			e.n.Fit(x[(i-first)*size:(i-first+1)*size], clips[i*per:(i+1)*per], shape)
		}
		if err := e.program.RunAll(); err != nil {
			return Result{}, fmt.Errorf("classifier: %s: classify: %w", p.Classifier, err)
		}
		if e.n.Dropout != nil {
			e.n.Dropout.Counter++
		}
		copy(result.Features.Slice(first, end).Data, e.program.Data(e.features))
		copy(result.Probabilities.Slice(first, end).Data, e.program.Data(e.probabilities))
	}
	return result, nil
}

// NewResult makes room for n clips, with features and classes numbers each.
func NewResult(n, features, classes int) Result {
	return Result{
		Features:      eval.Features{Rows: n, Dims: features, Data: make([]float32, n*features)},
		Probabilities: eval.Features{Rows: n, Dims: classes, Data: make([]float32, n*classes)},
	}
}

// CheckVideo reports eval.ErrShape unless clips have so many frames, grey or coloured, of any size.
func CheckVideo(shape eval.Shape, frames int) error {
	if err := checkAxes(shape, eval.Shape{Frames: frames}); err != nil {
		return err
	}
	if shape.Channels != 1 && shape.Channels != 3 {
		return fmt.Errorf("classifier: clips of %v: %w: this classifier takes 1 or 3 channels", shape, eval.ErrShape)
	}
	return nil
}
