#include "kernels_element.h"
#include "kernels_norm.h"
#include "kernels_pieces.h"

typedef struct {
	vg_layout l;
	vg_pieces pieces;
	const vg_element *x;
	float *mean, *var;
	vg_partial *partials; // mean and Σ (x - mean)² of every task; NULL: a task has the result
} stats_args;

// Combines a tile's pieces in order by the rule of Chan, Golub and LeVeque (1983).
static void finish_stats(const stats_args *a, int64_t tile, const vg_partial *p) {
	const vg_run r = vg_run_at(&a->l, 0, tile, 0, 0);
	for (int64_t j = 0; j < r.distinct && r.channel + j < a->l.c; j++) {
		double count = 0, mean = 0, m2 = 0;
		for (int64_t k = 0; k < a->pieces.count; k++) {
			const double more = vg_piece_begin(&a->pieces, k + 1) - vg_piece_begin(&a->pieces, k);
			const double delta = p[k].first[j] - mean, total = count + more;
			mean += delta * more / total;
			m2 += p[k].second[j] + delta * delta * count * more / total;
			count = total;
		}
		a->mean[r.channel + j] = mean;
		a->var[r.channel + j] = m2 / count;
	}
}

// Adds x - shift and its square.
VG_INLINE void stats_row(const float *x, const vg_d8 *shift, vg_sums *s) {
	for (int h = 0; h < VG_LANES / 8; h++) {
		const vg_d8 d = vg_load8d(x + 8 * h) - shift[h];
		s->first[h] += d;
		s->second[h] += d * d;
	}
}

VG_CLONED_LOOP void stats_rows(const vg_element *x, int64_t rows, int64_t stride, int64_t ahead, const vg_d8 *shift, vg_sums *s) {
	vg_sums t = *s;
	float row[VG_LANES];
	for (int64_t i = 0; i < rows; i++) {
		__builtin_prefetch(x + i * stride + ahead);
		stats_row(vg_row(x + i * stride, row), shift, &t);
	}
	*s = t;
}

VG_CLONES static void stats_worker(const void *args, int64_t lo, int64_t hi) {
	const stats_args *a = args;
	const vg_layout l = a->l;
	const vg_element *x = a->x;
	for (int64_t task = lo; task < hi; task++) {
		vg_piece_walk w = vg_piece_start(&a->pieces, task);
		const double count = w.end - w.at;
		// Deviations are taken from the first value of each channel, so that a mean
		// far from 0 costs no digits of the variance.
		const vg_run begin = vg_run_at(&l, w.at / l.s, w.tile, w.at % l.s, 1);
		const vg_element *x0 = x + (begin.rows ? begin.offset : begin.part);
		float first[VG_LANES];
		for (int64_t j = 0; j < VG_LANES; j++) first[j] = vg_get(x0 + j % begin.distinct);
		vg_d8 shift[VG_LANES / 8];
		for (int h = 0; h < VG_LANES / 8; h++) shift[h] = vg_load8d(first + 8 * h);

		vg_sums s = {0};
		vg_run r;
		while (vg_piece_next(&l, &w, &r)) {
			stats_rows(x + r.offset, r.rows, r.stride, vg_piece_ahead(&l, &r), shift, &s);
			for (int64_t i = 0; i < r.parts; i++) {
				float row[VG_LANES];
				memcpy(row, first, sizeof row); // adds nothing
				for (int64_t j = 0; j < r.width; j++) row[j] = vg_get(x + r.part + i * r.stride + j);
				stats_row(row, shift, &s);
			}
		}
		vg_partial p;
		vg_fold(begin.distinct, &s, &p);
		for (int64_t j = 0; j < VG_LANES; j++) {
			const double mean = p.first[j] / count, m2 = p.second[j] - p.first[j] * mean;
			p.first[j] = first[j] + mean;
			p.second[j] = m2 < 0 ? 0 : m2; // less than 0 by rounding
		}
		if (a->partials) a->partials[w.slot] = p;
		else finish_stats(a, w.tile, &p);
	}
}

