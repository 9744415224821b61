package onednn

// #include "kernels.h"
import "C"

import "unsafe"

// BNStats computes the mean and the biased variance of every channel, C numbers
// each. Sums run in float64 around a value of the channel: the variance keeps its
// digits when the mean is far from zero.
func BNStats(x unsafe.Pointer, l Layout, mean, variance unsafe.Pointer) {
	C.vg_bn_stats(f32(x), l.c(), f32(mean), f32(variance))
}

// BNForward sets y = act((x - mean)/√(variance + eps)·gamma + beta). beta may be
// nil.
func BNForward(x unsafe.Pointer, l Layout, mean, variance, gamma, beta unsafe.Pointer, eps float64, act Activation, alpha float64, y unsafe.Pointer) {
	C.vg_bn_forward(f32(x), l.c(), f32(mean), f32(variance), f32(gamma), f32(beta), C.double(eps), C.int(act), C.double(alpha), f32(y))
}

// BNBackwardSums computes the sums Σ u and Σ u·x̂ of every channel, where x̂ is the
// normalized x and u is gy times the slope of the activation whose output is y.
// With ActNone u is gy and y may be nil.
func BNBackwardSums(x, gy, y unsafe.Pointer, l Layout, mean, variance unsafe.Pointer, eps float64, act Activation, alpha float64, sumU, sumUX unsafe.Pointer) {
	C.vg_bn_backward_sums(f32(x), f32(gy), f32(y), l.c(), f32(mean), f32(variance), C.double(eps), C.int(act), C.double(alpha), f32(sumU), f32(sumUX))
}

// BNBackward sets gx, the gradient of BNForward by x, from the sums of
// BNBackwardSums.
func BNBackward(x, gy, y unsafe.Pointer, l Layout, mean, variance, gamma unsafe.Pointer, eps float64, act Activation, alpha float64, sumU, sumUX, gx unsafe.Pointer) {
	C.vg_bn_backward(f32(x), f32(gy), f32(y), l.c(), f32(mean), f32(variance), f32(gamma), C.double(eps), C.int(act), C.double(alpha), f32(sumU), f32(sumUX), f32(gx))
}
