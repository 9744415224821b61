package onednn

// #include "recording.h"
import "C"

import "unsafe"

// VectorProduct sets y to m·x, or to mᵀ·x where transposed, for a dense rows × columns matrix m. It sums in
// float64. y may be neither.
func VectorProduct(m unsafe.Pointer, rows, columns int, transposed bool, x, y unsafe.Pointer) {
	C.vg_call_vector_product(f32(m), C.int64_t(rows), C.int64_t(columns), C.int(flag(transposed)), f32(x), f32(y))
}
