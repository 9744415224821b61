package nn

import (
	"fmt"
	"slices"
)

// Geometry is how a window moves over the spatial axes: one entry an axis, in
// the order of the axes (T, H, W for clips). A nil Stride is 1 and a nil Pad 0
// on every axis. Pad is applied on both sides.
type Geometry struct {
	Kernel, Stride, Pad []int
}

// Cube is the geometry of equal kernel, stride and padding on all of rank axes.
func Cube(rank, kernel, stride, pad int) Geometry {
	return Geometry{
		Kernel: slices.Repeat([]int{kernel}, max(rank, 0)),
		Stride: slices.Repeat([]int{stride}, max(rank, 0)),
		Pad:    slices.Repeat([]int{pad}, max(rank, 0)),
	}
}

// String writes k4×4s2×2p1×1.
func (g Geometry) String() string {
	return fmt.Sprintf("k%ss%sp%s", dims(g.Kernel), dims(g.Stride), dims(g.Pad))
}

// complete fills in nil fields and checks that g fits rank spatial axes.
func (g Geometry) complete(rank int) (Geometry, error) {
	c := Geometry{slices.Clone(g.Kernel), slices.Clone(g.Stride), slices.Clone(g.Pad)}
	if c.Stride == nil {
		c.Stride = slices.Repeat([]int{1}, rank)
	}
	if c.Pad == nil {
		c.Pad = make([]int, rank)
	}
	if rank < 1 || rank > 3 {
		return c, shapeErrorf("%d spatial axes, want 1 to 3", rank)
	}
	if len(c.Kernel) != rank || len(c.Stride) != rank || len(c.Pad) != rank {
		return c, shapeErrorf("geometry %s on %d spatial axes", c, rank)
	}
	for i := range rank {
		if c.Kernel[i] < 1 || c.Stride[i] < 1 || c.Pad[i] < 0 {
			return c, shapeErrorf("geometry %s: want kernel ≥ 1, stride ≥ 1, pad ≥ 0", c)
		}
	}
	return c, nil
}

// OutputSize is the number of window positions on each axis:
// (in + 2·pad - kernel)/stride + 1, rounded down. It reports ErrShape when the window does not fit once.
func (g Geometry) OutputSize(in []int) ([]int, error) {
	g, err := g.complete(len(in))
	if err != nil {
		return nil, err
	}
	out := make([]int, len(in))
	for i, n := range in {
		room := n + 2*g.Pad[i] - g.Kernel[i]
		if room < 0 {
			return nil, shapeErrorf("window %s does not fit into %s", g, dims(in))
		}
		out[i] = room/g.Stride[i] + 1
	}
	return out, nil
}

// TransposedSize is the output size of a transposed convolution:
// (in - 1)·stride - 2·pad + kernel. It reports ErrShape when that is not positive.
func (g Geometry) TransposedSize(in []int) ([]int, error) {
	g, err := g.complete(len(in))
	if err != nil {
		return nil, err
	}
	out := make([]int, len(in))
	for i, n := range in {
		if out[i] = (n-1)*g.Stride[i] - 2*g.Pad[i] + g.Kernel[i]; out[i] < 1 {
			return nil, shapeErrorf("transposed window %s on %s leaves size %s", g, dims(in), dims(out[:i+1]))
		}
	}
	return out, nil
}
