#include "kernels_element.h"
#include "kernels_norm.h"
#include "kernels_pieces.h"

typedef struct {
	vg_layout l;
	vg_pieces pieces;
	const vg_element *x, *gy;
	vg_norm norm;
	float *sum_u, *sum_ux;
	vg_partial *partials; // Σ u and Σ u·(x - mean) of every task; NULL: a task has the result
} sums_args;

static void finish_sums(const sums_args *a, int64_t tile, const vg_partial *p) {
	const vg_run r = vg_run_at(&a->l, 0, tile, 0, 0);
	for (int64_t j = 0; j < r.distinct && r.channel + j < a->l.c; j++) {
		double u = 0, ux = 0;
		for (int64_t k = 0; k < a->pieces.count; k++) {
			u += p[k].first[j];
			ux += p[k].second[j];
		}
		a->sum_u[r.channel + j] = u;
		a->sum_ux[r.channel + j] = ux / sqrt(a->norm.var[r.channel + j] + a->norm.eps);
	}
}

// Numbers h … h+7 of gy times the slope of the activation, whose side the normalized x tells.
VG_INLINE vg_f8 upstream8(const float *x, const float *gy, const vg_norm_lanes *k, int h, int act, float alpha) {
	return vg_slope8(vg_load8(gy + h), act == VG_ACT_NONE ? vg_splat8(1) : vg_normalized8(x, k, h), act, alpha);
}

VG_INLINE void sums_row(const float *x, const float *gy, const vg_norm_lanes *k, const vg_d8 *mean, int act, float alpha,
	vg_sums *s) {
	float u[VG_LANES];
	for (int h = 0; h < VG_LANES; h += 8) vg_store8(u + h, upstream8(x, gy, k, h, act, alpha));
	for (int h = 0; h < VG_LANES / 8; h++) {
		const vg_d8 g = vg_load8d((act == VG_ACT_NONE ? gy : u) + 8 * h);
		s->first[h] += g;
		s->second[h] += g * (vg_load8d(x + 8 * h) - mean[h]);
	}
}

VG_INLINE void sums_rows_of(const vg_element *x, const vg_element *gy, int64_t rows, int64_t stride, int64_t ahead, const vg_norm_lanes *k,
	const vg_d8 *mean, int act, float alpha, vg_sums *s) {
	const vg_norm_lanes near = *k;
	vg_sums t = *s;
	float row[2][VG_LANES];
	for (int64_t i = 0; i < rows; i++) {
		__builtin_prefetch(x + i * stride + ahead);
		__builtin_prefetch(gy + i * stride + ahead);
		sums_row(vg_row(x + i * stride, row[0]), vg_row(gy + i * stride, row[1]), &near, mean, act, alpha, &t);
	}
	*s = t;
}

VG_CLONED_LOOP void sums_rows(const vg_element *x, const vg_element *gy, int64_t rows, int64_t stride, int64_t ahead, const vg_norm_lanes *k,
	const vg_d8 *mean, int act, float alpha, vg_sums *s) {
	switch (act) {
	case VG_ACT_RELU: sums_rows_of(x, gy, rows, stride, ahead, k, mean, VG_ACT_RELU, alpha, s); break;
	case VG_ACT_LEAKY_RELU: sums_rows_of(x, gy, rows, stride, ahead, k, mean, VG_ACT_LEAKY_RELU, alpha, s); break;
	default: sums_rows_of(x, gy, rows, stride, ahead, k, mean, VG_ACT_NONE, alpha, s);
	}
}

VG_CLONES static void sums_worker(const void *args, int64_t lo, int64_t hi) {
	const sums_args *a = args;
	const vg_layout l = a->l;
	const vg_element *x = a->x, *gy = a->gy;
	for (int64_t task = lo; task < hi; task++) {
		vg_piece_walk w = vg_piece_start(&a->pieces, task);
		vg_run r = vg_run_at(&l, 0, w.tile, 0, 0);
		const int64_t distinct = r.distinct;
		const vg_norm_lanes k = vg_norm_at(&a->norm, &l, &r);
		vg_d8 mean[VG_LANES / 8];
		for (int h = 0; h < VG_LANES / 8; h++) mean[h] = vg_load8d(k.mean + 8 * h);

		vg_sums s = {0};
		while (vg_piece_next(&l, &w, &r)) {
			sums_rows(x + r.offset, gy + r.offset, r.rows, r.stride, vg_piece_ahead(&l, &r), &k, mean, a->norm.act, a->norm.alpha, &s);
			for (int64_t i = 0; i < r.parts; i++) {
				const int64_t at = r.part + i * r.stride;
				vg_element row[2][VG_LANES] = {0};
				memcpy(row[0], x + at, r.width * sizeof *x);
				memcpy(row[1], gy + at, r.width * sizeof *gy);
				sums_rows(row[0], row[1], 1, 0, 0, &k, mean, a->norm.act, a->norm.alpha, &s);
			}
		}
		vg_partial p;
		vg_fold(distinct, &s, &p);
		if (a->partials) a->partials[w.slot] = p;
		else finish_sums(a, w.tile, &p);
	}
}

