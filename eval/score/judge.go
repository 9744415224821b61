package score

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"videogan/eval"
	"videogan/eval/c3d"
	"videogan/eval/classifier"
	"videogan/eval/i3d"
	"videogan/eval/movinet"
	"videogan/eval/weights"
	"videogan/nn/exec"
)

// Judge is a classifier with what a protocol says of it.
type Judge struct {
	classifier.Classifier
	// Input is what clips go through. Frames and Channels are those of what is judged, unless the classifier takes one
	// kind only.
	Input eval.Input
	// Preset is the protocol that numbers of this classifier are usually taken by: samples, repeats, splits, ε.
	Preset eval.Protocol
	// Takes is the size of the clips that it takes; 0 on an axis: any. Clips is the number that it judges at a time.
	Takes eval.Shape

	mode   eval.Mode
	longer bool // it takes longer clips too, and sees their middle frames
}

// JudgeOptions says how a classifier judges.
type JudgeOptions struct {
	Preset  string // eval.LookupPreset's name; empty: tgan2020 with C3D, small with C3D-small
	Mean    string // C3D: file of the mean that is subtracted, mean2.npz
	Dropout bool   // C3D: dropout stays active, as in TGAN's published program
	Seed    uint64 // of dropout
	Stride  int    // MoViNet: every so many frames one is shown; 0: 1
	Frames  int    // I3D: frames of the clips; 0: 16
	Pooled  bool   // I3D: distances are of the last pool's features, not of the logits as in the Fréchet video distance
	Batch   int    // clips at a time; 0: 16, C3D 4
}

// OpenJudge opens a classifier: the folder that 'videogan classifier train' wrote (C3D-small), one that is built in
// ("pretrained:NAME"), a MoViNet's .tflite, I3D's weights in a .safetensors, or C3D's weights in any other file. A preset
// of C3D is refused for another classifier: its numbers would carry a name that they have no right to.
func OpenJudge(dev *exec.Device, path string, o JudgeOptions) (*Judge, error) {
	builtIn := strings.HasPrefix(path, classifier.PretrainedPrefix)
	info, err := os.Stat(path)
	if err != nil && !builtIn {
		return nil, fmt.Errorf("score: open classifier: %w", err)
	}
	var j *Judge
	switch {
	case builtIn || info.IsDir():
		j, err = openSmall(dev, path, o)
	case filepath.Ext(path) == ".tflite":
		j, err = openMoViNet(path, o)
	case filepath.Ext(path) == ".safetensors":
		if set, readErr := i3d.ReadWeights(path); readErr == nil && i3d.Is(set) {
			j, err = openI3D(dev, path, set, o)
			break
		}
		j, err = openC3D(dev, path, o)
	default:
		j, err = openC3D(dev, path, o)
	}
	if err != nil {
		return nil, fmt.Errorf("score: open classifier %s: %w", path, err)
	}
	return j, nil
}

func openSmall(dev *exec.Device, path string, o JudgeOptions) (*Judge, error) {
	preset, err := presetFor(o, "small", "c3d-small")
	if err != nil {
		return nil, err
	}
	if o.Batch == 0 {
		o.Batch = 16
	}
	c, err := classifier.Open(dev, path, o.Batch)
	if err != nil {
		return nil, err
	}
	card, err := classifier.ReadCard(path)
	if err != nil {
		return nil, err
	}
	n := card.Config.Network
	return &Judge{Classifier: c, Preset: preset, mode: eval.ModeEval, longer: true,
		Input: eval.Input{Frames: n.Frames, Range: c.Protocol().Range, Width: n.Size, Height: n.Size, Channels: channelsName(n.Channels)},
		Takes: eval.Shape{Clips: o.Batch, Channels: n.Channels, Frames: n.Frames, Height: n.Size, Width: n.Size}}, nil
}

func openMoViNet(path string, o JudgeOptions) (*Judge, error) {
	preset, err := presetFor(o, "", "movinet")
	if err != nil {
		return nil, err
	}
	c, err := movinet.Open(path, movinet.Options{Stride: o.Stride})
	if err != nil {
		return nil, err
	}
	p := c.Protocol()
	var channels, frames, height, width int
	if _, err := fmt.Sscanf(p.Input, "%d×%d×%d×%d", &channels, &frames, &height, &width); err != nil {
		return nil, fmt.Errorf("its input %q: %w", p.Input, err)
	}
	if o.Batch == 0 {
		o.Batch = 16
	}
	return &Judge{Classifier: c, Preset: preset, mode: eval.ModeEval, Takes: eval.Shape{Clips: o.Batch},
		Input: eval.Input{Range: p.Range, Resize: eval.ResizeBilinear, Width: width, Height: height, Channels: "RGB", Subsample: max(o.Stride, 1)}}, nil
}

