package c3d

import (
	"fmt"
	"strconv"

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

// New makes a judge of weights: of 16 frames of any size, grey or coloured. It reports weights.ErrArchitecture for
// weights of another network.
func New(dev *exec.Device, network Network, set weights.Set, mean Mean, o Options) (*classifier.Engine, error) {
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
	n := classifier.Network{
		Sees:     eval.Shape{Clips: o.Batch, Channels: 3, Frames: Frames, Height: seen, Width: seen},
		Build:    network.Build,
		Fit:      func(dst, clip []float32, shape eval.Shape) { o.Preprocess.apply(dst, clip, shape, mean) },
		Check:    func(shape eval.Shape) error { return classifier.CheckVideo(shape, Frames) },
		Protocol: o.protocol(network), Classes: o.Classes,
	}
	if o.Dropout {
		n.Dropout = &nn.RandomState{Seed: o.Seed}
	}
	e, err := classifier.NewEngine(dev, nn.NewParams(0), set, n)
	if err != nil {
		return nil, fmt.Errorf("c3d: %w", err)
	}
	return e, nil
}

func (o Options) protocol(network Network) classifier.Protocol {
	p := classifier.Protocol{
		Classifier: "C3D UCF101", SHA256: o.SHA256, Mode: "eval", Input: fmt.Sprintf("3×%d×%d×%d", Frames, seen, seen),
		Resize: "128×128 bicubic (a = -0.75)", Crop: "middle 112×112, mean columns 21:149", Range: "x·128+128 - mean, B G R", Frames: "16 consecutive",
		Feature: "fc7 after ReLU", FeatureDims: network.Hidden, Classes: network.Classes,
	}
	if o.Preprocess == TGAN2020 {
		p.Resize, p.Crop, p.Range = "112×112 bilinear, corners aligned", "none, mean rows and columns 8:120", "clamped, x·128+128 - mean, B G R"
	}
	if o.Dropout {
		p.Mode = fmt.Sprintf("dropout (seed %d)", o.Seed)
	}
	return p
}
