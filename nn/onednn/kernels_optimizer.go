package onednn

// #include "kernels.h"
import "C"

import "unsafe"

// Adam updates n parameters p and their averages m and v by the gradient g:
//
//	m = beta1·m + (1-beta1)·g
//	v = beta2·v + (1-beta2)·g²
//	p = p - step · m / (√v/root + eps)
//
// For the t-th step of learning rate lr, step is lr/(1-beta1ᵗ) and root √(1-beta2ᵗ).
func Adam(p, g, m, v unsafe.Pointer, n int, step, beta1, beta2, eps, root float64) {
	C.vg_adam(f32(p), f32(g), f32(m), f32(v), C.int64_t(n), C.double(step), C.double(beta1), C.double(beta2), C.double(eps), C.double(root))
}

// RMSprop updates n parameters p and their average s by the gradient g:
//
//	s = alpha·s + (1-alpha)·g²
//	p = p - lr · g / (√s + eps)
//
// With epsInside the divisor is √(s + eps).
func RMSprop(p, g, s unsafe.Pointer, n int, lr, alpha, eps float64, epsInside bool) {
	C.vg_rmsprop(f32(p), f32(g), f32(s), C.int64_t(n), C.double(lr), C.double(alpha), C.double(eps), flag(epsInside))
}

// SGD updates n parameters p by the gradient g: buf = momentum·buf + g,
// p = p - lr·buf. Without momentum buf is nil and stands for g.
func SGD(p, g, buf unsafe.Pointer, n int, lr, momentum float64) {
	C.vg_sgd(f32(p), f32(g), f32(buf), C.int64_t(n), C.double(lr), C.double(momentum))
}
