package exec

import (
	"slices"

	"videogan/nn"
	"videogan/nn/onednn"
)

// matMul lowers a product over the last two axes; a transposed operand is the
// same memory with its strides exchanged.
func (c *compiler) matMul(n *nn.Node, op *nn.MatMulOp) error {
	in, err := c.plains(nn.Operands(n))
	if err != nil {
		return err
	}
	out := c.produce(n, describe(n))
	p, err := c.dev.engine.MatMul(turned(in[0].desc, op.TransA), turned(in[1].desc, op.TransB), out.desc)
	if err != nil {
		return err
	}
	c.primitive("matrix product", op.FLOPs(), p, operand{onednn.Source, in[0]},
		operand{onednn.Weights, in[1]}, operand{onednn.Destination, out})
	return nil
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
