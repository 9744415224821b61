package nn

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
)

// SoftmaxOp is exp(x) divided by its sum along Axis, without overflow.
type SoftmaxOp struct {
	opBase
	Axis int
}

// LogSoftmaxOp is the logarithm of SoftmaxOp, taken without computing the softmax: it stays finite where that
// is 0.
type LogSoftmaxOp struct {
	opBase
	Axis int
}

// Softmax is exp(x)/Σ exp(x), the sum taken along axis. It reports ErrShape when x has no such axis.
func (s *Scope) Softmax(x *Node, axis int) *Node {
	return s.build("softmax", func() (*Node, error) { return softmax(x, axis) }, x)
}

// LogSoftmax is x - log Σ exp(x), the sum taken along axis, without overflow or loss of small values: what a
// cross entropy takes. It reports ErrShape when x has no such axis.
func (s *Scope) LogSoftmax(x *Node, axis int) *Node {
	return s.build("log-softmax", func() (*Node, error) {
		if err := checkAxis("log-softmax", x, axis); err != nil {
			return nil, err
		}
		label := fmt.Sprintf("log-softmax axis%d", axis)
		return apply(&LogSoftmaxOp{opBase: newOpBase(label, x.Shape(), x.Shape()), Axis: axis}, x)
	}, x)
}

func softmax(x *Node, axis int) (*Node, error) {
	if err := checkAxis("softmax", x, axis); err != nil {
		return nil, err
	}
	return apply(&SoftmaxOp{opBase: newOpBase(fmt.Sprintf("softmax axis%d", axis), x.Shape(), x.Shape()), Axis: axis}, x)
}

func checkAxis(what string, x *Node, axis int) error {
	if rank := len(x.Shape()); axis < 0 || axis >= rank {
		return shapeErrorf("%s of %s along axis %d: want 0 to %d", what, dims(x.Shape()), axis, rank-1)
	}
	return nil
}

// Do is the reference implementation.
func (o *SoftmaxOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { softmaxForward(&o.opBase, o.Axis, in[0], out, math.Exp) },
		func(in [][]float64, out []float64) { softmaxForward(&o.opBase, o.Axis, in[0], out, math.Exp) })
}

// Do is the reference implementation.
func (o *LogSoftmaxOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	same := func(v float64) float64 { return v }
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { softmaxForward(&o.opBase, o.Axis, in[0], out, same) },
		func(in [][]float64, out []float64) { softmaxForward(&o.opBase, o.Axis, in[0], out, same) })
}

// softmaxForward writes f(x - log Σ exp x) of each line along the axis.
func softmaxForward[T float](o *opBase, axis int, x, y []T, f func(float64) float64) {
	n := o.out[axis]
	inner := size(o.out[axis+1:])
	for outer := range size(o.out[:axis]) {
		for j := range inner {
			first, end := outer*n*inner+j, (outer+1)*n*inner
			highest := math.Inf(-1)
			for i := first; i < end; i += inner {
				highest = max(highest, float64(x[i]))
			}
			sum := 0.0
			for i := first; i < end; i += inner {
				sum += math.Exp(float64(x[i]) - highest)
			}
			for i := first; i < end; i += inner {
				y[i] = T(f(float64(x[i]) - highest - math.Log(sum)))
			}
		}
	}
}

// DiffWRT is true.
func (o *SoftmaxOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff gives y·(grad - Σ y·grad).
func (o *SoftmaxOp) SymDiff(_ gorgonia.Nodes, output, grad *Node) (gorgonia.Nodes, error) {
	weighted, err := combine(Mul, output, grad)
	if err != nil {
		return nil, err
	}
	total, err := sum(weighted, []int{o.Axis})
	if err != nil {
		return nil, err
	}
	centred, err := combine(Sub, grad, total)
	if err != nil {
		return nil, err
	}
	gx, err := combine(Mul, output, centred)
	return gorgonia.Nodes{gx}, err
}

// DiffWRT is true.
func (o *LogSoftmaxOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff gives grad - exp(y)·Σ grad.
func (o *LogSoftmaxOp) SymDiff(_ gorgonia.Nodes, output, grad *Node) (gorgonia.Nodes, error) {
	total, err := sum(grad, []int{o.Axis})
	if err != nil {
		return nil, err
	}
	probability, err := unary(Exp, output, 0)
	if err != nil {
		return nil, err
	}
	share, err := combine(Mul, probability, total)
	if err != nil {
		return nil, err
	}
	gx, err := combine(Sub, grad, share)
	return gorgonia.Nodes{gx}, err
}
