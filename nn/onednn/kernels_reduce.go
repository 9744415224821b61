package onednn

// #include "kernels.h"
import "C"

import "unsafe"

// Sum sums the dense x, of the given sizes, over the marked axes to the dense y.
// It takes at most 8 axes and sums in float64. y may not be x.
func Sum(dims []int, over []bool, x, y unsafe.Pointer) {
	C.vg_sum(C.int(len(dims)), int64s(dims), (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(over))), f32(x), f32(y))
}

// SumSquares is Σ x² of n numbers.
func SumSquares(x unsafe.Pointer, n int) float64 {
	return float64(C.vg_sum_squares(f32(x), C.int64_t(n)))
}

// HasNonfinite reports whether one of n numbers is NaN or infinite.
func HasNonfinite(x unsafe.Pointer, n int) bool {
	return C.vg_has_nonfinite(f32(x), C.int64_t(n)) != 0
}
