#include "kernels_element.h"
#include "kernels_pieces.h"

typedef struct {
	vg_layout l;
	vg_pieces pieces;
	const vg_element *x;
	float *out;
	vg_partial *partials; // the sums of every task; NULL: a task has the result
} sum_args;

static void finish_sum(const sum_args *a, int64_t tile, const vg_partial *p) {
	const vg_run r = vg_run_at(&a->l, 0, tile, 0, 0);
	for (int64_t j = 0; j < r.distinct && r.channel + j < a->l.c; j++) {
		double total = 0;
		for (int64_t k = 0; k < a->pieces.count; k++) total += p[k].first[j];
		a->out[r.channel + j] = total;
	}
}

VG_CLONED_LOOP void sum_rows(const vg_element *x, int64_t rows, int64_t stride, int64_t ahead, vg_sums *s) {
	vg_d8 a = s->first[0], b = s->first[1];
	float lanes[VG_LANES];
	for (int64_t i = 0; i < rows; i++, x += stride) {
		__builtin_prefetch(x + ahead);
		const float *row = vg_row(x, lanes);
		a += vg_load8d(row);
		b += vg_load8d(row + 8);
	}
	s->first[0] = a;
	s->first[1] = b;
}

VG_CLONES static void sum_worker(const void *args, int64_t lo, int64_t hi) {
	const sum_args *a = args;
	const vg_element *x = a->x;
	for (int64_t task = lo; task < hi; task++) {
		vg_piece_walk w = vg_piece_start(&a->pieces, task);
		vg_sums s = {0};
		vg_run r = {0};
		while (vg_piece_next(&a->l, &w, &r)) {
			sum_rows(x + r.offset, r.rows, r.stride, vg_piece_ahead(&a->l, &r), &s);
			for (int64_t i = 0; i < r.parts; i++) {
				vg_element row[VG_LANES] = {0};
				memcpy(row, x + r.part + i * r.stride, r.width * sizeof *row);
				sum_rows(row, 1, 0, 0, &s);
			}
		}
		vg_partial p;
		vg_fold(r.distinct, &s, &p);
		if (a->partials) a->partials[w.slot] = p;
		else finish_sum(a, w.tile, &p);
	}
}

void VG_TYPED(vg_channel_sum)(const vg_element *x, vg_layout l, float *out) {
	l = vg_simplify(l);
	vg_partial partials[VG_MAX_TASKS];
	sum_args a = {l, vg_split(&l), x, out, partials};
	if (a.pieces.count == 1) a.partials = 0;
	vg_for(a.pieces.tiles * a.pieces.count, a.pieces.each, sum_worker, &a);
	for (int64_t t = 0; a.partials && t < a.pieces.tiles; t++) finish_sum(&a, t, partials + t * a.pieces.count);
}
