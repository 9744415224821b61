package tflite

import (
	"fmt"
	"math"
)

// builder makes the step of one operation.
type builder struct {
	graph *graph
	op    *operator
}

// in is input i; out is the output.
func (b *builder) in(i int) *tensor { return b.graph.tensors[b.op.inputs[i]] }
func (b *builder) out() *tensor     { return b.graph.tensors[b.op.outputs[0]] }

// expect checks the numbers of inputs and outputs, and that none is left out.
func (b *builder) expect(inputs int) error {
	if len(b.op.inputs) != inputs || len(b.op.outputs) != 1 {
		return fmt.Errorf("%w: %d inputs and %d outputs, want %d and 1", ErrUnsupported, len(b.op.inputs), len(b.op.outputs), inputs)
	}
	for _, i := range b.op.inputs {
		if i < 0 {
			return fmt.Errorf("%w: an input is left out", ErrUnsupported)
		}
	}
	return nil
}

// quantized checks that tensors are int8 with one scale each.
func quantized(tensors ...*tensor) error {
	for _, t := range tensors {
		if t.dtype != int8s || len(t.scales) != 1 {
			return fmt.Errorf("%w: %s is not int8 with one scale", ErrUnsupported, t.name)
		}
	}
	return nil
}

// rounding scales a sum to the output's integers: round(sum·factor) + zero, between low and high.
type rounding struct {
	zero, low, high int32
}

// round takes numbers within ±2⁶² (moderate sees to it); halves go up.
func (r rounding) round(v float64) int32 {
	v += 0.5
	whole := int64(v)                                        // toward zero
	whole -= int64(math.Float64bits(v-float64(whole)) >> 63) // down, where that was up
	return int32(max(int64(r.low), min(whole+int64(r.zero), int64(r.high))))
}

// moderate refuses factors with which a 32-bit number could leave the range of round.
func moderate(factors ...float64) error {
	for _, f := range factors {
		if !(f <= 1<<30) {
			return fmt.Errorf("%w: scales that are a factor of %g apart", ErrUnsupported, f)
		}
	}
	return nil
}

// Fused activations, ActivationFunctionType of the schema.
const (
	noActivation = 0
	relu         = 1
	relu6        = 3
)

// rounding of the output after a fused activation.
func (b *builder) rounding(activation int) (rounding, error) {
	t := b.out()
	r := rounding{zero: t.zero, low: math.MinInt8, high: math.MaxInt8}
	if activation == relu || activation == relu6 {
		r.low = max(r.low, t.zero)
	}
	switch activation {
	case noActivation, relu:
	case relu6:
		r.high = int32(min(float64(r.high), math.Round(6/t.scales[0])+float64(t.zero)))
	default:
		return r, fmt.Errorf("%w: activation %d", ErrUnsupported, activation)
	}
	return r, nil
}

// window is how a kernel moves over the last but one and last but two axes of N×H×W×C.
type window struct {
	in, kernel, out, stride, pad [2]int // rows, columns; pad before
}

// window works a geometry out of padding (0 same, 1 valid) and strides, and checks it against the output's shape.
func (b *builder) window(kernel [2]int, padding int, stride [2]int) (window, error) {
	x, y := b.in(0).shape, b.out().shape
	if len(x) != 4 || len(y) != 4 || x[0] != 1 || y[0] != 1 {
		return window{}, fmt.Errorf("%w: from %v to %v: want 1×H×W×C", ErrUnsupported, x, y)
	}
	w := window{kernel: kernel, stride: stride}
	for i := range 2 {
		w.in[i], w.out[i] = x[1+i], y[1+i]
		if stride[i] < 1 || stride[i] > maxElements || kernel[i] < 1 || kernel[i] > maxElements {
			return w, fmt.Errorf("%w: kernel %v, stride %v", ErrFormat, kernel, stride)
		}
		want := (w.in[i] - kernel[i] + stride[i]) / stride[i] // valid
		if padding == 0 {
			want = (w.in[i] + stride[i] - 1) / stride[i]
			w.pad[i] = max((want-1)*stride[i]+kernel[i]-w.in[i], 0) / 2
		}
		if want != w.out[i] || padding != 0 && padding != 1 {
			return w, fmt.Errorf("%w: kernel %v, stride %v, padding %d from %v to %v", ErrFormat, kernel, stride, padding, x, y)
		}
	}
	return w, nil
}

// span is the part of the kernel, from first to before end, that lies inside the input at an output position; kernel
// element k reads input origin+k.
func (w window) span(axis, at int) (first, end, origin int) {
	origin = at*w.stride[axis] - w.pad[axis]
	return max(0, -origin), min(w.kernel[axis], w.in[axis]-origin), origin
}
