package onednn

// #include "kernels.h"
import "C"

import "unsafe"

// Broadcast fills the dense y, of the given sizes, from x read with strides in
// elements; stride 0 repeats. It takes at most 8 axes. y may not be x.
func Broadcast(dims, strideX []int, x, y unsafe.Pointer) {
	C.vg_broadcast(C.int(len(dims)), int64s(dims), int64s(strideX), f32(x), f32(y))
}

// CopyStrided copies an array of the given sizes between two views with strides
// in elements: transposes, slices, pieces of a concatenation. It takes at most 8
// axes. y may not be x.
func CopyStrided(dims, strideX []int, x unsafe.Pointer, strideY []int, y unsafe.Pointer) {
	C.vg_copy_strided(C.int(len(dims)), int64s(dims), int64s(strideX), f32(x), int64s(strideY), f32(y))
}