// openI3D opens I3D, by whose logits the Fréchet video distance is taken.
func openI3D(dev *exec.Device, path string, set weights.Set, o JudgeOptions) (*Judge, error) {
	preset, err := presetFor(o, "", "i3d")
	if err != nil {
		return nil, err
	}
	sum, err := weights.FileSHA256(path)
	if err != nil {
		return nil, err
	}
	if o.Frames == 0 {
		o.Frames = 16
	}
	if o.Batch == 0 {
		o.Batch = 2
	}
	network := i3d.Default()
	c, err := i3d.New(dev, network, set, i3d.Options{Frames: o.Frames, Pooled: o.Pooled, Batch: o.Batch, SHA256: sum})
	if err != nil {
		return nil, err
	}
	p := c.Protocol()
	return &Judge{Classifier: c, Preset: preset, mode: eval.ModeEval, Takes: eval.Shape{Clips: o.Batch, Frames: o.Frames},
		Input: eval.Input{Frames: o.Frames, Range: p.Range, Resize: eval.Resize(p.Resize), Width: network.Size, Height: network.Size, Channels: "RGB"}}, nil
}

func openC3D(dev *exec.Device, path string, o JudgeOptions) (*Judge, error) {
	preset, err := presetFor(o, "tgan2020", "c3d")
	if err != nil {
		return nil, err
	}
	if o.Mean == "" {
		return nil, fmt.Errorf("C3D needs the mean that is subtracted: name mean2.npz with --mean")
	}
	set, err := c3d.ReadWeights(path)
	if err != nil {
		return nil, err
	}
	mean, err := c3d.ReadMean(o.Mean)
	if err != nil {
		return nil, err
	}
	sum, err := weights.FileSHA256(path)
	if err != nil {
		return nil, err
	}
	if o.Batch == 0 {
		o.Batch = 4
	}
	options := c3d.Options{Preprocess: c3d.TGAN2020, Dropout: o.Dropout, Seed: o.Seed, Batch: o.Batch, SHA256: sum}
	input := preset.Input
	switch preset.Preset {
	case "tgan2017":
		options.Preprocess = c3d.TGAN2017
	case "stylegan-v": // what its own file does to the frames cannot be read
		other, err := eval.LookupPreset("tgan2020")
		if err != nil {
			return nil, err
		}
		input = other.Protocol.Input
	}
	c, err := c3d.New(dev, c3d.Default(), set, mean, options)
	if err != nil {
		return nil, err
	}
	j := &Judge{Classifier: c, Preset: preset, Input: input, Takes: eval.Shape{Clips: o.Batch, Frames: c3d.Frames}, mode: eval.ModeEval}
	if o.Dropout {
		j.mode = eval.ModeDropout
	}
	return j, nil
}

// presetFor is the protocol of the preset asked for, or else of the usual one; kind begins the name of the preset's classifier.
func presetFor(o JudgeOptions, usual, kind string) (eval.Protocol, error) {
	if o.Dropout && kind != "c3d" {
		return eval.Protocol{}, fmt.Errorf("%w: dropout stays active in C3D only", eval.ErrValue)
	}
	name := o.Preset
	if name == "" {
		name = usual
	}
	if name == "" {
		return eval.Protocol{Samples: 2048, Repeats: 1, Splits: 1}, nil
	}
	preset, err := eval.LookupPreset(name)
	if err != nil {
		return eval.Protocol{}, err
	}
	own := preset.Protocol.Classifier.Name
	if fits := kind == own || kind == "c3d" && own == "c3d-ucf101"; !fits {
		return eval.Protocol{}, fmt.Errorf("%w: preset %s is of classifier %s: leave --preset out, and set samples, repeats, splits and ε one by one", eval.ErrValue, name, own)
	}
	return preset.Protocol, nil
}

func channelsName(n int) string {
	if n == 1 {
		return "grey"
	}
	return "RGB"
}

// Layers of a judge's outputs.
const probabilities = "prob"

// features names the layer whose outputs distances are taken of.
func (j *Judge) features() string { return j.Protocol().Feature }

// Name is what a protocol calls the judge with one of its layers.
func (j *Judge) Name(layer string) eval.Classifier {
	p := j.Protocol()
	name, _, _ := strings.Cut(p.Classifier, ":")
	return eval.Classifier{Name: name, Hash: p.SHA256, Mode: j.mode, Layer: layer}
}

// Sees is what clips of a shape go through.
func (j *Judge) Sees(shape eval.Shape) eval.Input {
	in := j.Input
	if in.Frames = shape.Frames; j.Takes.Frames != 0 {
		in.Frames = j.Takes.Frames
	}
	if in.Channels == "" {
		in.Channels = channelsName(shape.Channels)
	}
	return in
}

// Check reports eval.ErrShape for clips that the judge does not take, with what to do.
func (j *Judge) Check(shape eval.Shape) error {
	for _, axis := range []struct {
		name       string
		got, takes int
		adjustment string
	}{
		{"channels", shape.Channels, j.Takes.Channels, ""}, {"frames", shape.Frames, j.Takes.Frames, " (classifier train --frames)"},
		{"rows", shape.Height, j.Takes.Height, " (classifier train --size)"}, {"columns", shape.Width, j.Takes.Width, " (classifier train --size)"},
	} {
		if axis.takes != 0 && axis.got != axis.takes && !(j.longer && axis.name == "frames" && axis.got > axis.takes) {
			return fmt.Errorf("score: clips of %d×%d×%d×%d: %w: the classifier takes %d %s: score clips that have as many, or train a classifier for these%s", shape.Channels, shape.Frames,
				shape.Height, shape.Width, eval.ErrShape, axis.takes, axis.name, axis.adjustment)
		}
	}
	return nil
}
