package onednn

// #include "kernels.h"
import "C"

import "unsafe"

// Sum sums the dense x, of the given sizes, over the marked axes to the dense y.
// It takes at most 8 axes and sums in float64. y may not be x.
func Sum(dims []int, over []bool, x, y unsafe.Pointer) {
	C.vg_sum(C.int(len(dims)), int64s(dims), (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(over))), f32(x), f32(y))
}
