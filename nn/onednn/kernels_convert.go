package onednn

// #include "recording.h"
import "C"

import "unsafe"

// ToBF16 rounds n float32 to bfloat16, to nearest and ties to even; NaN stays.
func ToBF16(src unsafe.Pointer, n int, dst unsafe.Pointer) {
	C.vg_call_to_bf16(f32(src), C.int64_t(n), (*C.uint16_t)(dst))
}

// FromBF16 widens n bfloat16 to float32.
func FromBF16(src unsafe.Pointer, n int, dst unsafe.Pointer) {
	C.vg_call_from_bf16((*C.uint16_t)(src), C.int64_t(n), f32(dst))
}
