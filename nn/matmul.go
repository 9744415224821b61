package nn

import (
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// MatMulOp is the matrix product of the last two axes, each operand transposed
// first where its flag says so, for every index of the leading axes.
type MatMulOp struct {
	opBase
	TransA, TransB bool
}

// MatMul is the matrix product a·b of the last two axes, with a (b) transposed
// first when transA (transB) is set. Operands are matrices, or have equal
// leading axes. It reports ErrShape when they do not fit.
func (s *Scope) MatMul(a, b *Node, transA, transB bool) *Node {
	return s.build("matrix product", func() (*Node, error) { return matMul(a, b, transA, transB) }, a, b)
}

func matMul(a, b *Node, transA, transB bool) (*Node, error) {
	sa, sb := a.Shape(), b.Shape()
	label := "matmul"
	if transA {
		label += " aᵀ"
	}
	if transB {
		label += " bᵀ"
	}
	r := len(sa) - 2
	if r < 0 || len(sb) != len(sa) || !slices.Equal(sa[:r], sb[:r]) {
		return nil, shapeErrorf("%s of %s and %s: want matrices or equal leading axes", label, dims(sa), dims(sb))
	}
	m, ka := flip(sa[r:], transA)
	kb, n := flip(sb[r:], transB)
	if ka != kb {
		return nil, shapeErrorf("%s of %s and %s: inner sizes %d and %d", label, dims(sa), dims(sb), ka, kb)
	}
	out := append(slices.Clone(sa[:r]), m, n)
	return apply(&MatMulOp{opBase: newOpBase(label, out, sa, sb), TransA: transA, TransB: transB}, a, b)
}

// flip gives rows and columns of a matrix as it takes part in the product.
func flip(s tensor.Shape, trans bool) (rows, cols int) {
	if trans {
		return s[1], s[0]
	}
	return s[0], s[1]
}

// Do is the reference implementation, by gonum's BLAS in float64.
func (o *MatMulOp) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	return do(&o.opBase, values,
		func(in [][]float32, out []float32) { matMulForward(o, in, out) },
		func(in [][]float64, out []float64) { matMulForward(o, in, out) })
}

func matMulForward[T float](o *MatMulOp, in [][]T, out []T) {
	r := len(o.out) - 2
	matrix := func(data []float64, s tensor.Shape, i int) blas64.General {
		return blas64.General{Rows: s[r], Cols: s[r+1], Stride: s[r+1], Data: data[i*s[r]*s[r+1]:]}
	}
	a, b, c := widen(in[0]), widen(in[1]), make([]float64, len(out))
	for i := range size(o.out[:r]) {
		blas64.Gemm(blasTranspose(o.TransA), blasTranspose(o.TransB), 1,
			matrix(a, o.in[0], i), matrix(b, o.in[1], i), 0, matrix(c, o.out, i))
	}
	roundTo(out, c)
}

func blasTranspose(t bool) blas.Transpose {
	if t {
		return blas.Trans
	}
	return blas.NoTrans
}

// DiffWRT is true for both operands.
func (o *MatMulOp) DiffWRT(inputs int) []bool { return all(inputs) }

// SymDiff gives grad·bᵀ and aᵀ·grad, transposed where the operands are.
func (o *MatMulOp) SymDiff(in gorgonia.Nodes, _, grad *Node) (gorgonia.Nodes, error) {
	a, b := in[0], in[1]
	var ga, gb *Node
	var err error
	if o.TransA {
		ga, err = matMul(b, grad, o.TransB, true)
	} else {
		ga, err = matMul(grad, b, false, !o.TransB)
	}
	if err != nil {
		return nil, err
	}
	if o.TransB {
		gb, err = matMul(grad, a, true, o.TransA)
	} else {
		gb, err = matMul(a, grad, !o.TransA, false)
	}
	return gorgonia.Nodes{ga, gb}, err
}

// FLOPs is two a term of every sum.
func (o *MatMulOp) FLOPs() float64 {
	_, inner := flip(o.in[0][len(o.out)-2:], o.TransA)
	return 2 * float64(size(o.out)) * float64(inner)
}
