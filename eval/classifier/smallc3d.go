package classifier

import (
	"fmt"

	"videogan/nn"
)

// SmallC3D is a classifier of small clips in the manner of C3D (Tran et al. 2015): 3×3×3 convolutions and pooling that
// spares the time at first. Differs from C3D in: batch normalization, the mean over positions in place of fully
// connected layers, and as many layers as the frame has room for.
type SmallC3D struct {
	Channels int     `toml:"channels" json:"channels" doc:"channels of a clip, 1 or 3"`
	Frames   int     `toml:"frames" json:"frames" doc:"frames of a clip"`
	Size     int     `toml:"size" json:"size" doc:"height and width of a frame, pixels"`
	Classes  int     `toml:"-" json:"classes" doc:"classes"`
	Width    int     `toml:"width" json:"width" doc:"channels of the first layer; each further one has twice as many"`
	MaxWidth int     `toml:"max_width" json:"max_width" doc:"the most channels that a layer has"`
	Dropout  float64 `toml:"dropout" json:"dropout" doc:"probability with which a feature is dropped in training"`
}

// smallestFrame is where layers end: a frame of this size or less is averaged.
const smallestFrame = 2

// DefaultSmallC3D is for 16 frames of 32×32 or 64×64 pixels: 128 or 256 features.
func DefaultSmallC3D() SmallC3D {
	return SmallC3D{Channels: 3, Frames: 16, Size: 32, Width: 16, MaxWidth: 256, Dropout: 0.5}
}

// Validate reports the first setting that cannot be.
func (c SmallC3D) Validate() error {
	for _, s := range []struct {
		name       string
		value, low int
	}{{"channels", c.Channels, 1}, {"frames", c.Frames, 1}, {"size", c.Size, 2 * smallestFrame}, {"classes", c.Classes, 2}, {"width", c.Width, 1}, {"max_width", c.MaxWidth, c.Width}} {
		if s.value < s.low {
			return fmt.Errorf("classifier: network.%s = %d: %w: want %d or more", s.name, s.value, ErrConfig, s.low)
		}
	}
	if !(c.Dropout >= 0 && c.Dropout < 1) {
		return fmt.Errorf("classifier: network.dropout = %v: %w: want 0 ≤ dropout < 1", c.Dropout, ErrConfig)
	}
	return nil
}

// FeatureDims is the number of features.
func (c SmallC3D) FeatureDims() int {
	width := c.Width
	for size := c.Size / 2; size > smallestFrame; size /= 2 {
		width = min(2*width, c.MaxWidth)
	}
	return width
}

// Build maps clips x (N×Channels×Frames×Size×Size) to features (N×FeatureDims) and logits (N×Classes).
func (c SmallC3D) Build(s *nn.Scope, x *nn.Node) (features, logits *nn.Node) {
	if !s.Accepts(c.Validate(), x, -1, c.Channels, c.Frames, c.Size, c.Size) {
		return nil, nil
	}
	o := nn.LayerOptions{NoBias: true, Weight: nn.InitialWeights{Gain: 1.414}.Initializer()}
	h, width := x, c.Width // N×3×16×32×32
	for i := 1; h != nil && h.Shape()[4] > smallestFrame; i++ {
		layer := s.In("conv%d", i)
		h = layer.Conv(h, width, nn.Cube(3, 3, 1, 1), o)
		h = layer.ReLU(layer.BatchNorm(h, nn.BatchNormOptions{}))
		h = layer.MaxPool(h, c.pool(i, h)) // N×16×16×16×16, N×32×8×8×8, N×64×4×4×4, N×128×2×2×2
		width = min(2*width, c.MaxWidth)
	}
	if h == nil {
		return nil, nil
	}
	features = s.Reshape(s.Mean(h, 2, 3, 4), x.Shape()[0], -1) // N×128
	head := s.In("head")
	return features, head.Linear(head.Dropout(features, c.Dropout), c.Classes, nn.LayerOptions{})
}

// pool halves the frame, and the time but after the first layer, as in C3D.
func (c SmallC3D) pool(layer int, h *nn.Node) nn.Geometry {
	if h == nil || layer == 1 || h.Shape()[2] == 1 {
		return nn.Geometry{Kernel: []int{1, 2, 2}, Stride: []int{1, 2, 2}}
	}
	return nn.Cube(3, 2, 2, 0)
}