void VG_TYPED(vg_bn_stats)(const vg_element *x, vg_layout l, float *mean, float *var) {
	l = vg_simplify(l);
	vg_partial partials[VG_MAX_TASKS];
	stats_args a = {l, vg_split(&l), x, mean, var, partials};
	if (a.pieces.count == 1) a.partials = 0;
	vg_for(a.pieces.tiles * a.pieces.count, a.pieces.each, stats_worker, &a);
	for (int64_t t = 0; a.partials && t < a.pieces.tiles; t++) finish_stats(&a, t, partials + t * a.pieces.count);
}

typedef struct {
	vg_layout l;
	const vg_element *x;
	vg_norm norm;
	vg_element *y;
} forward_args;

VG_INLINE void forward_row(const float *x, const vg_norm_lanes *k, int act, float alpha, float *y) {
	for (int h = 0; h < VG_LANES; h += 8) vg_store8(y + h, vg_activate8(vg_normalized8(x, k, h), act, alpha));
}

VG_INLINE void forward_one(const forward_args *a, const vg_norm_lanes *k, int act, int64_t at) {
	float row[VG_LANES];
	float *to = vg_row_for(a->y + at, row);
	forward_row(vg_row(a->x + at, row), k, act, a->norm.alpha, to);
	vg_put_row(to, a->y + at);
}

VG_INLINE void forward_wide(const forward_args *a, int act, int64_t lo, int64_t hi) {
	const vg_layout l = a->l;
	const int64_t tiles = vg_tiles(&l);
	for (int64_t tile = 0; tile < tiles; tile += VG_WIDE) {
		const int64_t count = vg_min(VG_WIDE, tiles - tile);
		vg_norm_lanes k[VG_WIDE];
		for (int64_t j = 0; j < count; j++) {
			const vg_run r = vg_run_at(&l, 0, tile + j, 0, 1);
			k[j] = vg_norm_at(&a->norm, &l, &r);
		}
		for (int64_t i = lo; i < hi; i++)
			for (int64_t j = 0; j < count; j++) forward_one(a, k + j, act, i * l.b + (tile + j) * VG_LANES);
	}
}

VG_INLINE void forward_range(const forward_args *a, int act, int64_t lo, int64_t hi) {
	const vg_layout l = a->l;
	const vg_element *x = a->x;
	const float alpha = a->norm.alpha;
	vg_element *y = a->y;
	vg_walk w = {lo, hi, 0};
	vg_run r;
	if (vg_wide(&l)) {
		forward_wide(a, act, lo, hi);
		return;
	}
	while (vg_next(&l, &w, &r)) {
		const vg_norm_lanes k = vg_norm_at(&a->norm, &l, &r);
		for (int64_t i = 0; i < r.rows; i++) forward_one(a, &k, act, r.offset + i * r.stride);
		for (int64_t i = 0; i < r.parts; i++) {
			const int64_t at = r.part + i * r.stride;
			float row[VG_LANES];
			forward_row(vg_wide_row(x + at, r.width, row), &k, act, alpha, row);
			vg_put_part(row, r.width, y + at);
		}
	}
}

VG_CLONES static void forward_worker(const void *args, int64_t lo, int64_t hi) {
	const forward_args *a = args;
	switch (a->norm.act) {
	case VG_ACT_RELU: forward_range(a, VG_ACT_RELU, lo, hi); break;
	case VG_ACT_LEAKY_RELU: forward_range(a, VG_ACT_LEAKY_RELU, lo, hi); break;
	default: forward_range(a, VG_ACT_NONE, lo, hi);
	}
}

void VG_TYPED(vg_bn_forward)(const vg_element *x, vg_layout l, vg_norm b, vg_element *y) {
	l = vg_simplify(l);
	const forward_args a = {l, x, b, y};
	vg_for(l.n * l.cb * l.s, l.b, forward_worker, &a);
}
