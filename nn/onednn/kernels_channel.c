#include "kernels_lanes.h"

enum { SUB_FROM = VG_DIV + 1, DIV_INTO }; // v - x and v / x

typedef struct {
	vg_layout l;
	const float *x, *v;
	float alpha;
	int func, act;
	float *y;
} binary_args;

VG_INLINE void binary_row(const float *x, const float *v, int func, int act, float alpha, float *y) {
	for (int h = 0; h < VG_LANES; h += 8) {
		const vg_f8 a = vg_load8(x + h), b = vg_load8(v + h);
		vg_f8 c;
		switch (func) {
		case VG_ADD: c = a + b; break;
		case VG_SUB: c = a - b; break;
		case VG_MUL: c = a * b; break;
		case VG_DIV: c = a / b; break;
		case SUB_FROM: c = b - a; break;
		default: c = b / a;
		}
		vg_store8(y + h, vg_activate8(c, act, alpha));
	}
}

// Zeros the padding of a run, which v / x made NaN.
static void clear_padding(const vg_layout *l, const vg_run *r, float *y) {
	if (r->channel + r->distinct <= l->c) return;
	const int64_t used = vg_max(0, l->c - r->channel);
	for (int64_t i = 0; i < r->rows; i++)
		for (int64_t j = 0; j < VG_LANES; j++)
			if (j % r->distinct >= used) y[r->offset + i * r->stride + j] = 0;
	for (int64_t i = 0; i < r->parts; i++)
		for (int64_t j = 0; j < r->width; j++)
			if (j % r->distinct >= used) y[r->part + i * r->stride + j] = 0;
}

VG_INLINE void binary_range(const binary_args *a, int func, int act, int64_t lo, int64_t hi) {
	const vg_layout l = a->l;
	const float *x = a->x;
	const float alpha = a->alpha;
	float *y = a->y;
	vg_walk w = {lo, hi, 0};
	vg_run r;
	while (vg_next(&l, &w, &r)) {
		float v[VG_LANES];
		vg_to_lanes(a->v, func == VG_DIV ? 1 : 0, &l, &r, v);
		for (int64_t i = 0; i < r.rows; i++) {
			const int64_t at = r.offset + i * r.stride;
			binary_row(x + at, v, func, act, alpha, y + at);
		}
		for (int64_t i = 0; i < r.parts; i++) {
			const int64_t at = r.part + i * r.stride;
			float row[VG_LANES];
			binary_row(vg_widen(x + at, r.width, row), v, func, act, alpha, row);
			memcpy(y + at, row, r.width * sizeof *y);
		}
		if (func == DIV_INTO) clear_padding(&l, &r, y);
	}
}

VG_CLONES static void binary_worker(const void *args, int64_t lo, int64_t hi) {
	const binary_args *a = args;
	if (a->act == VG_ACT_RELU) {
		binary_range(a, VG_ADD, VG_ACT_RELU, lo, hi);
		return;
	}
	if (a->act == VG_ACT_LEAKY_RELU) {
		binary_range(a, VG_ADD, VG_ACT_LEAKY_RELU, lo, hi);
		return;
	}
	switch (a->func) {
	case VG_ADD: binary_range(a, VG_ADD, VG_ACT_NONE, lo, hi); break;
	case VG_SUB: binary_range(a, VG_SUB, VG_ACT_NONE, lo, hi); break;
	case VG_MUL: binary_range(a, VG_MUL, VG_ACT_NONE, lo, hi); break;
	case VG_DIV: binary_range(a, VG_DIV, VG_ACT_NONE, lo, hi); break;
	case SUB_FROM: binary_range(a, SUB_FROM, VG_ACT_NONE, lo, hi); break;
	case DIV_INTO: binary_range(a, DIV_INTO, VG_ACT_NONE, lo, hi); break;
	}
}

void vg_channel_binary(int func, const float *x, vg_layout l, const float *v, int v_first, float *y) {
	if (v_first && func == VG_SUB) func = SUB_FROM;
	if (v_first && func == VG_DIV) func = DIV_INTO;
	l = vg_simplify(l);
	const binary_args a = {l, x, v, 0, func, VG_ACT_NONE, y};
	vg_for(l.n * l.cb * l.s, l.b, binary_worker, &a);
}

void vg_bias_act(const float *x, vg_layout l, const float *bias, int act, double alpha, float *y) {
	l = vg_simplify(l);
	const binary_args a = {l, x, bias, alpha, VG_ADD, act, y};
	vg_for(l.n * l.cb * l.s, l.b, binary_worker, &a);
}
