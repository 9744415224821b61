package onednn

// #include "outer_products.h"
import "C"

import "unsafe"

// OuterProducts describes the weight gradient of a convolution as sums of outer products over the positions of y: x (Samples ×
// Channels × X) and y (Samples × Outputs × Y) in channel blocks of 16, plain weights (Outputs × Channels × Kernel). Axes are
// time, height and width. Over bfloat16 the weights stay float32, and so do the sums.
type OuterProducts struct {
	Samples, Channels, Outputs int
	X, Y, Kernel, Stride, Pad  [3]int
}

// Fits reports whether the kernels take these numbers of channels.
func (o OuterProducts) Fits() bool { return o.Channels%16 == 0 && o.Outputs%32 == 0 }

// Visited is the share of all products that do not fall on padding along time and height: those that are computed.
func (o OuterProducts) Visited() float64 {
	share := 1.0
	for axis := range 2 {
		inside := 0
		for tap := range o.Kernel[axis] {
			for i := range o.Y[axis] {
				if at := i*o.Stride[axis] - o.Pad[axis] + tap; at >= 0 && at < o.X[axis] {
					inside++
				}
			}
		}
		share *= float64(inside) / float64(o.Kernel[axis]*o.Y[axis])
	}
	return share
}

func (o OuterProducts) c() C.vg_outer {
	v := C.vg_outer{n: C.int64_t(o.Samples), c: C.int64_t(o.Channels), k: C.int64_t(o.Outputs)}
	for i := range 3 {
		v.x[i], v.y[i] = C.int64_t(o.X[i]), C.int64_t(o.Y[i])
		v.kernel[i], v.stride[i], v.pad[i] = C.int64_t(o.Kernel[i]), C.int64_t(o.Stride[i]), C.int64_t(o.Pad[i])
	}
	return v
}

// Scratch is the number of bytes that so many threads need beside the result.
func (o OuterProducts) Scratch(threads int) int {
	return int(C.vg_outer_scratch(o.c(), C.int64_t(threads)))
}

// ScratchBF16 is Scratch for WeightsBF16.
func (o OuterProducts) ScratchBF16(threads int) int {
	return int(C.vg_outer_scratch_bf16(o.c(), C.int64_t(threads)))
}

// Weights computes the gradient by the weights.
func (o OuterProducts) Weights(x, y unsafe.Pointer, threads int, scratch, gw unsafe.Pointer) {
	C.vg_outer_products(f32(x), f32(y), o.c(), C.int64_t(threads), scratch, f32(gw))
}

// WeightsBF16 is Weights from bfloat16 x and y.
func (o OuterProducts) WeightsBF16(x, y unsafe.Pointer, threads int, scratch, gw unsafe.Pointer) {
	C.vg_outer_products_bf16(bf16(x), bf16(y), o.c(), C.int64_t(threads), scratch, f32(gw))
}
