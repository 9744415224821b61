// The elements of large tensors: float, or bfloat16 in files that kernels_bf16.c
// includes a second time. Their kernels compute with rows of floats either way.
#ifndef VG_KERNELS_ELEMENT_H
#define VG_KERNELS_ELEMENT_H

#include "kernels_lanes.h"
#include "kernels_math.h"

#ifdef VG_BF16

#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

typedef uint16_t vg_element;
#define VG_TYPED(name) name##_bf16

VG_INLINE float vg_get(const vg_element *x) { return vg_float_of((uint32_t)*x << 16); }

// A row of x as floats.
VG_INLINE const float *vg_row(const vg_element *x, float row[VG_LANES]) {
#ifdef __AVX512BF16__
	for (int h = 0; h < VG_LANES; h += 8) {
		const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i_u *)(x + h)));
		vg_store8(row + h, (vg_f8)_mm256_slli_epi32(wide, 16));
	}
#else
	for (int j = 0; j < VG_LANES; j++) row[j] = vg_get(x + j);
#endif
	return row;
}

// Where a row for y is to be computed, before vg_put_row.
VG_INLINE float *vg_row_for(vg_element *y, float row[VG_LANES]) {
	(void)y;
	return row;
}

VG_INLINE void vg_put_row(const float *row, vg_element *y) {
#ifdef __AVX512BF16__
	for (int h = 0; h < VG_LANES; h += 8)
		_mm_storeu_si128((__m128i_u *)(y + h), (__m128i)_mm256_cvtneps_pbh((__m256)vg_load8(row + h)));
#else
	for (int j = 0; j < VG_LANES; j++) y[j] = vg_bf16_of(row[j]);
#endif
}

VG_INLINE void vg_put_part(const float *row, int64_t width, vg_element *y) {
	for (int64_t j = 0; j < width; j++) y[j] = vg_bf16_of(row[j]);
}

// A narrow row as a whole one: the lanes after its end hold zeros.
VG_INLINE const float *vg_wide_row(const vg_element *x, int64_t width, float row[VG_LANES]) {
	memset(row, 0, VG_LANES * sizeof *row);
	for (int64_t j = 0; j < width; j++) row[j] = vg_get(x + j);
	return row;
}

#else

typedef float vg_element;
#ifdef VG_AVX2
#define VG_TYPED(name) name##_avx2
#else
#define VG_TYPED(name) name
#endif

VG_INLINE float vg_get(const vg_element *x) { return *x; }

VG_INLINE const float *vg_row(const vg_element *x, float row[VG_LANES]) {
	(void)row;
	return x;
}

VG_INLINE float *vg_row_for(vg_element *y, float row[VG_LANES]) {
	(void)row;
	return y;
}

VG_INLINE void vg_put_row(const float *row, vg_element *y) {
	(void)row;
	(void)y;
}

VG_INLINE void vg_put_part(const float *row, int64_t width, vg_element *y) { memcpy(y, row, width * sizeof *y); }

VG_INLINE const float *vg_wide_row(const vg_element *x, int64_t width, float row[VG_LANES]) {
	return vg_widen(x, width, row);
}

#endif
#endif
