// exp, log and their kin without calls or branches, so that loops over them
// become vectors. Relative errors are below 1e-6 wherever the result is a normal
// number; NaN and infinities give what the C library gives.
#ifndef VG_KERNELS_MATH_H
#define VG_KERNELS_MATH_H

#include <float.h>

#include "kernels_loop.h"

VG_INLINE float vg_float_of(uint32_t bits) {
	float f;
	memcpy(&f, &bits, sizeof f);
	return f;
}

VG_INLINE uint32_t vg_bits_of(float f) {
	uint32_t bits;
	memcpy(&bits, &f, sizeof bits);
	return bits;
}

// To nearest, ties to even; NaN stays.
VG_INLINE uint16_t vg_bf16_of(float f) {
	const uint32_t bits = vg_bits_of(f);
	const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
	const uint32_t nan = bits >> 16 | 0x40; // rounding could make it infinite
	return (bits & 0x7fffffff) > 0x7f800000 ? nan : rounded;
}

// x = n·ln 2 + r with |r| ≤ ln 2 / 2; exp r by Cephes's minimax polynomial. The
// power 2ⁿ is applied in two halves, for results that overflow or are denormal.
VG_INLINE float vg_exp(float x) {
	const float round = 12582912; // 1.5·2²³: adding it rounds to a whole number
	x = x > 90 ? 90 : x;
	x = x < -105 ? -105 : x;
	const float shifted = x * 1.44269504088896341f + round, whole = shifted - round;
	const int32_t n = (int32_t)vg_bits_of(shifted) - 0x4b400000;
	const float r = x - whole * 0.693359375f + whole * 2.12194440e-4f;
	float p = 1.9875691500e-4f;
	p = p * r + 1.3981999507e-3f;
	p = p * r + 8.3334519073e-3f;
	p = p * r + 4.1665795894e-2f;
	p = p * r + 1.6666665459e-1f;
	p = p * r + 5.0000001201e-1f;
	p = p * (r * r) + r + 1;
	const int32_t half = n >> 1;
	return p * vg_float_of((uint32_t)(half + 127) << 23) * vg_float_of((uint32_t)(n - half + 127) << 23);
}

// log(1 + f) for -½ ≤ f ≤ 1 as 2·artanh(f/(2 + f)).
VG_INLINE float vg_log1p(float f) {
	const float s = f / (2 + f), z = s * s;
	float p = 1 / 13.f;
	p = p * z + 1 / 11.f;
	p = p * z + 1 / 9.f;
	p = p * z + 1 / 7.f;
	p = p * z + 1 / 5.f;
	p = p * z + 1 / 3.f;
	return 2 * s + 2 * s * z * p;
}

// x = 2ⁿ·m with √½ ≤ m < √2.
VG_INLINE float vg_log(float x) {
	const int denormal = x < FLT_MIN;
	const uint32_t bits = vg_bits_of(denormal ? x * 8388608 : x) + (0x3f800000 - 0x3f3504f3);
	const float m = vg_float_of((bits & 0x7fffff) + 0x3f3504f3);
	const float n = (int32_t)(bits >> 23) - (denormal ? 127 + 23 : 127);
	const float log = n * 0.693359375f + (vg_log1p(m - 1) - n * 2.12194440e-4f);
	const float special = x == 0 ? -INFINITY : x < 0 ? NAN : x; // x when it is infinite or NaN
	return x > 0 && x <= FLT_MAX ? log : special;
}

// By Cephes's polynomial near 0, where 1 - 2/(exp(2x) + 1) would cancel.
VG_INLINE float vg_tanh(float x) {
	const float a = fabsf(x), z = x * x;
	float p = -5.70498872745e-3f;
	p = p * z + 2.06390887954e-2f;
	p = p * z - 5.37397155531e-2f;
	p = p * z + 1.33314422036e-1f;
	p = p * z - 3.33332819422e-1f;
	const float near = p * z * x + x, far = 1 - 2 / (vg_exp(2 * a) + 1);
	return a < 0.625f ? near : copysignf(far, x);
}

VG_INLINE float vg_sigmoid(float x) { return 1 / (1 + vg_exp(-x)); }

VG_INLINE float vg_softplus(float x) { return (x <= 0 ? 0 : x) + vg_log1p(vg_exp(-fabsf(x))); }

#endif
