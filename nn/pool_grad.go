package nn

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// PoolGradOp is the adjoint of PoolOp. Average: gy (N×C×S') to gx (N×C×S), each element of gy divided by the
// kernel's size and added to its whole window. Max: x (N×C×S) and gy to gx, each element of gy added at the
// largest element of its window of x.
type PoolGradOp struct {
	opBase
	Kind     PoolKind
	Geometry Geometry
}

// averagePoolGrad is the adjoint of the average pooling of arrays of shape x.
func averagePoolGrad(gy *Node, x tensor.Shape, g Geometry) (*Node, error) {
	g, err := checkPooled("average-pool gradient", x, gy.Shape(), g)
	if err != nil {
		return nil, err
	}
	label := fmt.Sprintf("average-pool-gradient %s", g)
	return apply(&PoolGradOp{opBase: newOpBase(label, x, gy.Shape()), Kind: Average, Geometry: g}, gy)
}

func maxPoolGrad(x, gy *Node, g Geometry) (*Node, error) {
	g, err := checkPooled("max-pool gradient", x.Shape(), gy.Shape(), g)
	if err != nil {
		return nil, err
	}
	label := fmt.Sprintf("max-pool-gradient %s", g)
	return apply(&PoolGradOp{opBase: newOpBase(label, x.Shape(), x.Shape(), gy.Shape()), Kind: Max, Geometry: g}, x, gy)
}

// checkPooled checks that pooling takes an array of shape x to one of shape y.
func checkPooled(what string, x, y tensor.Shape, g Geometry) (Geometry, error) {
	g, want, err := pooledShape(x, g)
	if err != nil {
		return g, fmt.Errorf("%s of x %s: %w", what, dims(x), err)
	}
	if !slices.Equal(y, want) {
		return g, shapeErrorf("%s of x %s and gy %s: want gy %s", what, dims(x), dims(y), dims(want))
	}
	return g, nil
}

// Do is the reference implementation.
func (o *PoolGradOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { poolGradForward(o, in, out) },
		func(in [][]float64, out []float64) { poolGradForward(o, in, out) })
}

func poolGradForward[T float](o *PoolGradOp, in [][]T, gx []T) {
	x, gy := in[0], in[len(in)-1]
	sum := make([]float64, len(gx))
	taps := float64(size(o.Geometry.Kernel))
	forEachWindow(o.out, o.in[len(in)-1], o.Geometry, func(i int, window []int) {
		if o.Kind == Max {
			sum[argmax(x, window)] += float64(gy[i])
			return
		}
		for _, j := range window {
			sum[j] += float64(gy[i]) / taps
		}
	})
	roundTo(gx, sum)
}

// DiffWRT is true for gy; where the maximum stands does not change with x, but for jumps.
func (o *PoolGradOp) DiffWRT(int) []bool {
	if o.Kind == Max {
		return []bool{false, true}
	}
	return []bool{true}
}

// SymDiff pools the gradient: average by PoolOp, max by MaxPoolGatherOp.
func (o *PoolGradOp) SymDiff(in gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	if o.Kind == Max {
		ggy, err := maxPoolGather(in[0], grad, o.Geometry)
		return gorgonia.Nodes{nil, ggy}, err
	}
	ggy, err := pool(Average, grad, o.Geometry)
	return gorgonia.Nodes{ggy}, err
}

// MaxPoolGatherOp picks from v (N×C×S) the element where x (N×C×S) has the largest of each window, to N×C×S'.
// It is linear in v, and the adjoint of PoolGradOp of kind Max.
type MaxPoolGatherOp struct {
	opBase
	Geometry Geometry
}

func maxPoolGather(x, v *Node, g Geometry) (*Node, error) {
	sx, sv := x.Shape(), v.Shape()
	g, out, err := pooledShape(sx, g)
	if err != nil {
		return nil, fmt.Errorf("max-pool gather of %s: %w", dims(sx), err)
	}
	if !slices.Equal(sx, sv) {
		return nil, shapeErrorf("max-pool gather of x %s and v %s: want equal shapes", dims(sx), dims(sv))
	}
	return apply(&MaxPoolGatherOp{opBase: newOpBase(fmt.Sprintf("max-pool-gather %s", g), out, sx, sv), Geometry: g}, x, v)
}

// Do is the reference implementation.
func (o *MaxPoolGatherOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { maxPoolGatherForward(o, in, out) },
		func(in [][]float64, out []float64) { maxPoolGatherForward(o, in, out) })
}

func maxPoolGatherForward[T float](o *MaxPoolGatherOp, in [][]T, out []T) {
	forEachWindow(o.in[0], o.out, o.Geometry, func(i int, window []int) { out[i] = in[1][argmax(in[0], window)] })
}

// DiffWRT is true for v.
func (o *MaxPoolGatherOp) DiffWRT(int) []bool { return []bool{false, true} }

// SymDiff adds the gradient at each window's largest element.
func (o *MaxPoolGatherOp) SymDiff(in gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	gv, err := maxPoolGrad(in[0], grad, o.Geometry)
	return gorgonia.Nodes{nil, gv}, err
}
