// Products of matrices in strips of B columns, the rows of a strip one after the other, a tile at a time.
#ifndef VG_SPECTRAL_TILE_H
#define VG_SPECTRAL_TILE_H

#include "kernels_unit.h"

// A tile of a product, ROWS × WIDTH numbers, stays in registers while its operands pass by.
#ifdef VG_AVX2
enum { ROWS = 4 };
#else
enum { ROWS = 8 };
#endif
enum { STRIPS = 3, B = VG_BLOCK, WIDTH = STRIPS * B, PIECE = 32 };

static int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

// Strips of the tile at a column, of so many columns in whole strips.
VG_INLINE int64_t strips_at(int64_t column, int64_t columns) { return vg_min(STRIPS, (columns - column) / B); }

// Rows of a matrix, in an order or one after the other, of which `width` numbers come into the cache while products are
// computed.
typedef struct {
	const float *data;
	const int64_t *order;
	int64_t step, at, rows, width;
} ahead;

VG_INLINE void fetch_row(ahead *next) {
	if (next->at >= next->rows) return;
	const float *row = next->data + (next->order ? next->order[next->at] : next->at) * next->step;
	for (int64_t i = 0; i < next->width; i += 64 / (int64_t)sizeof *row) __builtin_prefetch(row + i, 0, 2);
	next->at++;
}

// c (ROWS × strips) = aᵀ·b, or += where there are earlier products in it, for a (k × ROWS) and
// b (k × strips). Steps are from row to row and from strip to strip. Where there are rows, at any addresses, these take the
// result instead of c, strips side by side.
typedef struct {
	int64_t k;
	const float *a;
	int64_t a_row;
	const float *b;
	int64_t b_row, b_strip;
	float *c;
	int64_t c_row, c_strip;
	int earlier;
	float *const *rows;
} product;

VG_INLINE void strips_tile(const product *p, const int strips, ahead *next) {
	vg_lanes sum[ROWS][STRIPS] = {0}; // in registers, as the pragmas unroll all loops over it early
	if (p->earlier)
		for (int i = 0; i < ROWS; i++)
			for (int j = 0; j < strips; j++) __builtin_prefetch(p->c + i * p->c_row + j * p->c_strip);
	const float *a = p->a, *b = p->b;
	for (int64_t left = p->k, piece; left > 0; left -= piece) {
		piece = next->at < next->rows ? vg_min(left, PIECE) : left;
		fetch_row(next);
		for (const float *end = b + piece * p->b_row; b < end; a += p->a_row, b += p->b_row) {
			vg_lanes v[STRIPS];
#pragma GCC unroll 3
			for (int j = 0; j < strips; j++) v[j] = *(const vg_lanes *)(b + j * p->b_strip);
#pragma GCC unroll 8
			for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 3
				for (int j = 0; j < strips; j++) sum[i][j] += v[j] * a[i];
		}
	}
#pragma GCC unroll 8
	for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 3
		for (int j = 0; j < strips; j++) {
			vg_lanes *c = (vg_lanes *)(p->c + i * p->c_row + j * p->c_strip);
			if (p->earlier) sum[i][j] += *c;
			if (p->rows) *(vg_lanes_at *)(p->rows[i] + j * B) = sum[i][j];
			else *c = sum[i][j];
		}
}

VG_CLONED_LOOP void compute_tile(const product *p, int64_t strips, ahead *next) {
	if (strips == STRIPS) strips_tile(p, STRIPS, next);
	else if (strips == 2) strips_tile(p, 2, next);
	else strips_tile(p, 1, next);
}

#endif
