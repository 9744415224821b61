package onednn

// #include "recording.h"
import "C"

import "unsafe"

// Sum sums the dense x, of the given sizes, over the marked axes to the dense y.
// It takes at most 8 axes and sums in float64. y may not be x.
func Sum(dims []int, over []bool, x, y unsafe.Pointer) {
	var marks C.vg_axes
	for i, reduced := range over {
		marks.v[i] = C.int64_t(flag(reduced))
	}
	C.vg_call_sum(C.int(len(dims)), axes(dims), marks, f32(x), f32(y))
}
