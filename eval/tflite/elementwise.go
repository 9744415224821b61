package tflite

import (
	"fmt"
	"math"
)

// quantize is QUANTIZE of real numbers.
func (b *builder) quantize() (func(*Stream), error) {
	if err := b.expect(1); err != nil {
		return nil, err
	}
	x, y := b.in(0), b.out()
	if err := quantized(y); err != nil {
		return nil, err
	}
	if x.dtype != float32s || x.size() != y.size() {
		return nil, fmt.Errorf("%w: quantize %s: want float32 of the same size", ErrUnsupported, x.name)
	}
	r, err := b.rounding(noActivation)
	const limit = 1 << 32 // beyond all that is told apart
	from, to, scale := b.op.inputs[0], b.op.outputs[0], y.scales[0]
	return func(s *Stream) {
		out := s.integer[to]
		for i, v := range s.real[from] {
			out[i] = r.round(max(-limit, min(float64(v)/scale, limit)))
		}
	}, err
}

// dequantize is DEQUANTIZE to real numbers.
func (b *builder) dequantize() (func(*Stream), error) {
	if err := b.expect(1); err != nil {
		return nil, err
	}
	x, y := b.in(0), b.out()
	if err := quantized(x); err != nil {
		return nil, err
	}
	if y.dtype != float32s || x.size() != y.size() {
		return nil, fmt.Errorf("%w: dequantize to %s: want float32 of the same size", ErrUnsupported, y.name)
	}
	from, to, scale, zero := b.op.inputs[0], b.op.outputs[0], x.scales[0], x.zero
	return func(s *Stream) {
		out := s.real[to]
		for i, v := range s.integer[from] {
			out[i] = float32(scale * float64(v-zero))
		}
	}, nil
}

// cast is CAST of integers to real numbers.
func (b *builder) cast() (func(*Stream), error) {
	if err := b.expect(1); err != nil {
		return nil, err
	}
	if b.in(0).dtype != int32s || b.out().dtype != float32s || b.in(0).size() != b.out().size() {
		return nil, fmt.Errorf("%w: cast of %s: want int32 to float32", ErrUnsupported, b.in(0).name)
	}
	from, to := b.op.inputs[0], b.op.outputs[0]
	return func(s *Stream) {
		for i, v := range s.integer[from] {
			s.real[to][i] = float32(v)
		}
	}, nil
}

// pair checks two operands: the second is as large as the first, or repeats over its leading axes.
func (b *builder) pair() error {
	if err := b.expect(2); err != nil {
		return err
	}
	x, y, out := b.in(0), b.in(1), b.out()
	if x.size() != out.size() || x.dtype != y.dtype || x.dtype != out.dtype || !repeats(x.shape, y.shape) {
		return fmt.Errorf("%w: operands %v and %v for %v", ErrUnsupported, x.shape, y.shape, out.shape)
	}
	return nil
}

// repeats tells whether an array of shape y, repeated over leading axes, has shape x.
func repeats(x, y []int) bool {
	for len(y) > 0 && y[0] == 1 {
		y = y[1:]
	}
	if len(y) > len(x) {
		return false
	}
	for i := range y {
		if x[len(x)-len(y)+i] != y[i] {
			return false
		}
	}
	return true
}

// add is ADD in int8, or in int32.
func (b *builder) add() (func(*Stream), error) {
	if err := b.pair(); err != nil {
		return nil, err
	}
	one, two, to := b.op.inputs[0], b.op.inputs[1], b.op.outputs[0]
	if b.in(0).dtype == int32s {
		return func(s *Stream) {
			y := s.integer[two]
			for i, v := range s.integer[one] {
				s.integer[to][i] = v + y[i%len(y)]
			}
		}, nil
	}
	if err := quantized(b.in(0), b.in(1), b.out()); err != nil {
		return nil, err
	}
	r, err := b.rounding(b.op.option(0, 1, 0))
	zeroX, zeroY := b.in(0).zero, b.in(1).zero
	factorX, factorY := b.in(0).scales[0]/b.out().scales[0], b.in(1).scales[0]/b.out().scales[0]
	if err := moderate(factorX, factorY); err != nil {
		return nil, err
	}
	return func(s *Stream) {
		x, y, out := s.integer[one], s.integer[two], s.integer[to]
		for i, v := range x {
			out[i] = r.round(factorX*float64(v-zeroX) + factorY*float64(y[i%len(y)]-zeroY))
		}
	}, err
}

