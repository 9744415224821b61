package onednn

// #include "recording.h"
import "C"

import (
	"runtime"
	"unsafe"
)

// Tiled describes a convolution for the kernels that keep a tile of the result in registers and leave out the taps on padding: x
// (Samples × Channels × X) and y (Samples × Outputs × Y) in channel blocks. Axes are time, height and width. The kernels over
// bfloat16 take x, y and weights so, add in float32, and leave gradients by the weights and biases in float32.
type Tiled struct {
	Block                      int // channels in a block: 16; 8 for the kernels over float32 that need no more than AVX2
	Samples, Channels, Outputs int
	X, Y, Kernel, Stride, Pad  [3]int
}

// Fits reports whether the kernels of a direction take these numbers of channels.
func (t Tiled) Fits(d Direction) bool {
	result, other, strip := t.Outputs, t.Channels, t.Block
	switch d {
	case BackwardData:
		result, other = other, result
	case BackwardWeights:
		strip = 16
	}
	return result%(2*t.Block) == 0 && other%strip == 0
}

// Inside is, for each axis, the share of all pairs of a position of y and a tap whose position in x is none of the padding.
func (t Tiled) Inside() (share [3]float64) {
	for axis := range share {
		inside := 0
		for i := range t.Y[axis] {
			for tap := range t.Kernel[axis] {
				if at := i*t.Stride[axis] - t.Pad[axis] + tap; at >= 0 && at < t.X[axis] {
					inside++
				}
			}
		}
		share[axis] = float64(inside) / float64(t.Kernel[axis]*t.Y[axis])
	}
	return share
}

// meeting is a tap of the kernel with the position of the operand that it meets.
type meeting struct{ tap, position int32 }

// Meetings lists for each position of the result, y or, backward, x, what it is a sum of; Begin says where the list of each starts,
// and, behind the last one, where it ends.
type Meetings struct {
	begin []int32
	list  []meeting
}

// Pin keeps the lists where they are, for as long as a Recording may hold their addresses.
func (m Meetings) Pin(p *runtime.Pinner) {
	p.Pin(&m.begin[0])
	p.Pin(&m.list[0])
}

// Meetings are those of the forward direction or of BackwardData.
func (t Tiled) Meetings(d Direction) Meetings {
	to, from := t.Y, t.X
	if d == BackwardData {
		to, from = t.X, t.Y
	}
	var m Meetings
	each(to[:], func(at []int) {
		m.begin = append(m.begin, int32(len(m.list)))
		tap := int32(-1)
		each(t.Kernel[:], func(k []int) {
			tap++
			position := 0
			for i := range 3 {
				p := at[i]*t.Stride[i] - t.Pad[i] + k[i]
				if d == BackwardData {
					if p = at[i] + t.Pad[i] - k[i]; p%t.Stride[i] != 0 {
						return
					}
					p /= t.Stride[i]
				}
				if p < 0 || p >= from[i] {
					return
				}
				position = position*from[i] + p
			}
			m.list = append(m.list, meeting{tap, int32(position)})
		})
	})
	m.begin = append(m.begin, int32(len(m.list)))
	m.list = append(m.list, meeting{}) // has an address even where padding is all there is
	return m
}

func (t Tiled) outer() C.vg_outer {
	v := C.vg_outer{n: C.int64_t(t.Samples), c: C.int64_t(t.Channels), k: C.int64_t(t.Outputs)}
	for i := range 3 {
		v.x[i], v.y[i] = C.int64_t(t.X[i]), C.int64_t(t.Y[i])
		v.kernel[i], v.stride[i], v.pad[i] = C.int64_t(t.Kernel[i]), C.int64_t(t.Stride[i]), C.int64_t(t.Pad[i])
	}
	return v
}

