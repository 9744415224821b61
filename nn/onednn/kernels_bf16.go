package onednn

// #include "recording.h"
import "C"

import "unsafe"

// The kernels below are those of the same name without BF16, over bfloat16
// tensors: x, y, gy and gx. What belongs to a channel stays float32, sums are
// taken in float64 as there, and a result is rounded once.

func bf16(p unsafe.Pointer) *C.uint16_t { return (*C.uint16_t)(p) }

// BNStatsBF16 is BNStats of a bfloat16 x.
func BNStatsBF16(x unsafe.Pointer, l Layout, mean, variance unsafe.Pointer) {
	C.vg_call_bn_stats_bf16(bf16(x), l.c(), f32(mean), f32(variance))
}

// BNForwardBF16 is BNForward from a bfloat16 x to a bfloat16 y.
func BNForwardBF16(x unsafe.Pointer, l Layout, b Normalization, y unsafe.Pointer) {
	C.vg_call_bn_forward_bf16(bf16(x), l.c(), b.c(), bf16(y))
}

// BNBackwardSumsBF16 is BNBackwardSums of bfloat16 x and gy.
func BNBackwardSumsBF16(x, gy unsafe.Pointer, l Layout, b Normalization, sumU, sumUX unsafe.Pointer) {
	C.vg_call_bn_backward_sums_bf16(bf16(x), bf16(gy), l.c(), b.c(), f32(sumU), f32(sumUX))
}

// BNBackwardBF16 is BNBackward from bfloat16 x and gy to a bfloat16 gx.
func BNBackwardBF16(x, gy unsafe.Pointer, l Layout, b Normalization, sumU, sumUX, gx unsafe.Pointer) {
	C.vg_call_bn_backward_bf16(bf16(x), bf16(gy), l.c(), b.c(), f32(sumU), f32(sumUX), bf16(gx))
}

// ChannelSumBF16 is ChannelSum of a bfloat16 x.
func ChannelSumBF16(x unsafe.Pointer, l Layout, out unsafe.Pointer) {
	C.vg_call_channel_sum_bf16(bf16(x), l.c(), f32(out))
}

// SlopeBF16 sets n bfloat16 gx to gy times the slope of the activation, ReLU or
// leaky ReLU, where its value is y.
func SlopeBF16(act Activation, alpha float64, y, gy, gx unsafe.Pointer, n int) {
	C.vg_call_slope_bf16(C.int(act), C.double(alpha), bf16(y), bf16(gy), bf16(gx), C.int64_t(n))
}
