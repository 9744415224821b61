#include "winograd_outer.h"

#include <omp.h>

#include "kernels_transpose.h"
#include "winograd_pack.h"

// A tile of the sums is CHANNELS of a block of x by PAIR blocks of y's channels, as many as there are registers for.
#ifdef VG_AVX2
enum { CHANNELS = 4 };
#else
enum { CHANNELS = 8 };
#endif
enum { PAIR = 2, WIDE = PAIR * VG_BLOCK, SIDE = 6, SUMS = SIDE * SIDE, TAPS = 4, LANES = 8 };

// Positions at which a sum stays in registers.
enum { TOGETHER = 256 };

static const vg_axis of_y = {2, SIDE / 2, 1, {0, 0, 1}, {VG_NONE, 1, VG_NONE}};

typedef struct {
	vg_winograd_outer s;
	vg_packing x, y;
	int64_t rows, samples, blocks, pairs;   // of positions; that are packed together; blocks of x's channels; pairs of blocks of y's
	int64_t block_parts, pair_parts, parts; // tasks
} plan;

static plan plan_of(const float *x, const float *y, vg_winograd_outer s, int64_t threads) {
	const int64_t rows = s.y[1] / 2, wide = s.y[2] / 2, positions = vg_max(1, TOGETHER / s.y[0]), high = vg_rows_for(positions, rows, wide);
	plan p = {s, .rows = rows, .samples = vg_min(s.n, vg_samples_for(positions, rows, wide)), .blocks = s.c / VG_BLOCK, .pairs = s.k / WIDE};
	p.x = vg_packing_of(x, p.blocks, s.x, &vg_sources_of_x, vg_sources_of_x.sources, high, wide, p.samples);
	p.y = vg_packing_of(y, p.pairs * PAIR, s.y, &of_y, of_y.sources, high, wide, p.samples);
	p.block_parts = vg_min(p.blocks, threads);
	p.pair_parts = vg_min(p.pairs, (threads + p.block_parts - 1) / p.block_parts);
	p.parts = p.block_parts * p.pair_parts;
	return p;
}

static int64_t part_of(int64_t size, int64_t parts) { return (size + parts - 1) / parts; }
static int64_t row_numbers(const plan *p) { return vg_max(vg_pack_row(&p->x), vg_pack_row(&p->y)); }
static int64_t x_numbers(const plan *p) { return p->s.x[0] * p->x.slice; }
static int64_t y_numbers(const plan *p) { return part_of(p->pairs, p->pair_parts) * PAIR * p->s.y[0] * p->y.slice; }
static int64_t tile_numbers(const plan *p) { return SUMS * p->s.taps * VG_BLOCK * WIDE; }
static int64_t sum_numbers(const plan *p) { return part_of(p->blocks, p->block_parts) * part_of(p->pairs, p->pair_parts) * tile_numbers(p); }
static int64_t numbers(const plan *p) { return row_numbers(p) + x_numbers(p) + y_numbers(p) + sum_numbers(p); }

VG_CLONES static void pack_x(const plan *p, vg_piece piece, int64_t block, float *row, float *out) {
	vg_pack(&p->x, &vg_sources_of_x, 0, piece, block, 1, row, out);
}

VG_CLONES static void pack_y(const plan *p, vg_piece piece, int64_t block, int64_t blocks, float *row, float *out) {
	vg_pack(&p->y, &of_y, 0, piece, block, blocks, row, out);
}

// Adds the products of a source of x and one of y under a tap of time to sums of channel of x × channel of the pair.
VG_INLINE void add_tile(const plan *p, const float *x, const float *y, int64_t positions, int64_t tap, int more, float *sum) {
	const vg_winograd_outer *s = &p->s;
	const int64_t next = s->y[0] * p->y.slice;
	vg_lanes a[CHANNELS] = {0}, b[CHANNELS] = {0};
	for (int i = 0; i < CHANNELS && more; i++) {
		a[i] = *(const vg_lanes *)(sum + i * WIDE);
		b[i] = *(const vg_lanes *)(sum + i * WIDE + VG_BLOCK);
	}
	for (int64_t t = 0; t < s->y[0]; t++) {
		const int64_t time = t * s->stride - s->pad + tap;
		if (time < 0 || time >= s->x[0]) continue;
		const float *from = x + time * p->x.slice, *first = y + t * p->y.slice;
		for (const float *end = first + positions * VG_BLOCK; first < end; first += VG_BLOCK, from += VG_BLOCK) {
			const vg_lanes v = *(const vg_lanes *)first, w = *(const vg_lanes *)(first + next);
			for (int i = 0; i < CHANNELS; i++) {
				a[i] += v * from[i];
				b[i] += w * from[i];
			}
		}
	}
	for (int i = 0; i < CHANNELS; i++) {
		*(vg_lanes *)(sum + i * WIDE) = a[i];
		*(vg_lanes *)(sum + i * WIDE + VG_BLOCK) = b[i];
	}
}

