package c3d

import (
	"fmt"

	"videogan/nn"
)

// Network is C3D's size. Only tests make it smaller.
type Network struct {
	Size    int // height and width of what the network sees, a multiple of 16
	Width   int // channels of the first layer; the widest has eight times as many
	Hidden  int // features of fc6 and fc7
	Classes int
}

// Frames is the number of frames that C3D sees.
const Frames = 16

// dropout of fc6 and fc7 where it is active.
const dropout = 0.5

// Default is C3D for UCF101.
func Default() Network { return Network{Size: 112, Width: 64, Hidden: 4096, Classes: 101} }

// Validate reports a size that cannot be.
func (n Network) Validate() error {
	if n.Size < 16 || n.Size%16 != 0 || n.Width < 1 || n.Hidden < 1 || n.Classes < 2 {
		return fmt.Errorf("c3d: network %+v: want a size of a multiple of 16, and positive widths", n)
	}
	return nil
}

// stage is one or two convolutions and a pool.
type stage struct {
	layers []string
	width  int    // in first layers' widths
	pool   [3]int // window and stride
}

var stages = []stage{
	{[]string{"conv1a"}, 1, [3]int{1, 2, 2}},
	{[]string{"conv2a"}, 2, [3]int{2, 2, 2}},
	{[]string{"conv3a", "conv3b"}, 4, [3]int{2, 2, 2}},
	{[]string{"conv4a", "conv4b"}, 8, [3]int{2, 2, 2}},
	{[]string{"conv5a", "conv5b"}, 8, [3]int{2, 2, 2}},
}

// Build maps x (N×3×16×112×112, B G R) to the features of fc7 after its ReLU (N×4096) and the logits (N×101). Dropout is
// active where the scope is training.
//
// Source: Tran et al. 2015, Sec. 3.3; the release's pool windows that reach over the edge count (Chainer's cover_all),
// so that pool5 makes 4×4 of 7×7.
func (n Network) Build(s *nn.Scope, x *nn.Node) (fc7, logits *nn.Node) {
	if !s.Accepts(n.Validate(), x, -1, 3, Frames, n.Size, n.Size) {
		return nil, nil
	}
	o := nn.LayerOptions{Weight: nn.Zeros()} // weights are loaded
	h := x                                   // N×3×16×112×112
	for _, stage := range stages {
		for _, name := range stage.layers {
			layer := s.In("%s", name)
			h = layer.ReLU(layer.Conv(h, stage.width*n.Width, nn.Cube(3, 3, 1, 1), o))
		}
		h = pool(s, h, stage.pool) // N×64×16×56×56, 128×8×28×28, 256×4×14×14, 512×2×7×7, 512×1×4×4
	}
	h = s.Reshape(h, x.Shape()[0], -1) // N×8192
	for _, name := range []string{"fc6", "fc7"} {
		layer := s.In("%s", name)
		fc7 = layer.ReLU(layer.Linear(h, n.Hidden, o)) // N×4096
		h = layer.Dropout(fc7, dropout)
	}
	return fc7, s.In("fc8").Linear(h, n.Classes, o) // N×101
}

// pool is the maximum over windows, the last of which may reach over the edge. What is beyond it counts as 0, which
// after a ReLU never wins.
func pool(s *nn.Scope, h *nn.Node, window [3]int) *nn.Node {
	for i, size := range window {
		if h == nil {
			return nil
		}
		if over := h.Shape()[2+i] % size; over != 0 {
			h = s.Pad(h, 2+i, 0, size-over)
		}
	}
	return s.MaxPool(h, nn.Geometry{Kernel: window[:], Stride: window[:]})
}