void VG_TYPED(vg_bn_backward_sums)(const vg_element *x, const vg_element *gy, vg_layout l, vg_norm b, float *sum_u, float *sum_ux) {
	l = vg_simplify(l);
	vg_partial partials[VG_MAX_TASKS];
	sums_args a = {l, vg_split(&l), x, gy, b, sum_u, sum_ux, partials};
	if (a.pieces.count == 1) a.partials = 0;
	vg_for(a.pieces.tiles * a.pieces.count, a.pieces.each, sums_worker, &a);
	for (int64_t t = 0; a.partials && t < a.pieces.tiles; t++) finish_sums(&a, t, partials + t * a.pieces.count);
}

typedef struct {
	vg_layout l;
	const vg_element *x, *gy;
	vg_norm norm;
	const float *sum_u, *sum_ux;
	vg_element *gx;
} backward_args;

// gx = scale·(u - centre - (x - mean)·slope).
typedef struct {
	vg_norm_lanes norm;
	float centre[VG_LANES], slope[VG_LANES];
} backward_lanes;

VG_INLINE void backward_row(const float *x, const float *gy, const backward_lanes *k, int act, float alpha, float *gx) {
	for (int h = 0; h < VG_LANES; h += 8) {
		const vg_f8 u = upstream8(x, gy, &k->norm, h, act, alpha);
		const vg_f8 d = vg_load8(x + h) - vg_load8(k->norm.mean + h);
		vg_store8(gx + h, vg_load8(k->norm.scale + h) * (u - vg_load8(k->centre + h) - d * vg_load8(k->slope + h)));
	}
}

VG_INLINE backward_lanes backward_lanes_of(const backward_args *a, const vg_layout *l, const vg_run *r) {
	const float m = l->n * l->s;
	backward_lanes k = {.norm = vg_norm_at(&a->norm, l, r)};
	float var[VG_LANES];
	vg_to_lanes(a->norm.var, 1, l, r, var);
	vg_to_lanes(a->sum_u, 0, l, r, k.centre);
	vg_to_lanes(a->sum_ux, 0, l, r, k.slope);
	for (int j = 0; j < VG_LANES; j++) {
		k.centre[j] /= m;
		k.slope[j] /= m * sqrtf(var[j] + (float)a->norm.eps);
	}
	return k;
}

VG_INLINE void backward_one(const backward_args *a, const backward_lanes *k, int act, int64_t at) {
	float row[3][VG_LANES];
	float *to = vg_row_for(a->gx + at, row[2]);
	backward_row(vg_row(a->x + at, row[0]), vg_row(a->gy + at, row[1]), k, act, a->norm.alpha, to);
	vg_put_row(to, a->gx + at);
}

VG_INLINE void backward_wide(const backward_args *a, int act, int64_t lo, int64_t hi) {
	const vg_layout l = a->l;
	const int64_t tiles = vg_tiles(&l);
	for (int64_t tile = 0; tile < tiles; tile += VG_WIDE) {
		const int64_t count = vg_min(VG_WIDE, tiles - tile);
		backward_lanes k[VG_WIDE];
		for (int64_t j = 0; j < count; j++) {
			const vg_run r = vg_run_at(&l, 0, tile + j, 0, 1);
			k[j] = backward_lanes_of(a, &l, &r);
		}
		for (int64_t i = lo; i < hi; i++)
			for (int64_t j = 0; j < count; j++) backward_one(a, k + j, act, i * l.b + (tile + j) * VG_LANES);
	}
}

VG_INLINE void backward_range(const backward_args *a, int act, int64_t lo, int64_t hi) {
	const vg_layout l = a->l;
	const vg_element *x = a->x, *gy = a->gy;
	const float alpha = a->norm.alpha;
	vg_element *gx = a->gx;
	vg_walk w = {lo, hi, 0};
	vg_run r;
	if (vg_wide(&l)) {
		backward_wide(a, act, lo, hi);
		return;
	}
	while (vg_next(&l, &w, &r)) {
		const backward_lanes k = backward_lanes_of(a, &l, &r);
		for (int64_t i = 0; i < r.rows; i++) {
			const int64_t at = r.offset + i * r.stride;
			__builtin_prefetch(x + at + VG_AHEAD);
			__builtin_prefetch(gy + at + VG_AHEAD);
			__builtin_prefetch(gx + at + VG_AHEAD, 1);
			backward_one(a, &k, act, at);
		}
		for (int64_t i = 0; i < r.parts; i++) {
			const int64_t at = r.part + i * r.stride;
			float row[2][VG_LANES];
			backward_row(vg_wide_row(x + at, r.width, row[0]), vg_wide_row(gy + at, r.width, row[1]), &k, act, alpha, row[0]);
			vg_put_part(row[0], r.width, gx + at);
		}
	}
}

VG_CLONES static void backward_worker(const void *args, int64_t lo, int64_t hi) {
	const backward_args *a = args;
	switch (a->norm.act) {
	case VG_ACT_RELU: backward_range(a, VG_ACT_RELU, lo, hi); break;
	case VG_ACT_LEAKY_RELU: backward_range(a, VG_ACT_LEAKY_RELU, lo, hi); break;
	default: backward_range(a, VG_ACT_NONE, lo, hi);
	}
}

void VG_TYPED(vg_bn_backward)(const vg_element *x, const vg_element *gy, vg_layout l, vg_norm b, const float *sum_u,
	const float *sum_ux, vg_element *gx) {
	l = vg_simplify(l);
	const backward_args a = {l, x, gy, b, sum_u, sum_ux, gx};
	vg_for(l.n * l.cb * l.s, l.b, backward_worker, &a);
}
