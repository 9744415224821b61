package classifier

import (
	"fmt"

	"videogan/eval"
	"videogan/eval/weights"
	"videogan/nn"
	"videogan/nn/exec"
)

// newSmall compiles a SmallC3D in evaluation mode for batches of the given size. Of clips longer than the network's it
// sees the middle frames, so that generators of 8 and of 16 frames can be held to one protocol; shorter ones and those
// of another size are refused. A set of weights is copied into params.
func newSmall(dev *exec.Device, params *nn.Params, set weights.Set, network SmallC3D, classes []string, protocol Protocol, batch int) (*Engine, error) {
	protocol.FeatureDims, protocol.Classes = network.FeatureDims(), network.Classes
	e, err := NewEngine(dev, params, set, Network{
		Sees:  eval.Shape{Clips: batch, Channels: network.Channels, Frames: network.Frames, Height: network.Size, Width: network.Size},
		Build: network.Build, Fit: network.middle, Check: network.check,
		Protocol: protocol, Classes: classes,
	})
	if err != nil {
		return nil, fmt.Errorf("classifier: %w", err)
	}
	return e, nil
}

// check reports eval.ErrShape for clips that the network does not take.
func (c SmallC3D) check(shape eval.Shape) error {
	if err := checkAxes(shape, eval.Shape{Channels: c.Channels, Height: c.Size, Width: c.Size}); err != nil {
		return err
	}
	if shape.Frames < c.Frames {
		return fmt.Errorf("classifier: clips of %v: %w: this classifier takes %d frames or more", shape, eval.ErrShape, c.Frames)
	}
	return nil
}

// middle copies the middle frames of a clip.
func (c SmallC3D) middle(dst, clip []float32, shape eval.Shape) {
	plane := shape.Height * shape.Width
	seen, whole := c.Frames*plane, shape.Frames*plane
	skipped := WindowStart(shape.Frames, c.Frames, 0, 1) * plane
	for channel := range shape.Channels {
		copy(dst[channel*seen:(channel+1)*seen], clip[channel*whole+skipped:])
	}
}
