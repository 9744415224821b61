package i3d

import (
	"fmt"

	"videogan/nn"
)

// Network is I3D's size.
type Network struct {
	Size    int // height and width of what the network sees, a multiple of 32
	Classes int
	// Divide makes every layer so many times narrower. Only tests set it; 0: 1.
	Divide int
}

// Default is I3D for Kinetics-400.
func Default() Network { return Network{Size: 224, Classes: 400} }

// LeastFrames is the shortest clip that I3D sees: the last pool takes two of what three halvings leave.
const LeastFrames = 9

// epsilon of the batch normalizations (PyTorch's own default is 1e-5).
const epsilon = 1e-3

// pooled is the number of channels before the last layer, the features of a pool.
const pooled = 1024

// Validate reports a size that cannot be.
func (n Network) Validate() error {
	if n.Size < 32 || n.Size%32 != 0 || n.Classes < 2 || n.Divide < 0 || n.Divide > 8 || 8%n.divide() != 0 {
		return fmt.Errorf("i3d: network %+v: want a size of a multiple of 32, two classes or more, and widths divided by 1, 2, 4 or 8", n)
	}
	return nil
}

// divide is the divisor of all widths.
func (n Network) divide() int { return max(n.Divide, 1) }

// PooledDims is the number of features after the last pool.
func (n Network) PooledDims() int { return pooled / n.divide() }

// block is an inception block: the channels of its four branches, with those of the reductions before the 3×3×3
// convolutions, in the order of the paper's table for Inception-v1.
type block struct {
	name                               string
	b0, b1Reduce, b1, b2Reduce, b2, b3 int
}

var (
	blocks3 = []block{{"Mixed_3b", 64, 96, 128, 16, 32, 32}, {"Mixed_3c", 128, 128, 192, 32, 96, 64}}
	blocks4 = []block{{"Mixed_4b", 192, 96, 208, 16, 48, 64}, {"Mixed_4c", 160, 112, 224, 24, 64, 64}, {"Mixed_4d", 128, 128, 256, 24, 64, 64},
		{"Mixed_4e", 112, 144, 288, 32, 64, 64}, {"Mixed_4f", 256, 160, 320, 32, 128, 128}}
	blocks5 = []block{{"Mixed_5b", 256, 160, 320, 32, 128, 128}, {"Mixed_5c", 384, 192, 384, 48, 128, 128}}
)

// Build maps x (N×3×T×224×224 in [-1, 1], T at least LeastFrames) to the mean over time of the last pool (N×1024) and of
// the logits (N×400). Logits are linear in the pool, so that one mean gives both.
//
// Source: Carreira and Zisserman 2017, Fig. 3; padding is TensorFlow's "same", of which the odd zero comes last.
func (n Network) Build(s *nn.Scope, x *nn.Node) (features, logits *nn.Node) {
	if !s.Accepts(n.Validate(), x, -1, 3, -1, n.Size, n.Size) {
		return nil, nil
	}
	if x.Shape()[2] < LeastFrames {
		s.Fail(fmt.Errorf("i3d: clips of %d frames: %w: want %d or more", x.Shape()[2], nn.ErrShape, LeastFrames))
		return nil, nil
	}
	h := n.unit(s.In("Conv3d_1a_7x7"), x, 64, 7, 2) // N×64×8×112×112 of 16 frames
	h = pool(s, h, []int{1, 3, 3}, []int{1, 2, 2})  // N×64×8×56×56
	h = n.unit(s.In("Conv3d_2b_1x1"), h, 64, 1, 1)  // N×64×8×56×56
	h = n.unit(s.In("Conv3d_2c_3x3"), h, 192, 3, 1) // N×192×8×56×56
	h = pool(s, h, []int{1, 3, 3}, []int{1, 2, 2})  // N×192×8×28×28
	h = n.blocks(s, h, blocks3)                     // N×480×8×28×28
	h = pool(s, h, []int{3, 3, 3}, []int{2, 2, 2})  // N×480×4×14×14
	h = n.blocks(s, h, blocks4)                     // N×832×4×14×14
	h = pool(s, h, []int{2, 2, 2}, []int{2, 2, 2})  // N×832×2×7×7
	if h = n.blocks(s, h, blocks5); h == nil {      // N×1024×2×7×7
		return nil, nil
	}
	h = s.AveragePool(h, nn.Geometry{Kernel: []int{2, n.Size / 32, n.Size / 32}}) // N×1024×1×1×1
	features = s.Reshape(s.Mean(h, 2, 3, 4), x.Shape()[0], -1)                    // N×1024
	return features, s.In("logits").Linear(features, n.Classes, nn.LayerOptions{Weight: nn.Zeros()})
}

// unit is a convolution without bias, a batch normalization and a ReLU.
func (n Network) unit(s *nn.Scope, x *nn.Node, channels, kernel, stride int) *nn.Node {
	x, g := same(s, x, cube(kernel), cube(stride))
	h := s.Conv(x, channels/n.divide(), g, nn.LayerOptions{NoBias: true, Weight: nn.Zeros()}) // weights are loaded
	return s.ReLU(s.BatchNorm(h, nn.BatchNormOptions{Eps: epsilon}))
}

// blocks are inception blocks one after the other.
func (n Network) blocks(s *nn.Scope, h *nn.Node, list []block) *nn.Node {
	for _, b := range list {
		in := s.In("%s", b.name)
		h = in.Concat(1,
			n.unit(in.In("b0"), h, b.b0, 1, 1),
			n.unit(in.In("b1b"), n.unit(in.In("b1a"), h, b.b1Reduce, 1, 1), b.b1, 3, 1),
			n.unit(in.In("b2b"), n.unit(in.In("b2a"), h, b.b2Reduce, 1, 1), b.b2, 3, 1),
			n.unit(in.In("b3b"), pool(in, h, cube(3), cube(1)), b.b3, 1, 1))
	}
	return h
}

// pool is the maximum over windows. What lies beyond the edge may count as 0, which after a ReLU never wins.
func pool(s *nn.Scope, x *nn.Node, kernel, stride []int) *nn.Node {
	return s.MaxPool(same(s, x, kernel, stride))
}

// same is the geometry of a window that leaves ⌈size/stride⌉ positions an axis; an odd zero is put behind x.
func same(s *nn.Scope, x *nn.Node, kernel, stride []int) (*nn.Node, nn.Geometry) {
	g := nn.Geometry{Kernel: kernel, Stride: stride, Pad: make([]int, len(kernel))}
	for i := range kernel {
		if x == nil {
			return nil, g
		}
		size := x.Shape()[2+i]
		over := max(((size+stride[i]-1)/stride[i]-1)*stride[i]+kernel[i]-size, 0)
		if g.Pad[i] = over / 2; over%2 == 1 {
			g.Pad[i] = 0
			x = s.Pad(x, 2+i, over/2, over-over/2)
		}
	}
	return x, g
}

// cube is a number on each of the three axes.
func cube(n int) []int { return []int{n, n, n} }
