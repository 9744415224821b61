package i3d

import (
	"context"
	"fmt"
	"strconv"

	"gorgonia.org/gorgonia"

	"videogan/eval"
	"videogan/eval/classifier"
	"videogan/eval/weights"
	"videogan/nn"
	"videogan/nn/exec"
)

// Options says how I3D judges.
type Options struct {
	Frames  int    // of a clip, LeastFrames or more; 0: 16
	Pooled  bool   // features are the last pool's 1,024, not the logits that the Fréchet video distance is taken of
	Batch   int    // clips at a time; 0: 2
	SHA256  string // of the file of the weights, for the protocol
	Classes []string
}

// Judge is I3D at work.
type Judge struct {
	network Network
	o       Options
	program *exec.Program

	x, features, probabilities *nn.Node
}

var _ classifier.Classifier = (*Judge)(nil)

// New makes a judge of weights. It reports weights.ErrArchitecture for those of another network.
func New(dev *exec.Device, network Network, set weights.Set, o Options) (*Judge, error) {
	if o.Frames == 0 {
		o.Frames = 16
	}
	if o.Batch == 0 {
		o.Batch = 2
	}
	if o.Classes == nil {
		for i := range network.Classes {
			o.Classes = append(o.Classes, strconv.Itoa(i))
		}
	}
	if len(o.Classes) != network.Classes {
		return nil, fmt.Errorf("i3d: %d names for %d classes", len(o.Classes), network.Classes)
	}
	j := &Judge{network: network, o: o}
	params := nn.NewParams(0)
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{})
	j.x = s.Input("clips", o.Batch, 3, o.Frames, network.Size, network.Size)
	pool, logits := network.Build(s, j.x)
	j.probabilities = s.Softmax(logits, 1)
	if j.features = logits; o.Pooled {
		j.features = pool
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("i3d: %w", err)
	}
	if err := set.CopyTo(params); err != nil {
		return nil, fmt.Errorf("i3d: %w", err)
	}
	var err error
	if j.program, err = exec.Compile(dev, s, j.features, j.probabilities); err != nil {
		return nil, fmt.Errorf("i3d: compile: %w", err)
	}
	return j, nil
}

// Protocol implements classifier.Classifier.
func (j *Judge) Protocol() classifier.Protocol {
	p := classifier.Protocol{
		Classifier: "I3D Kinetics-400", SHA256: j.o.SHA256, Mode: "eval", Input: fmt.Sprintf("3×%d×%d×%d", j.o.Frames, j.network.Size, j.network.Size),
		Resize: "bilinear, pixel i at i·old/new (TensorFlow 1)", Crop: "none", Range: "[-1, 1]", Frames: fmt.Sprintf("%d consecutive", j.o.Frames),
		Feature: "logits, mean over time", FeatureDims: j.network.Classes, Classes: j.network.Classes,
	}
	if j.o.Pooled {
		p.Feature, p.FeatureDims = "last pool, mean over time", j.network.PooledDims()
	}
	return p
}

// Classes implements classifier.Classifier.
func (j *Judge) Classes() []string { return j.o.Classes }

// Close implements classifier.Classifier.
func (j *Judge) Close() error { return j.program.Close() }

// Classify implements classifier.Classifier: frames of any size, grey or colour.
func (j *Judge) Classify(ctx context.Context, clips []float32, shape eval.Shape) (classifier.Result, error) {
	if err := classifier.CheckClips(clips, shape, eval.Shape{Frames: j.o.Frames}); err != nil {
		return classifier.Result{}, err
	}
	if shape.Channels != 1 && shape.Channels != 3 {
		return classifier.Result{}, fmt.Errorf("i3d: clips of %v: %w: want 1 or 3 channels", shape, eval.ErrShape)
	}
	p := j.Protocol()
	result := classifier.NewResult(shape.Clips, p.FeatureDims, p.Classes)
	size, per := 3*j.o.Frames*j.network.Size*j.network.Size, len(clips)/shape.Clips
	for first := 0; first < shape.Clips; first += j.o.Batch {
		if err := ctx.Err(); err != nil {
			return classifier.Result{}, err
		}
		end := min(first+j.o.Batch, shape.Clips)
		x := j.program.Data(j.x) // rows beyond end are of the batch before, and not read
		for i := first; i < end; i++ {
			resize(x[(i-first)*size:(i-first+1)*size], clips[i*per:(i+1)*per], shape, j.network.Size)
		}
		if err := j.program.RunAll(); err != nil {
			return classifier.Result{}, fmt.Errorf("i3d: classify: %w", err)
		}
		copy(result.Features.Slice(first, end).Data, j.program.Data(j.features))
		copy(result.Probabilities.Slice(first, end).Data, j.program.Data(j.probabilities))
	}
	return result, nil
}
