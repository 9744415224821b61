package c3d

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"videogan/eval/weights"
)

// ReadWeights reads a published file by its ending: .npz is Chainer's, .safetensors has PyTorch's or our own names, all
// others are Caffe's binary (which often has none).
func ReadWeights(path string) (weights.Set, error) {
	var set weights.Set
	var err error
	switch filepath.Ext(path) {
	case ".npz":
		set, err = weights.ReadNPZ(path)
	case ".safetensors":
		set, _, err = weights.ReadSafetensors(path)
	default:
		set, err = weights.ReadCaffe(path)
	}
	if err != nil {
		return nil, fmt.Errorf("c3d: %w", err)
	}
	names := map[string]string{}
	for _, name := range set.Names() {
		if ours := parameterName(name); ours != "" {
			names[name] = ours
		}
	}
	return set.Rename(names), nil
}

// parameterName is our name of an array: conv1a/W (Chainer), conv1a/0 (Caffe), conv1.weight (PyTorch, where single
// convolutions have no letter) and conv1a/weight are one. "" for what belongs to no layer of C3D.
func parameterName(name string) string {
	cut := strings.LastIndexAny(name, "/.")
	if cut < 0 {
		return ""
	}
	layer, kind := name[:cut], name[cut+1:]
	layer = layer[strings.LastIndexAny(layer, "/.")+1:] // module.conv1
	switch {
	case layer == "conv1" || layer == "conv2":
		layer += "a"
	case strings.HasPrefix(layer, "fc8"): // fine-tuning gives the last layer a name of its own
		layer = "fc8"
	}
	known := slices.ContainsFunc(stages, func(s stage) bool { return slices.Contains(s.layers, layer) })
	if !known && layer != "fc6" && layer != "fc7" && layer != "fc8" {
		return ""
	}
	switch kind {
	case "W", "0", "weight":
		return layer + "/weight"
	case "b", "1", "bias":
		return layer + "/bias"
	}
	return ""
}

// Size of the frames that the mean is taken of.
const (
	meanHeight = 128
	meanWidth  = 171
)

// Mean is what C3D's training clips have in the mean, B G R × 16 × 128 × 171, subtracted from what it sees.
type Mean []float32

// ReadMean reads the published mean, the array mean of an .npz.
func ReadMean(path string) (Mean, error) {
	set, err := weights.ReadNPZ(path)
	if err != nil {
		return nil, fmt.Errorf("c3d: read mean: %w", err)
	}
	a, ok := set["mean"]
	if want := []int{3, Frames, meanHeight, meanWidth}; !ok || !slices.Equal(a.Shape, want) {
		return nil, fmt.Errorf("c3d: read mean: %s: %w: want an array called mean of %v, got %v", path, weights.ErrFormat, want, a.Shape)
	}
	return a.Values, nil
}

// at is the mean of a channel (0 blue) of a frame, a row and a column.
func (m Mean) at(channel, frame, row, column int) float32 {
	return m[((channel*Frames+frame)*meanHeight+row)*meanWidth+column]
}