// mul is MUL in int8.
func (b *builder) mul() (func(*Stream), error) {
	if err := b.pair(); err != nil {
		return nil, err
	}
	if err := quantized(b.in(0), b.in(1), b.out()); err != nil {
		return nil, err
	}
	r, err := b.rounding(b.op.option(0, 1, 0))
	one, two, to := b.op.inputs[0], b.op.inputs[1], b.op.outputs[0]
	zeroX, zeroY := b.in(0).zero, b.in(1).zero
	factor := b.in(0).scales[0] * b.in(1).scales[0] / b.out().scales[0]
	if err := moderate(factor); err != nil {
		return nil, err
	}
	return func(s *Stream) {
		x, y, out := s.integer[one], s.integer[two], s.integer[to]
		for i, v := range x {
			out[i] = r.round(factor * float64((v-zeroX)*(y[i%len(y)]-zeroY)))
		}
	}, err
}

// div is DIV of real numbers.
func (b *builder) div() (func(*Stream), error) {
	if err := b.pair(); err != nil {
		return nil, err
	}
	if b.in(0).dtype != float32s || b.op.option(0, 1, 0) != noActivation {
		return nil, fmt.Errorf("%w: division: want float32 without activation", ErrUnsupported)
	}
	one, two, to := b.op.inputs[0], b.op.inputs[1], b.op.outputs[0]
	return func(s *Stream) {
		y := s.real[two]
		for i, v := range s.real[one] {
			s.real[to][i] = v / y[i%len(y)]
		}
	}, nil
}

// sum is SUM in int8 over constant axes.
func (b *builder) sum() (func(*Stream), error) {
	if err := b.expect(2); err != nil {
		return nil, err
	}
	x, axes, y := b.in(0), b.in(1), b.out()
	if err := quantized(x, y); err != nil {
		return nil, err
	}
	if !axes.constant() || axes.dtype != int32s {
		return nil, fmt.Errorf("%w: sum over axes that are no constant", ErrUnsupported)
	}
	summed := make([]bool, len(x.shape))
	for _, a := range axes.integer {
		at := int(a)
		if at < 0 {
			at += len(x.shape)
		}
		if at < 0 || at >= len(x.shape) {
			return nil, fmt.Errorf("%w: sum of %v over axis %d", ErrFormat, x.shape, a)
		}
		summed[at] = true
	}
	// target is where each element goes.
	strides, n := make([]int, len(x.shape)), 1
	for i := len(x.shape) - 1; i >= 0; i-- {
		if !summed[i] {
			strides[i] = n
			n *= x.shape[i]
		}
	}
	if n != y.size() {
		return nil, fmt.Errorf("%w: sum of %v to %v", ErrFormat, x.shape, y.shape)
	}
	target := make([]int, x.size())
	for i := range target {
		rest := i
		for axis := len(x.shape) - 1; axis >= 0; axis-- {
			target[i] += rest % x.shape[axis] * strides[axis]
			rest /= x.shape[axis]
		}
	}
	r, err := b.rounding(noActivation)
	from, to, factor, zero := b.op.inputs[0], b.op.outputs[0], x.scales[0]/y.scales[0], x.zero
	if err := moderate(factor); err != nil {
		return nil, err
	}
	return func(s *Stream) {
		sums := s.scratch[:n]
		clear(sums)
		for i, v := range s.integer[from] {
			sums[target[i]] += v - zero
		}
		for i, v := range sums {
			s.integer[to][i] = r.round(factor * float64(v))
		}
	}, err
}

// copies moves one tensor's numbers to another of the same type: n numbers, to[i] = from[index(i)].
func (b *builder) copies(from int, index []int) (func(*Stream), error) {
	x, y, to := b.graph.tensors[from], b.out(), b.op.outputs[0]
	if x.dtype != y.dtype {
		return nil, fmt.Errorf("%w: %s and %s have other types", ErrFormat, x.name, y.name)
	}
	if x.dtype == int8s && (len(x.scales) != 1 || len(y.scales) != 1 || x.zero != y.zero || math.Abs(x.scales[0]-y.scales[0]) > 1e-9) {
		return nil, fmt.Errorf("%w: %s and %s have other scales", ErrUnsupported, x.name, y.name)
	}
	if x.dtype == float32s {
		return func(s *Stream) {
			for i, at := range index {
				s.real[to][i] = s.real[from][at]
			}
		}, nil
	}
	if first, ok := run(index); ok {
		return func(s *Stream) { copy(s.integer[to][:len(index)], s.integer[from][first:]) }, nil
	}
	return func(s *Stream) {
		in, out := s.integer[from], s.integer[to]
		for i, at := range index {
			out[i] = in[at]
		}
	}, nil
}

// run tells whether positions follow each other without a gap, and where they begin.
func run(index []int) (first int, ok bool) {
	for i, at := range index {
		if at != index[0]+i {
			return 0, false
		}
	}
	if len(index) == 0 {
		return 0, false
	}
	return index[0], true
}
