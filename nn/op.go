package nn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/chewxy/hm"
	"gonum.org/v1/gonum/graph"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Node is a value of a Gorgonia graph.
type Node = gorgonia.Node

// ErrShape is wrapped by every error about shapes that do not fit together.
var ErrShape = errors.New("shape mismatch")

// opBase is what all operations have in common. Shapes are known when an
// operation is built, so that inference only confirms them.
type opBase struct {
	label string // name and every parameter of the operation
	in    []tensor.Shape
	out   tensor.Shape
	salt  uint32 // tells apart operations whose nodes' hashes collide, see apply
}

func newOpBase(label string, out tensor.Shape, in ...tensor.Shape) opBase {
	b := opBase{label: label, out: out.Clone(), in: make([]tensor.Shape, len(in))}
	for i, s := range in {
		b.in[i] = s.Clone()
	}
	return b
}

// Arity is the number of operands.
func (o *opBase) Arity() int { return len(o.in) }

// Output is the shape of the result.
func (o *opBase) Output() tensor.Shape { return o.out.Clone() }

// Type is Tensor-r₁ a → … → Tensor-r a for the ranks of operands and result; a
// scalar, which only foreign operations give, is of type a.
func (o *opBase) Type() hm.Type {
	types := make([]hm.Type, 0, len(o.in)+1)
	for _, s := range append(slices.Clone(o.in), o.out) {
		a := hm.Type(hm.TypeVariable('a'))
		if len(s) > 0 {
			a = gorgonia.TensorType{Dims: len(s), Of: a}
		}
		types = append(types, a)
	}
	return hm.NewFnType(types...)
}

// InferShape gives the result's shape. It reports ErrShape when the operands
// are not of the shapes that the operation was built for.
func (o *opBase) InferShape(sizes ...gorgonia.DimSizer) (tensor.Shape, error) {
	if len(sizes) != len(o.in) {
		return nil, fmt.Errorf("nn: %s: %d operands, want %d: %w", o.label, len(sizes), len(o.in), ErrShape)
	}
	for i, want := range o.in {
		for axis, n := range want {
			got, err := sizes[i].DimSize(axis)
			if err != nil {
				return nil, fmt.Errorf("nn: %s: operand %d: %w", o.label, i, err)
			}
			if got != n {
				return nil, fmt.Errorf("nn: %s: operand %d has %d elements along axis %d, want %s: %w",
					o.label, i, got, axis, dims(want), ErrShape)
			}
		}
	}
	return o.out.Clone(), nil
}

// ReturnsPtr is true: a result is a tensor of its own.
func (o *opBase) ReturnsPtr() bool { return true }

// CallsExtern is false: the reference implementations are plain Go.
func (o *opBase) CallsExtern() bool { return false }

// OverwritesInput is -1: operands are never written to.
func (o *opBase) OverwritesInput() int { return -1 }

// WriteHash writes all that tells this operation from another.
func (o *opBase) WriteHash(h hash.Hash) {
	fmt.Fprint(h, o.String())
	_ = binary.Write(h, binary.LittleEndian, o.salt) // a hash accepts every write
}

// Hashcode is the 32-bit hash by which Gorgonia merges equal operations.
func (o *opBase) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// String names the operation, its parameters and its shapes.
func (o *opBase) String() string {
	var b strings.Builder
	b.WriteString(o.label)
	for i, s := range o.in {
		if i == 0 {
			b.WriteByte(' ')
		} else {
			b.WriteByte(',')
		}
		b.WriteString(dims(s))
	}
	b.WriteString("→")
	b.WriteString(dims(o.out))
	return b.String()
}

func (o *opBase) base() *opBase { return o }

// operation is what apply needs of the operations of this package.
type operation interface {
	gorgonia.SDOp
	base() *opBase
}

// apply adds the node op(inputs...) to the inputs' graph, or returns the equal
// node that is there already.
//
// Gorgonia takes two nodes for one when their 32-bit hashes, operations and
// shapes agree, without a look at the operands. A returned node with other
// operands is such an accident; another salt leads away from it.
func apply(op operation, inputs ...*Node) (n *Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			n, err = nil, fmt.Errorf("%s: %v", op, r)
		}
	}()
	for dt, i := inputs[0].Dtype(), 1; i < len(inputs); i++ {
		if inputs[i].Dtype() != dt {
			return nil, fmt.Errorf("%s: operands of types %v and %v: convert one of them", op, dt, inputs[i].Dtype())
		}
	}
	for {
		n, err = gorgonia.ApplyOp(op, inputs...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		if slices.Equal(Operands(n), inputs) {
			return n, nil
		}
		op.base().salt++
	}
}

// Operands lists the nodes that n is computed from, in order.
func Operands(n *Node) []*Node {
	it := n.Graph().From(n.ID())
	if it == nil {
		return nil
	}
	nodes := graph.NodesOf(it)
	in := make([]*Node, len(nodes))
	for i, m := range nodes {
		in[i] = m.(*Node)
	}
	return in
}

// filled is a node of the given shape whose every element is v. Only a single
// number is stored.
func filled(g *gorgonia.ExprGraph, dt tensor.Dtype, v float64, shape ...int) (n *Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			n, err = nil, fmt.Errorf("constant %v: %v", v, r)
		}
	}()
	ones := make(tensor.Shape, len(shape))
	for i := range ones {
		ones[i] = 1
	}
	var backing any
	switch dt {
	case tensor.Float32:
		backing = []float32{float32(v)}
	case tensor.Float64:
		backing = []float64{v}
	default:
		return nil, fmt.Errorf("constant of type %v: want float32 or float64", dt)
	}
	one := gorgonia.NewTensor(g, dt, len(shape),
		gorgonia.WithName(fmt.Sprintf("constant(%s)", strconv.FormatFloat(v, 'g', -1, 64))),
		gorgonia.WithShape(ones...),
		gorgonia.WithValue(tensor.New(tensor.WithShape(ones...), tensor.WithBacking(backing))))
	return broadcast(one, shape...)
}

// dims writes a shape as 2×3×4.
func dims(s []int) string {
	if len(s) == 0 {
		return "()"
	}
	parts := make([]string, len(s))
	for i, n := range s {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, "×")
}

// shapeErrorf is an error that wraps ErrShape.
func shapeErrorf(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, ErrShape)...)
}

func size(s []int) int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// noGradient is embedded by operations that have no derivative.
type noGradient struct{}

// DiffWRT is false for every operand.
func (noGradient) DiffWRT(inputs int) []bool { return make([]bool, inputs) }

// SymDiff reports that there is no derivative.
func (noGradient) SymDiff(_ gorgonia.Nodes, output, _ *Node) (gorgonia.Nodes, error) {
	return nil, fmt.Errorf("nn: %v has no derivative", output)
}
