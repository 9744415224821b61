#ifndef VG_KERNELS_TRANSPOSE_H
#define VG_KERNELS_TRANSPOSE_H

#include "kernels_lanes.h"

// Eight rows of eight numbers, transposed.
VG_INLINE void vg_transpose(const float *in, int64_t step, vg_f8 out[8]) {
	vg_f8 a[8], b[8];
	for (int i = 0; i < 8; i++) a[i] = vg_load8(in + i * step);
	for (int i = 0; i < 4; i++) {
		b[2 * i] = __builtin_shufflevector(a[2 * i], a[2 * i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
		b[2 * i + 1] = __builtin_shufflevector(a[2 * i], a[2 * i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
	}
	for (int i = 0; i < 4; i++) {
		const int lo = i / 2 * 4 + i % 2;
		a[lo] = __builtin_shufflevector(b[lo], b[lo + 2], 0, 1, 8, 9, 4, 5, 12, 13);
		a[lo + 2] = __builtin_shufflevector(b[lo], b[lo + 2], 2, 3, 10, 11, 6, 7, 14, 15);
	}
	for (int i = 0; i < 4; i++) {
		out[i] = __builtin_shufflevector(a[i], a[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
		out[i + 4] = __builtin_shufflevector(a[i], a[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
	}
}

#endif
