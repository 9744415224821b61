package nn

import (
	"slices"
	"testing"

	"gorgonia.org/tensor"
)

func TestGeometrySizes(t *testing.T) {
	for _, c := range []struct {
		reason         string
		g              Geometry
		in             []int
		out, transpose []int // transpose: from out
	}{
		{"halves even sizes, and doubles back", Cube(3, 4, 2, 1), []int{16, 64, 64}, []int{8, 32, 32}, []int{16, 64, 64}},
		{"rounds down, so that the way back is shorter", Cube(2, 4, 2, 1), []int{5, 7}, []int{2, 3}, []int{4, 6}},
		{"keeps the size", Cube(1, 3, 1, 1), []int{7}, []int{7}, []int{7}},
		{"takes all into one, without stride and padding", Geometry{Kernel: []int{2, 4, 4}}, []int{2, 4, 4}, []int{1, 1, 1}, []int{2, 4, 4}},
	} {
		out, err := c.g.OutputSize(c.in)
		if err != nil || !slices.Equal(out, c.out) {
			t.Errorf("%s: OutputSize(%v) = %v, %v, want %v", c.reason, c.in, out, err, c.out)
		}
		back, err := c.g.TransposedSize(c.out)
		if err != nil || !slices.Equal(back, c.transpose) {
			t.Errorf("%s: TransposedSize(%v) = %v, %v, want %v", c.reason, c.out, back, err, c.transpose)
		}
	}
}

func TestFLOPs(t *testing.T) {
	s := testScope(tensor.Float32)
	x, w := s.Input("x", 2, 3, 4, 8, 8), s.Input("w", 5, 3, 4, 4, 4)
	y := s.Convolve(x, w, nil, Cube(3, 4, 2, 1)) // 2×5×2×4×4
	back := s.ConvolveTranspose(y, w, nil, Cube(3, 4, 2, 1))
	gw := s.build("weight", func() (*Node, error) { return convolveWeight(x, y, Cube(3, 4, 2, 1)) })
	product := s.MatMul(s.Input("a", 6, 3, 7), s.Input("b", 6, 3, 2), true, false)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	const convolution = 2 * (2 * 5 * 2 * 4 * 4) * (3 * 64)
	for _, c := range []struct {
		name string
		n    *Node
		want float64
	}{
		{"convolution", y, convolution},
		{"its adjoint takes as many", back, convolution},
		{"its weight gradient takes as many", gw, convolution},
		{"batched matrix product", product, 2 * 6 * 7 * 2 * 3},
	} {
		if got := c.n.Op().(interface{ FLOPs() float64 }).FLOPs(); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
