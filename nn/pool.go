package nn

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// PoolKind is what a pooling window is reduced to.
type PoolKind int

// The kinds of PoolOp.
const (
	Average PoolKind = iota // sum over the window divided by the kernel's size, padding counted as zeros
	Max                     // largest element; the padding never wins
)

// String is the kind's name.
func (k PoolKind) String() string {
	switch k {
	case Average:
		return "average"
	case Max:
		return "max"
	}
	return fmt.Sprintf("PoolKind(%d)", int(k))
}

// PoolOp reduces windows of x (N×C×S) to y (N×C×S') with S' = (S + 2·pad - kernel)/stride + 1, rounded down.
type PoolOp struct {
	opBase
	Kind     PoolKind
	Geometry Geometry
}

// AveragePool is the mean over windows of x (N×C×S, one to three spatial axes). Padding counts as zeros and as
// part of the window (PyTorch's default count_include_pad=True). It reports ErrShape when the window does not
// fit or the padding exceeds half of it.
func (s *Scope) AveragePool(x *Node, g Geometry) *Node {
	return s.build("average pool", func() (*Node, error) { return pool(Average, x, g) }, x)
}

// MaxPool is the maximum over windows of x (N×C×S, one to three spatial axes). Of equal elements the first in
// C order takes the gradient, as in PyTorch; NaN wins over every number. It reports ErrShape when the window
// does not fit or the padding exceeds half of it (a window must see at least one element).
func (s *Scope) MaxPool(x *Node, g Geometry) *Node {
	return s.build("max pool", func() (*Node, error) { return pool(Max, x, g) }, x)
}

func pool(kind PoolKind, x *Node, g Geometry) (*Node, error) {
	g, out, err := pooledShape(x.Shape(), g)
	if err != nil {
		return nil, fmt.Errorf("%s pool of %s: %w", kind, dims(x.Shape()), err)
	}
	label := fmt.Sprintf("%s-pool %s", kind, g)
	return apply(&PoolOp{opBase: newOpBase(label, out, x.Shape()), Kind: kind, Geometry: g}, x)
}

// pooledShape completes the geometry and gives the shape of the pooled array.
func pooledShape(x tensor.Shape, g Geometry) (Geometry, tensor.Shape, error) {
	if len(x) < 3 || len(x) > 5 {
		return g, nil, shapeErrorf("rank %d: want N×C and one to three spatial axes", len(x))
	}
	g, err := g.complete(len(x) - 2)
	if err != nil {
		return g, nil, err
	}
	for i, pad := range g.Pad {
		if 2*pad > g.Kernel[i] {
			return g, nil, shapeErrorf("window %s: padding exceeds half of the kernel", g)
		}
	}
	size, err := g.OutputSize(x[2:])
	return g, append(slices.Clone(x[:2]), size...), err
}

// Do is the reference implementation.
func (o *PoolOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { poolForward(o, in[0], out) },
		func(in [][]float64, out []float64) { poolForward(o, in[0], out) })
}

func poolForward[T float](o *PoolOp, x, y []T) {
	taps := float64(size(o.Geometry.Kernel))
	forEachWindow(o.in[0], o.out, o.Geometry, func(i int, window []int) {
		if o.Kind == Max {
			y[i] = x[argmax(x, window)]
			return
		}
		sum := 0.0
		for _, j := range window {
			sum += float64(x[j])
		}
		y[i] = T(sum / taps)
	})
}

// DiffWRT is true.
func (o *PoolOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff hands each window's gradient back to its elements, or to its largest.
func (o *PoolOp) SymDiff(in gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	var gx *Node
	var err error
	if o.Kind == Max {
		gx, err = maxPoolGrad(in[0], grad, o.Geometry)
	} else {
		gx, err = averagePoolGrad(grad, o.in[0], o.Geometry)
	}
	return gorgonia.Nodes{gx}, err
}

// argmax is the first position of the largest element of a window; NaN is larger than any number.
func argmax[T float](x []T, window []int) int {
	best := window[0]
	for _, j := range window[1:] {
		if x[j] > x[best] || x[j] != x[j] && x[best] == x[best] {
			best = j
		}
	}
	return best
}

// forEachWindow visits every element i of the pooled array y with the positions in x of its window's elements,
// in C order and without the padding. The slice is overwritten between calls.
func forEachWindow(x, y tensor.Shape, g Geometry, visit func(i int, window []int)) {
	// One and two spatial axes are three with leading axes of size 1.
	in, out := leadingOnes(x[2:], 1), leadingOnes(y[2:], 1)
	kernel, stride, pad := leadingOnes(g.Kernel, 1), leadingOnes(g.Stride, 1), leadingOnes(g.Pad, 0)
	window := make([]int, 0, size(g.Kernel))
	i := 0
	for plane := range x[0] * x[1] {
		for t := range out[0] {
			for h := range out[1] {
				for w := range out[2] {
					window = window[:0]
					t0, t1 := clip(t*stride[0]-pad[0], kernel[0], in[0])
					h0, h1 := clip(h*stride[1]-pad[1], kernel[1], in[1])
					w0, w1 := clip(w*stride[2]-pad[2], kernel[2], in[2])
					for a := t0; a < t1; a++ {
						for b := h0; b < h1; b++ {
							row := ((plane*in[0]+a)*in[1] + b) * in[2]
							for c := w0; c < w1; c++ {
								window = append(window, row+c)
							}
						}
					}
					visit(i, window)
					i++
				}
			}
		}
	}
}

// leadingOnes extends up to three numbers at the front.
func leadingOnes(s []int, with int) [3]int {
	full := [3]int{with, with, with}
	copy(full[3-len(s):], s)
	return full
}

// clip cuts the window of the given size that begins at from down to [0, n).
func clip(from, size, n int) (first, end int) { return max(from, 0), min(from+size, n) }
