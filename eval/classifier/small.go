package classifier

import (
	"context"
	"fmt"

	"gorgonia.org/gorgonia"

	"videogan/eval"
	"videogan/nn"
	"videogan/nn/exec"
)

// Small is a SmallC3D ready to judge.
type Small struct {
	network  SmallC3D
	classes  []string
	protocol Protocol
	batch    int
	program  *exec.Program

	x, features, probabilities *nn.Node
}

var _ Classifier = (*Small)(nil)

// newSmall compiles the network in evaluation mode for batches of the given size.
func newSmall(dev *exec.Device, params *nn.Params, network SmallC3D, classes []string, batch int) (*Small, error) {
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{})
	c := &Small{network: network, classes: classes, batch: batch}
	c.x = s.Input("clips", batch, network.Channels, network.Frames, network.Size, network.Size)
	var logits *nn.Node
	c.features, logits = network.Build(s, c.x)
	c.probabilities = s.Softmax(logits, 1)
	var err error
	if c.program, err = exec.Compile(dev, s, c.features, c.probabilities); err != nil {
		return nil, fmt.Errorf("classifier: compile: %w", err)
	}
	return c, nil
}

// Protocol implements Classifier.
func (c *Small) Protocol() Protocol { return c.protocol }

// Classes implements Classifier.
func (c *Small) Classes() []string { return c.classes }

// Close implements Classifier.
func (c *Small) Close() error { return c.program.Close() }

// Classify implements Classifier: frames must have the network's size. Of clips longer than the network's it sees the
// middle frames, so that generators of 8 and of 16 frames can be held to one protocol; shorter ones are refused.
func (c *Small) Classify(ctx context.Context, clips []float32, shape eval.Shape) (Result, error) {
	n := c.network
	if err := CheckClips(clips, shape, eval.Shape{Channels: n.Channels, Height: n.Size, Width: n.Size}); err != nil {
		return Result{}, err
	}
	if shape.Frames < n.Frames {
		return Result{}, fmt.Errorf("classifier: clips of %v: %w: this classifier takes %d frames or more", shape, eval.ErrShape, n.Frames)
	}
	result := NewResult(shape.Clips, n.FeatureDims(), n.Classes)
	for first := 0; first < shape.Clips; first += c.batch {
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
		end := min(first+c.batch, shape.Clips)
		c.show(clips, shape, first, end)
		if err := c.program.RunAll(); err != nil {
			return Result{}, fmt.Errorf("classifier: classify: %w", err)
		}
		copy(result.Features.Slice(first, end).Data, c.program.Data(c.features))
		copy(result.Probabilities.Slice(first, end).Data, c.program.Data(c.probabilities))
	}
	return result, nil
}

// show copies the middle frames of some clips to the network's input. Rows beyond are of the batch before, and not read.
func (c *Small) show(clips []float32, shape eval.Shape, first, end int) {
	plane := shape.Height * shape.Width
	seen, whole := c.network.Frames*plane, shape.Frames*plane
	skipped := WindowStart(shape.Frames, c.network.Frames, 0, 1) * plane
	x := c.program.Data(c.x)
	for i := first * shape.Channels; i < end*shape.Channels; i++ {
		copy(x[:seen], clips[i*whole+skipped:])
		x = x[seen:]
	}
}

// NewResult makes room for n clips, with features and classes numbers each.
func NewResult(n, features, classes int) Result {
	return Result{
		Features:      eval.Features{Rows: n, Dims: features, Data: make([]float32, n*features)},
		Probabilities: eval.Features{Rows: n, Dims: classes, Data: make([]float32, n*classes)},
	}
}
