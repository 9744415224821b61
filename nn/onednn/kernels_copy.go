package onednn

// #include "recording.h"
import "C"

import "unsafe"

// Broadcast fills the dense y, of the given sizes, from x read with strides in
// elements; stride 0 repeats. It takes at most 8 axes. y may not be x.
func Broadcast(dims, strideX []int, x, y unsafe.Pointer) {
	C.vg_call_broadcast(C.int(len(dims)), axes(dims), axes(strideX), f32(x), f32(y))
}

// CopyStrided copies an array of the given sizes between two views with strides
// in elements: transposes, slices, pieces of a concatenation. It takes at most 8
// axes. y may not be x.
func CopyStrided(dims, strideX []int, x unsafe.Pointer, strideY []int, y unsafe.Pointer) {
	C.vg_call_copy_strided(C.int(len(dims)), axes(dims), axes(strideX), f32(x), axes(strideY), f32(y))
}
