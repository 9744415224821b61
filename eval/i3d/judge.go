package i3d

import (
	"fmt"
	"strconv"

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

// New makes a judge of weights: of frames of any size, grey or coloured. It reports weights.ErrArchitecture for weights
// of another network.
func New(dev *exec.Device, network Network, set weights.Set, o Options) (*classifier.Engine, error) {
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
	e, err := classifier.NewEngine(dev, nn.NewParams(0), set, classifier.Network{
		Sees: eval.Shape{Clips: o.Batch, Channels: 3, Frames: o.Frames, Height: network.Size, Width: network.Size},
		Build: func(s *nn.Scope, x *nn.Node) (features, logits *nn.Node) {
			pool, logits := network.Build(s, x)
			if o.Pooled {
				return pool, logits
			}
			return logits, logits
		},
		Fit:      func(dst, clip []float32, shape eval.Shape) { resize(dst, clip, shape, network.Size) },
		Check:    func(shape eval.Shape) error { return classifier.CheckVideo(shape, o.Frames) },
		Protocol: o.protocol(network), Classes: o.Classes,
	})
	if err != nil {
		return nil, fmt.Errorf("i3d: %w", err)
	}
	return e, nil
}

func (o Options) protocol(network Network) classifier.Protocol {
	p := classifier.Protocol{
		Classifier: "I3D Kinetics-400", SHA256: o.SHA256, Mode: "eval", Input: fmt.Sprintf("3×%d×%d×%d", o.Frames, network.Size, network.Size),
		Resize: "bilinear, pixel i at i·old/new (TensorFlow 1)", Crop: "none", Range: "[-1, 1]", Frames: fmt.Sprintf("%d consecutive", o.Frames),
		Feature: "logits, mean over time", FeatureDims: network.Classes, Classes: network.Classes,
	}
	if o.Pooled {
		p.Feature, p.FeatureDims = "last pool, mean over time", network.PooledDims()
	}
	return p
}
