#include "kernels_pieces.h"

vg_pieces vg_split(const vg_layout *l) {
	vg_pieces p = {vg_tiles(l), l->n * l->s, 1, 0};
	const int64_t numbers = p.positions * vg_min(l->b, VG_LANES);
	p.count = vg_min(vg_pieces_for(p.tiles, numbers), p.positions);
	p.each = numbers / p.count;
	return p;
}

// Tasks follow the positions: a thread then reads what it wrote as part of the samples, and what follows finds it in that
// thread's cache.
vg_piece_walk vg_piece_start(const vg_pieces *p, int64_t task) {
	const int64_t k = task / p->tiles, tile = task % p->tiles;
	const vg_piece_walk w = {tile, vg_piece_begin(p, k), vg_piece_begin(p, k + 1), tile * p->count + k};
	return w;
}

int vg_piece_next(const vg_layout *l, vg_piece_walk *w, vg_run *r) {
	if (w->at >= w->end) return 0;
	const int64_t sample = w->at / l->s, first = w->at % l->s, count = vg_min(l->s - first, w->end - w->at);
	*r = vg_run_at(l, sample, w->tile, first, count);
	w->at += count;
	return 1;
}

void vg_fold(int64_t distinct, const vg_sums *s, vg_partial *p) {
	memcpy(p, s, sizeof *p);
	if (VG_LANES % distinct) return; // all differ
	for (int64_t half = VG_LANES / 2; half >= distinct; half /= 2)
		for (int64_t j = 0; j < half; j++) {
			p->first[j] += p->first[j + half];
			p->second[j] += p->second[j + half];
		}
}
