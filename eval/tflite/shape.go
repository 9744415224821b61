package tflite

import (
	"fmt"
	"slices"
)

// reshape is RESHAPE: the same numbers in the same order.
func (b *builder) reshape() (func(*Stream), error) {
	if len(b.op.inputs) < 1 || len(b.op.outputs) != 1 || b.op.inputs[0] < 0 || b.in(0).size() != b.out().size() {
		return nil, fmt.Errorf("%w: reshape to another size", ErrFormat)
	}
	index := make([]int, b.out().size())
	for i := range index {
		index[i] = i
	}
	return b.copies(b.op.inputs[0], index)
}

// concat is CONCATENATION.
func (b *builder) concat() (func(*Stream), error) {
	if len(b.op.inputs) == 0 {
		return nil, fmt.Errorf("%w: nothing to concatenate", ErrFormat)
	}
	if err := b.expect(len(b.op.inputs)); err != nil {
		return nil, err
	}
	y := b.out()
	axis := b.op.option(0, 4, 0)
	if axis >= len(y.shape) || b.op.option(1, 1, 0) != noActivation {
		return nil, fmt.Errorf("%w: concatenation on axis %d of %v", ErrUnsupported, axis, y.shape)
	}
	outer, inner := product(y.shape[:axis]), product(y.shape[axis+1:])
	var steps []func(*Stream)
	at := 0
	for i, from := range b.op.inputs {
		x := b.in(i)
		if len(x.shape) != len(y.shape) || !slices.Equal(x.shape[:axis], y.shape[:axis]) || !slices.Equal(x.shape[axis+1:], y.shape[axis+1:]) {
			return nil, fmt.Errorf("%w: %v in a concatenation to %v", ErrFormat, x.shape, y.shape)
		}
		step, err := b.block(from, outer, x.shape[axis]*inner, y.shape[axis]*inner, at*inner)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step)
		at += x.shape[axis]
	}
	if at != y.shape[axis] {
		return nil, fmt.Errorf("%w: %d positions concatenated to %v", ErrFormat, at, y.shape)
	}
	return func(s *Stream) {
		for _, step := range steps {
			step(s)
		}
	}, nil
}

// block copies rows of n numbers into rows of width numbers, beginning at offset.
func (b *builder) block(from, rows, n, width, offset int) (func(*Stream), error) {
	if _, err := b.copies(from, nil); err != nil {
		return nil, err
	}
	to := b.op.outputs[0]
	if b.out().dtype == float32s {
		return func(s *Stream) {
			for r := range rows {
				copy(s.real[to][r*width+offset:], s.real[from][r*n:(r+1)*n])
			}
		}, nil
	}
	return func(s *Stream) {
		for r := range rows {
			copy(s.integer[to][r*width+offset:], s.integer[from][r*n:(r+1)*n])
		}
	}, nil
}

// stridedSlice is STRIDED_SLICE with constant bounds and positive strides.
func (b *builder) stridedSlice() (func(*Stream), error) {
	if err := b.expect(4); err != nil {
		return nil, err
	}
	x, y := b.in(0), b.out()
	rank := len(x.shape)
	for i := 1; i < 4; i++ {
		if t := b.in(i); !t.constant() || t.dtype != int32s || t.size() != rank {
			return nil, fmt.Errorf("%w: slice of %v by bounds that are no constants of its rank", ErrUnsupported, x.shape)
		}
	}
	if b.op.option(2, 4, 0) != 0 || b.op.option(3, 4, 0) != 0 || b.op.option(4, 4, 0) != 0 {
		return nil, fmt.Errorf("%w: slice with ellipsis, new or removed axes", ErrUnsupported)
	}
	open := [2]int{b.op.option(0, 4, 0), b.op.option(1, 4, 0)}
	index := []int{0}
	for axis, size := range x.shape {
		begin, end, stride := int(b.in(1).integer[axis]), int(b.in(2).integer[axis]), int(b.in(3).integer[axis])
		if stride < 1 {
			return nil, fmt.Errorf("%w: slice with stride %d", ErrUnsupported, stride)
		}
		begin, end = bound(begin, size), bound(end, size)
		if open[0]>>axis&1 == 1 {
			begin = 0
		}
		if open[1]>>axis&1 == 1 {
			end = size
		}
		var longer []int
		for _, base := range index {
			for i := begin; i < end; i += stride {
				longer = append(longer, base*size+i)
			}
		}
		index = longer
	}
	if len(index) != y.size() {
		return nil, fmt.Errorf("%w: slice of %v to %v has %d numbers", ErrFormat, x.shape, y.shape, len(index))
	}
	return b.copies(b.op.inputs[0], index)
}

// bound counts a negative position from the end, and keeps it inside.
func bound(i, size int) int {
	if i < 0 {
		i += size
	}
	return max(0, min(i, size))
}

func product(list []int) int {
	n := 1
	for _, v := range list {
		n *= v
	}
	return n
}
