package c3d

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

// Options says how C3D judges.
type Options struct {
	Preprocess Preprocess
	// Dropout keeps dropout active, as it was, probably without intent, in TGAN's published program.
	Dropout bool
	Seed    uint64 // of dropout
	Batch   int    // clips at a time; 0: 4
	SHA256  string // of the file of the weights, for the protocol
	Classes []string
}

// Judge is C3D at work.
type Judge struct {
	network Network
	mean    Mean
	o       Options
	random  *nn.RandomState
	program *exec.Program

	x, features, probabilities *nn.Node
}

var _ classifier.Classifier = (*Judge)(nil)

// New makes a judge of weights. It reports weights.ErrArchitecture for those of another network.
func New(dev *exec.Device, network Network, set weights.Set, mean Mean, o Options) (*Judge, error) {
	if want := 3 * Frames * meanHeight * meanWidth; len(mean) != want {
		return nil, fmt.Errorf("c3d: a mean of %d numbers, want %d", len(mean), want)
	}
	if network.Size != seen {
		return nil, fmt.Errorf("c3d: a network for %d×%d pixels: clips are brought to %d×%d", network.Size, network.Size, seen, seen)
	}
	if o.Batch == 0 {
		o.Batch = 4
	}
	if o.Classes == nil {
		for i := range network.Classes {
			o.Classes = append(o.Classes, strconv.Itoa(i))
		}
	}
	j := &Judge{network: network, mean: mean, o: o, random: &nn.RandomState{Seed: o.Seed}}
	params := nn.NewParams(0)
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: o.Dropout, Random: j.random})
	j.x = s.Input("clips", o.Batch, 3, Frames, seen, seen)
	var logits *nn.Node
	j.features, logits = network.Build(s, j.x)
	j.probabilities = s.Softmax(logits, 1)
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("c3d: %w", err)
	}
	if err := set.CopyTo(params); err != nil {
		return nil, fmt.Errorf("c3d: %w", err)
	}
	var err error
	if j.program, err = exec.Compile(dev, s, j.features, j.probabilities); err != nil {
		return nil, fmt.Errorf("c3d: compile: %w", err)
	}
	return j, nil
}

// Protocol implements classifier.Classifier.
func (j *Judge) Protocol() classifier.Protocol {
	p := classifier.Protocol{
		Classifier: "C3D UCF101", SHA256: j.o.SHA256, Mode: "eval", Input: fmt.Sprintf("3×%d×%d×%d", Frames, seen, seen),
		Resize: "128×128 bicubic (a = -0.75)", Crop: "middle 112×112, mean columns 21:149", Range: "x·128+128 - mean, B G R", Frames: "16 consecutive",
		Feature: "fc7 after ReLU", FeatureDims: j.network.Hidden, Classes: j.network.Classes,
	}
	if j.o.Preprocess == TGAN2020 {
		p.Resize, p.Crop, p.Range = "112×112 bilinear, corners aligned", "none, mean rows and columns 8:120", "clamped, x·128+128 - mean, B G R"
	}
	if j.o.Dropout {
		p.Mode = fmt.Sprintf("dropout (seed %d)", j.o.Seed)
	}
	return p
}

// Classes implements classifier.Classifier.
func (j *Judge) Classes() []string { return j.o.Classes }

// Close implements classifier.Classifier.
func (j *Judge) Close() error { return j.program.Close() }

// Seek makes the next batch take the numbers of dropout that belong to a clip, a multiple of Batch: judging that goes on
// after an interruption is judging that never stopped.
func (j *Judge) Seek(clip int) { j.random.Counter = uint64(clip / j.o.Batch) }

// Classify implements classifier.Classifier: 16 frames of any size, grey or colour. With dropout, batch k of a judge
// takes the k-th numbers of the seed's stream.
func (j *Judge) Classify(ctx context.Context, clips []float32, shape eval.Shape) (classifier.Result, error) {
	if err := classifier.CheckClips(clips, shape, eval.Shape{Frames: Frames}); err != nil {
		return classifier.Result{}, err
	}
	if shape.Channels != 1 && shape.Channels != 3 {
		return classifier.Result{}, fmt.Errorf("c3d: clips of %v: %w: want 1 or 3 channels", shape, eval.ErrShape)
	}
	result := classifier.NewResult(shape.Clips, j.network.Hidden, j.network.Classes)
	size, per := 3*Frames*seen*seen, len(clips)/shape.Clips
	for first := 0; first < shape.Clips; first += j.o.Batch {
		if err := ctx.Err(); err != nil {
			return classifier.Result{}, err
		}
		end := min(first+j.o.Batch, shape.Clips)
		x := j.program.Data(j.x) // rows beyond end are of the batch before, and not read
		for i := first; i < end; i++ {
			j.o.Preprocess.apply(x[(i-first)*size:(i-first+1)*size], clips[i*per:(i+1)*per], shape, j.mean)
		}
		if err := j.program.RunAll(); err != nil {
			return classifier.Result{}, fmt.Errorf("c3d: classify: %w", err)
		}
		j.random.Counter++
		copy(result.Features.Slice(first, end).Data, j.program.Data(j.features))
		copy(result.Probabilities.Slice(first, end).Data, j.program.Data(j.probabilities))
	}
	return result, nil
}