func (t Tiled) position(d Direction) C.vg_position {
	x, y, taps := C.int64_t(product(t.X[:])), C.int64_t(product(t.Y[:])), C.int64_t(product(t.Kernel[:]))
	c, k := C.int64_t(t.Channels/t.Block), C.int64_t(t.Outputs/t.Block)
	v := C.vg_position{n: C.int64_t(t.Samples), taps: taps, from_blocks: c, to_blocks: k, from_size: x, to_size: y, from_stride: taps, to_stride: c * taps}
	if d == BackwardData {
		v.from_blocks, v.to_blocks, v.from_size, v.to_size, v.from_stride, v.to_stride = k, c, y, x, c*taps, taps
	}
	return v
}

// Scratch is the number of bytes that so many threads need beside the result of Weights, Forward or BackwardData.
func (t Tiled) Scratch(d Direction, threads int) int {
	switch {
	case d == BackwardWeights && t.Block == 8:
		return int(C.vg_outer_scratch_avx2(t.outer(), C.int64_t(threads)))
	case d == BackwardWeights:
		return int(C.vg_outer_scratch(t.outer(), C.int64_t(threads)))
	case t.Block == 8:
		return threads * int(C.vg_position_scratch_avx2(t.position(d)))
	default:
		return threads * int(C.vg_position_scratch(t.position(d)))
	}
}

// ScratchBF16 is Scratch over bfloat16.
func (t Tiled) ScratchBF16(d Direction, threads int) int {
	if d == BackwardWeights {
		return int(C.vg_outer_scratch_bf16(t.outer(), C.int64_t(threads)))
	}
	return threads * int(C.vg_position_scratch_bf16(t.position(d)))
}

// Weights computes the gradient by the weights, which is plain.
func (t Tiled) Weights(x, y unsafe.Pointer, threads int, scratch, gw unsafe.Pointer) {
	if t.Block == 8 {
		C.vg_call_outer_products_avx2(f32(x), f32(y), t.outer(), C.int64_t(threads), scratch, f32(gw))
		return
	}
	C.vg_call_outer_products(f32(x), f32(y), t.outer(), C.int64_t(threads), scratch, f32(gw))
}

// WeightsBF16 is Weights over bfloat16.
func (t Tiled) WeightsBF16(x, y unsafe.Pointer, threads int, scratch, gw unsafe.Pointer) {
	C.vg_call_outer_products_bf16(bf16(x), bf16(y), t.outer(), C.int64_t(threads), scratch, f32(gw))
}

// Multiply computes y (forward) or the gradient by x (BackwardData) from the other and weights in BlockedWeights of the direction.
// bias, of the result's channels, may be nil; the activation is applied last.
func (t Tiled) Multiply(d Direction, m Meetings, from, weights, bias unsafe.Pointer, act Activation, alpha float64, threads int, scratch, to unsafe.Pointer) {
	if t.Block == 8 {
		C.vg_call_position_products_avx2(f32(from), f32(weights), f32(bias), t.position(d), i32(m.begin), (*C.vg_meeting)(unsafe.Pointer(unsafe.SliceData(m.list))),
			C.int(act), C.double(alpha), C.int64_t(threads), scratch, f32(to))
		return
	}
	C.vg_call_position_products(f32(from), f32(weights), f32(bias), t.position(d), i32(m.begin), (*C.vg_meeting)(unsafe.Pointer(unsafe.SliceData(m.list))),
		C.int(act), C.double(alpha), C.int64_t(threads), scratch, f32(to))
}

// MultiplyBF16 is Multiply over bfloat16.
func (t Tiled) MultiplyBF16(d Direction, m Meetings, from, weights, bias unsafe.Pointer, act Activation, alpha float64, threads int, scratch, to unsafe.Pointer) {
	C.vg_call_position_products_bf16(bf16(from), bf16(weights), f32(bias), t.position(d), i32(m.begin), (*C.vg_meeting)(unsafe.Pointer(unsafe.SliceData(m.list))),
		C.int(act), C.double(alpha), C.int64_t(threads), scratch, bf16(to))
}
