// Units of 32 bits a lane: a float, or two bfloat16 whose products with two others are added in one instruction.
#ifndef VG_KERNELS_UNIT_H
#define VG_KERNELS_UNIT_H

#include "kernels_element.h"

// Channels of a block, one a lane: 8 in files that set VG_AVX2, whose registers are half as wide and half as many.
#ifdef VG_AVX2
enum { VG_BLOCK = 8 };
#else
enum { VG_BLOCK = 16 };
#endif
typedef float vg_lanes __attribute__((vector_size(4 * VG_BLOCK)));
typedef float vg_lanes_at __attribute__((vector_size(4 * VG_BLOCK), aligned(4), may_alias));

#ifdef VG_BF16
typedef uint32_t vg_unit;
typedef uint32_t vg_words __attribute__((vector_size(64)));
typedef uint16_t vg_halves_at __attribute__((vector_size(32), aligned(2), may_alias));
enum { VG_UNIT = 2 }; // elements

VG_INLINE vg_lanes vg_add_product(vg_lanes sum, vg_lanes y, vg_unit x) {
#ifdef __AVX512BF16__
	return (vg_lanes)_mm512_dpbf16_ps((__m512)sum, (__m512bh)(__m512)y, (__m512bh)_mm512_set1_epi32(x));
#else
	const vg_words v = (vg_words)y;
	return sum + (vg_lanes)(v << 16) * vg_float_of(x << 16) + (vg_lanes)(v & 0xffff0000) * vg_float_of(x & 0xffff0000);
#endif
}
#else
typedef float vg_unit;
enum { VG_UNIT = 1 };

VG_INLINE vg_lanes vg_add_product(vg_lanes sum, vg_lanes y, vg_unit x) { return sum + y * x; }
#endif
#endif
