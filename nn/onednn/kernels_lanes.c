#include "kernels_lanes.h"

// A row holds whole positions.
static int packed(const vg_layout *l) { return VG_LANES % l->b == 0; }

// Tiles of a block.
static int64_t tiles_of(const vg_layout *l) { return packed(l) ? 1 : (l->b + VG_LANES - 1) / VG_LANES; }

vg_layout vg_simplify(vg_layout l) {
	if (l.s == 1) { // channels are neighbours
		l.b *= l.cb;
		l.cb = 1;
	}
	if (l.cb == 1) { // so are samples
		l.s *= l.n;
		l.n = 1;
	}
	return l;
}

int64_t vg_tiles(const vg_layout *l) { return l->cb * tiles_of(l); }

vg_run vg_run_at(const vg_layout *l, int64_t sample, int64_t tile, int64_t first, int64_t count) {
	if (packed(l)) {
		const int64_t offset = ((sample * l->cb + tile) * l->s + first) * l->b, numbers = count * l->b;
		const int64_t rows = numbers / VG_LANES, width = numbers % VG_LANES;
		const vg_run r = {offset, rows, VG_LANES, offset + rows * VG_LANES, width > 0, width, tile * l->b, l->b};
		return r;
	}
	const int64_t each = tiles_of(l), block = tile / each, lane = tile % each * VG_LANES;
	const int64_t offset = ((sample * l->cb + block) * l->s + first) * l->b + lane;
	const int64_t width = vg_min(VG_LANES, l->b - lane), whole = width == VG_LANES;
	const vg_run r = {offset, whole ? count : 0, l->b, offset, whole ? 0 : count, width, block * l->b + lane, width};
	return r;
}

void vg_to_lanes(const float *v, float other, const vg_layout *l, const vg_run *r, float lanes[VG_LANES]) {
	if (r->distinct == 1) {
		const float one = v && r->channel < l->c ? v[r->channel] : other;
		for (int j = 0; j < VG_LANES; j++) lanes[j] = one;
		return;
	}
	if (v && r->distinct == VG_LANES && r->channel + VG_LANES <= l->c) {
		memcpy(lanes, v + r->channel, VG_LANES * sizeof *lanes);
		return;
	}
	for (int64_t j = 0; j < r->distinct; j++) lanes[j] = v && r->channel + j < l->c ? v[r->channel + j] : other;
	for (int64_t j = r->distinct; j < VG_LANES; j++) lanes[j] = lanes[j - r->distinct];
}

int vg_wide(const vg_layout *l) { return l->n == 1 && l->cb == 1 && l->b > VG_LANES && l->b % VG_LANES == 0; }

int vg_next(const vg_layout *l, vg_walk *w, vg_run *r) {
	// A tile's numbers of a channel are looked up once a run: runs of many positions, though the rows of a run are far apart.
	enum { NEAR = 4096, LONG = 64 };
	if (w->at >= w->end) return 0;
	const int64_t plane = w->at / l->s, first = w->at % l->s;
	int64_t count = vg_min(l->s - first, w->end - w->at);
	const int64_t each = tiles_of(l);
	if (each > 1) count = vg_min(count, vg_max(LONG, NEAR / l->b));
	*r = vg_run_at(l, plane / l->cb, plane % l->cb * each + w->tile, first, count);
	if (++w->tile == each) {
		w->tile = 0;
		w->at += count;
	}
	return 1;
}