// Adds packed samples of a block of x and a pair of y's to their sums: source of x × tap of time × channel of x × channel of the pair.
VG_CLONES static void add_samples(const plan *p, const float *x, const float *y, int64_t positions, int more, float *sum) {
	for (int64_t i = 0; i < SUMS; i++) {
		const int64_t source = i / SIDE / 2 * of_y.sources + i % SIDE / 2;
		for (int64_t tap = 0; tap < p->s.taps; tap++)
			for (int64_t c = 0; c < VG_BLOCK; c += CHANNELS, sum += CHANNELS * WIDE)
				add_tile(p, x + i * p->x.source + c, y + source * p->y.source, positions, tap, more, sum);
	}
}

// The 4 numbers along an axis, `step` apart from its 6 sums.
VG_INLINE void taps_of(const vg_f8 *v, int64_t step, vg_f8 *out, int64_t out_step) {
	out[0] = v[0] + v[2 * step];
	out[out_step] = v[step] + v[3 * step];
	out[2 * out_step] = v[2 * step] - v[4 * step];
	out[3 * out_step] = v[3 * step] - v[5 * step];
}

// The sums of a block of x and a pair as rows of plain weights.
VG_CLONES static void put_weights(const plan *p, const float *sum, int64_t block, int64_t pair, float *gw) {
	const int64_t taps = p->s.taps, step = taps * VG_BLOCK * WIDE, rows = p->s.c * taps * TAPS * TAPS;
	for (int64_t tap = 0; tap < taps; tap++)
		for (int64_t c = 0; c < VG_BLOCK; c++)
			for (int64_t k = 0; k < WIDE; k += LANES) {
				const float *from = sum + (tap * VG_BLOCK + c) * WIDE + k;
				vg_f8 v[SUMS], high[TAPS * SIDE], all[TAPS * TAPS], out[LANES];
				for (int i = 0; i < SUMS; i++) v[i] = vg_load8(from + i * step);
				for (int i = 0; i < SIDE; i++) taps_of(v + i, SIDE, high + i, SIDE);
				for (int i = 0; i < TAPS; i++) taps_of(high + i * SIDE, 1, all + i * TAPS, 1);
				for (int half = 0; half < 2; half++) {
					vg_transpose((const float *)(all + half * LANES), LANES, out);
					for (int i = 0; i < LANES; i++)
						vg_store8(gw + (pair * WIDE + k + i) * rows + ((block * VG_BLOCK + c) * taps + tap) * TAPS * TAPS + half * LANES, out[i]);
				}
			}
}

// A part of x's channels with a part of y's; each sum belongs to one, so that the number of threads does not matter.
static void outer_task(const plan *p, int64_t task, float *scratch, float *gw) {
	const int64_t part = task / p->pair_parts, other = task % p->pair_parts, step = p->s.y[0] * p->y.slice * PAIR;
	const int64_t lo = p->blocks * part / p->block_parts, hi = p->blocks * (part + 1) / p->block_parts;
	const int64_t first = p->pairs * other / p->pair_parts, last = p->pairs * (other + 1) / p->pair_parts;
	float *row = scratch, *x = row + row_numbers(p), *y = x + x_numbers(p), *sums = y + y_numbers(p);
	const int64_t pieces = vg_pieces_of(&p->x, p->s.n, p->rows, p->samples);
	for (int64_t i = 0; i < pieces; i++) {
		const vg_piece piece = vg_piece_of(&p->x, p->s.n, p->rows, p->samples, i);
		float *sum = sums;
		pack_y(p, piece, first * PAIR, (last - first) * PAIR, row, y);
		for (int64_t block = lo; block < hi; block++) {
			pack_x(p, piece, block, row, x);
			for (int64_t pair = first; pair < last; pair++, sum += tile_numbers(p)) {
				add_samples(p, x, y + (pair - first) * step, piece.count * piece.high * p->x.wide, i > 0, sum);
				if (i + 1 == pieces) put_weights(p, sum, block, pair, gw);
			}
		}
	}
}

int64_t VG_TYPED(vg_winograd_outer_scratch)(vg_winograd_outer s, int64_t threads) {
	const plan p = plan_of(NULL, NULL, s, threads);
	return p.parts * numbers(&p) * (int64_t)sizeof(float);
}

void VG_TYPED(vg_winograd_outer_products)(const float *x, const float *y, vg_winograd_outer s, int64_t threads, void *scratch, float *gw) {
	const plan p = plan_of(x, y, s, threads);
#pragma omp parallel for num_threads(threads) schedule(dynamic)
	for (int64_t task = 0; task < p.parts; task++) outer_task(&p, task, (float *)scratch + task * numbers(&p), gw);
}
