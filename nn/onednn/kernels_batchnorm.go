package onednn

// #include "recording.h"
import "C"

import "unsafe"

// BNStats computes the mean and the biased variance of every channel, C numbers
// each. Sums run in float64 around a value of the channel: the variance keeps its
// digits when the mean is far from zero.
func BNStats(x unsafe.Pointer, l Layout, mean, variance unsafe.Pointer) {
	C.vg_call_bn_stats(f32(x), l.c(), f32(mean), f32(variance))
}

// Normalization is a batch normalization with the activation behind it: act((x - mean)/√(variance + eps)·gamma + beta), of C
// numbers each. Beta may be nil.
type Normalization struct {
	Mean, Variance, Gamma, Beta unsafe.Pointer
	Eps                         float64
	Activation                  Activation
	Alpha                       float64
}

func (b Normalization) c() C.vg_norm {
	return C.vg_norm{mean: f32(b.Mean), _var: f32(b.Variance), gamma: f32(b.Gamma), beta: f32(b.Beta),
		eps: C.double(b.Eps), alpha: C.double(b.Alpha), act: C.int(b.Activation)}
}

// BNForward normalizes x.
func BNForward(x unsafe.Pointer, l Layout, b Normalization, y unsafe.Pointer) {
	C.vg_call_bn_forward(f32(x), l.c(), b.c(), f32(y))
}

// BNBackwardSums computes the sums Σ u and Σ u·x̂ of every channel, where x̂ is x without mean and deviation, and u is
// gy, the gradient by the result of BNForward, times the slope of the activation.
func BNBackwardSums(x, gy unsafe.Pointer, l Layout, b Normalization, sumU, sumUX unsafe.Pointer) {
	C.vg_call_bn_backward_sums(f32(x), f32(gy), l.c(), b.c(), f32(sumU), f32(sumUX))
}

// BNBackward sets gx, the gradient of BNForward by x, from the sums of BNBackwardSums.
func BNBackward(x, gy unsafe.Pointer, l Layout, b Normalization, sumU, sumUX, gx unsafe.Pointer) {
	C.vg_call_bn_backward(f32(x), f32(gy), l.c(), b.c(), f32(sumU), f32(sumUX), f32(gx))
}
