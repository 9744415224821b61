#include "kernels_strided.h"

// Numbers of a result that stay in the cache from one function of a chain to the next.
enum { CHUNK = 2048 };

typedef struct {
	vg_space s; // views: a, b, y
	vg_link link;
} space_link;

typedef struct {
	int64_t count;
	space_link links[VG_MAX_LINKS];
	float *y;
} chain_args;

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

VG_INLINE void combine_range(const space_link *k, float *result, int64_t lo, int64_t hi) {
	const int64_t sa = k->s.strides[0][k->s.rank - 1], sb = k->s.strides[1][k->s.rank - 1];
	const float *first = k->link.a ? k->link.a : result, *second = k->link.b ? k->link.b : result;
	vg_stretch w = vg_stretch_start(&k->s, lo, hi);
	while (vg_stretch_next(&k->s, &w)) {
		const float *a = first + w.offset[0], *b = second + w.offset[1];
		float *y = result + w.offset[2];
		switch (k->link.func) {
		case VG_ADD: combine_run(VG_ADD, a, sa, b, sb, y, w.count); break;
		case VG_SUB: combine_run(VG_SUB, a, sa, b, sb, y, w.count); break;
		case VG_MUL: combine_run(VG_MUL, a, sa, b, sb, y, w.count); break;
		default: combine_run(VG_DIV, a, sa, b, sb, y, w.count);
		}
	}
}

VG_CLONES static void chain_worker(const void *args, int64_t lo, int64_t hi) {
	const chain_args *a = args;
	const int64_t chunk = a->count > 1 ? CHUNK : hi - lo;
	for (int64_t at = lo; at < hi; at += chunk)
		for (int64_t i = 0; i < a->count; i++) combine_range(a->links + i, a->y, at, vg_min(at + chunk, hi));
}

void vg_binary_chain(int rank, vg_axes dims, vg_chain chain, float *y) {
	chain_args a = {.count = chain.count, .y = y};
	for (int64_t i = 0; i < chain.count; i++) {
		const vg_link *k = chain.links + i;
		a.links[i] = (space_link){vg_space_of(rank, dims.v, k->stride_a.v, k->stride_b.v, 0), *k};
	}
	vg_for(vg_space_size(&a.links[0].s), chain.count, chain_worker, &a);
}

void vg_binary(int func, const float *a, const float *b, float *y, int64_t n) {
	const vg_axes each = {{1}};
	vg_binary_chain(1, (vg_axes){{n}}, (vg_chain){1, {{func, each, each, a, b}}}, y);
}
