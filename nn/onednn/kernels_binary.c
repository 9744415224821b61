#include "kernels_strided.h"

typedef struct {
	int func;
	vg_space s; // views: a, b, y
	const float *a, *b;
	float *y;
} binary_args;

VG_INLINE float combine(int func, float a, float b) {
	switch (func) {
	case VG_ADD: return a + b;
	case VG_SUB: return a - b;
	case VG_MUL: return a * b;
	default: return a / b;
	}
}

VG_INLINE void combine_run(int func, const float *a, int64_t sa, const float *b, int64_t sb, float *y, int64_t n) {
	if (sa == 1 && sb == 1) {
		VG_INDEPENDENT
		for (int64_t i = 0; i < n; i++) y[i] = combine(func, a[i], b[i]);
	} else if (sa == 1 && sb == 0) {
		const float v = *b;
		VG_INDEPENDENT
		for (int64_t i = 0; i < n; i++) y[i] = combine(func, a[i], v);
	} else if (sa == 0 && sb == 1) {
		const float v = *a;
		VG_INDEPENDENT
		for (int64_t i = 0; i < n; i++) y[i] = combine(func, v, b[i]);
	} else {
		VG_INDEPENDENT
		for (int64_t i = 0; i < n; i++) y[i] = combine(func, a[i * sa], b[i * sb]);
	}
}

VG_CLONES static void binary_worker(const void *args, int64_t lo, int64_t hi) {
	const binary_args *k = args;
	const int64_t sa = k->s.strides[0][k->s.rank - 1], sb = k->s.strides[1][k->s.rank - 1];
	vg_stretch w = vg_stretch_start(&k->s, lo, hi);
	while (vg_stretch_next(&k->s, &w)) {
		const float *a = k->a + w.offset[0], *b = k->b + w.offset[1];
		float *y = k->y + w.offset[2];
		switch (k->func) {
		case VG_ADD: combine_run(VG_ADD, a, sa, b, sb, y, w.count); break;
		case VG_SUB: combine_run(VG_SUB, a, sa, b, sb, y, w.count); break;
		case VG_MUL: combine_run(VG_MUL, a, sa, b, sb, y, w.count); break;
		default: combine_run(VG_DIV, a, sa, b, sb, y, w.count);
		}
	}
}

void vg_binary_strided(int func, int rank, vg_axes dims, vg_axes stride_a, vg_axes stride_b, const float *a, const float *b, float *y) {
	const binary_args k = {func, vg_space_of(rank, dims.v, stride_a.v, stride_b.v, 0), a, b, y};
	vg_for(vg_space_size(&k.s), 1, binary_worker, &k);
}

void vg_binary(int func, const float *a, const float *b, float *y, int64_t n) {
	const vg_axes each = {{1}};
	vg_binary_strided(func, 1, (vg_axes){{n}}, each, each, a, b, y);
}
