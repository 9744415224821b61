package exec

import (
	"slices"

	"videogan/nn"
	"videogan/nn/onednn"
)

// matMul lowers a product over the last two axes; a transposed operand is the
// same memory with its strides exchanged. A matrix by a vector and a column by a
// row are passes over memory, which oneDNN's blocks of products are too slow for.
func (c *compiler) matMul(n *nn.Node, op *nn.MatMulOp) error {
	in, err := c.plains(nn.Operands(n))
	if err != nil {
		return err
	}
	out := c.produce(n, describe(n))
	if shape := n.Shape(); len(shape) == 2 {
		rows, columns := shape[0], shape[1]
		inner := in[0].desc.Elements() / rows
		switch {
		case inner == 1:
			c.outerProduct(op, rows, columns, in, out)
			return nil
		case columns == 1:
			c.vectorProduct(op.FLOPs(), in[0], nn.Operands(n)[0].Shape(), op.TransA, in[1], out)
			return nil
		case rows == 1:
			c.vectorProduct(op.FLOPs(), in[1], nn.Operands(n)[1].Shape(), !op.TransB, in[0], out)
			return nil
		}
	}
	p, err := c.dev.engine.MatMul(turned(in[0].desc, op.TransA), turned(in[1].desc, op.TransB), out.desc)
	if err != nil {
		return err
	}
	c.primitive("matrix product", op.FLOPs(), p, operand{onednn.Source, in[0]},
		operand{onednn.Weights, in[1]}, operand{onednn.Destination, out})
	return nil
}

func (c *compiler) outerProduct(op *nn.MatMulOp, rows, columns int, in []*buffer, out *buffer) {
	sizes, down, along := []int{rows, columns}, []int{1, 0}, []int{0, 1}
	c.emit(&step{kernel: "outer product", flops: op.FLOPs(), reads: in, writes: []*buffer{out}, run: func() error {
		onednn.BinaryStrided(onednn.BinaryMul, sizes, down, along, in[0].pointer(), in[1].pointer(), out.pointer())
		return nil
	}})
}

// vectorProduct multiplies a matrix m, or its transpose, by x.
func (c *compiler) vectorProduct(flops float64, m *buffer, shape []int, transposed bool, x, out *buffer) {
	c.emit(&step{kernel: "vector product", flops: flops, reads: []*buffer{m, x}, writes: []*buffer{out}, run: func() error {
		onednn.VectorProduct(m.pointer(), shape[0], shape[1], transposed, x.pointer(), out.pointer())
		return nil
	}})
}

// turned is a plain matrix, or its transpose where transposed is set.
func turned(d onednn.Descriptor, transposed bool) onednn.Descriptor {
	if !transposed {
		return d
	}
	sizes := d.Sizes()
	strides := make([]int, len(sizes))
	for i, n := len(sizes)-1, 1; i >= 0; i-- {
		strides[i] = n
		n *= sizes[i]
	}
	swap := func(v []int) []int {
		v = slices.Clone(v)
		k := len(v)
		v[k-1], v[k-2] = v[k-2], v[k-1]
		return v
	}
	return onednn.Strided(swap(sizes), swap(strides))
}
