package onednn

// #include "recording.h"
import "C"

import (
	"fmt"
	"unsafe"
)

// Argument names an operand of a primitive.
type Argument int

// The operands of the primitives: a convolution reads Source (or
// DiffDestination) and Weights, and writes Destination, DiffSource or
// DiffWeights, by its direction.
const (
	Source          Argument = C.DNNL_ARG_SRC
	Weights         Argument = C.DNNL_ARG_WEIGHTS
	Bias            Argument = C.DNNL_ARG_BIAS
	Destination     Argument = C.DNNL_ARG_DST
	DiffSource      Argument = C.DNNL_ARG_DIFF_SRC
	DiffDestination Argument = C.DNNL_ARG_DIFF_DST
	DiffWeights     Argument = C.DNNL_ARG_DIFF_WEIGHTS
	From            Argument = C.DNNL_ARG_FROM
	To              Argument = C.DNNL_ARG_TO
	Scratchpad      Argument = C.DNNL_ARG_SCRATCHPAD
)

// Direction says which of a convolution's three maps is wanted.
type Direction int

// Forward maps x and w to y; BackwardData maps y and w to x (the transposed
// convolution); BackwardWeights maps x and y to w.
const (
	Forward         Direction = C.vg_conv_forward
	BackwardData    Direction = C.vg_conv_backward_data
	BackwardWeights Direction = C.vg_conv_backward_weights
)

// PostOp is an activation that a forward convolution applies to its result.
type PostOp int

// PostReLU has the slope Alpha for negative values.
const (
	PostNone PostOp = C.vg_post_none
	PostReLU PostOp = C.vg_post_relu
)

// Convolution describes a cross-correlation of x (N×C×spatial) with weights
// (K×C×kernel) to y (N×K×spatial), with 1 to 3 spatial axes.
type Convolution struct {
	Direction                  Direction
	X, Weights, Y              Descriptor
	Bias                       *Descriptor // forward only; nil for none
	Strides, PadLeft, PadRight []int
	Post                       PostOp // forward only
	Alpha                      float64
	// Parts of the batch, forward or by the data, which threads take one after the other, so that none waits long for another
	// that was held up. They divide the batch; 0 leaves the work to oneDNN, which divides it evenly before it begins.
	Parts int
}

// Primitive is a oneDNN primitive with its operands' memory objects.
type Primitive struct{ p *C.vg_primitive }

// Convolution makes a convolution primitive.
func (e *Engine) Convolution(c Convolution) (*Primitive, error) {
	args := C.vg_convolution{
		direction: C.int(c.Direction), post: C.int(c.Post), alpha: C.float(c.Alpha),
		x: c.X.md, weights: c.Weights.md, y: c.Y.md, parts: C.int64_t(c.Parts),
	}
	if c.Bias != nil {
		args.bias = c.Bias.md
	}
	for i := range c.Strides {
		args.strides[i] = C.dnnl_dim_t(c.Strides[i])
		args.pad_left[i] = C.dnnl_dim_t(c.PadLeft[i])
		args.pad_right[i] = C.dnnl_dim_t(c.PadRight[i])
	}
	p := &Primitive{}
	if s := C.vg_convolution_create(&e.e, &args, &p.p); s != C.dnnl_success {
		return nil, fmt.Errorf("onednn: convolution of %v with %v to %v, stride %v, pad %v…%v: %w",
			c.X, c.Weights, c.Y, c.Strides, c.PadLeft, c.PadRight, Status(s))
	}
	return p, nil
}

// MatMul makes the matrix product y = a·b over the last two axes; leading axes
// are equal. Transposition is a matter of the descriptors' strides.
func (e *Engine) MatMul(a, b, y Descriptor) (*Primitive, error) {
	p := &Primitive{}
	if s := C.vg_matmul_create(&e.e, &a.md, &b.md, &y.md, &p.p); s != C.dnnl_success {
		return nil, fmt.Errorf("onednn: matrix product of %v and %v to %v: %w", a, b, y, Status(s))
	}
	return p, nil
}

// Reorder makes a copy from one layout to another of the same sizes.
func (e *Engine) Reorder(from, to Descriptor) (*Primitive, error) {
	p := &Primitive{}
	if s := C.vg_reorder_create(&e.e, &from.md, &to.md, &p.p); s != C.dnnl_success {
		return nil, fmt.Errorf("onednn: reorder of %v to %v: %w", from, to, Status(s))
	}
	return p, nil
}

// Descriptor is the layout that the primitive wants for an operand; ok is false
// where it has none of that name.
func (p *Primitive) Descriptor(arg Argument) (d Descriptor, ok bool) {
	i := C.vg_primitive_find(p.p, C.int(arg))
	if i < 0 {
		return Descriptor{}, false
	}
	return Descriptor{p.p.descs[i]}, true
}

// Implementation is oneDNN's name of the kernel, such as jit:avx2.
func (p *Primitive) Implementation() string { return C.GoString(&p.p.implementation[0]) }

// Bind sets the address of an operand. The memory must not move and must
// outlive the binding: C memory or pinned Go memory.
func (p *Primitive) Bind(arg Argument, data unsafe.Pointer) error {
	if s := C.vg_primitive_bind(p.p, C.int(arg), data); s != C.dnnl_success {
		return fmt.Errorf("onednn: bind argument %d of %s: %w", int(arg), p.Implementation(), Status(s))
	}
	return nil
}

// Execute runs the primitive to its end. An operand that was never bound, the
// scratchpad among them, is an error.
func (p *Primitive) Execute(e *Engine) error {
	if s := C.vg_call_primitive_execute(p.p, &e.e); s != C.dnnl_success {
		return fmt.Errorf("onednn: execute %s: %w", p.Implementation(), Status(s))
	}
	return nil
}

// Close frees the primitive.
func (p *Primitive) Close() {
	C.vg_primitive_destroy(p.p)
	p.p = nil
}
