package onednn

// #include "recording.h"
import "C"

import "unsafe"

// Softmax sets y to exp(x)/Σ exp(x) of outer × axis × inner numbers, the sum taken
// along the middle; logarithm asks for its logarithm instead.
func Softmax(x unsafe.Pointer, outer, axis, inner int, logarithm bool, y unsafe.Pointer) {
	C.vg_call_softmax(f32(x), C.int64_t(outer), C.int64_t(axis), C.int64_t(inner), flag(logarithm), f32(y))
}
