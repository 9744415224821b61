// Operands of Winograd's products, see winograd.h: sums or differences of neighbours along height and width, and where weights lie.
#ifndef VG_WINOGRAD_PACK_H
#define VG_WINOGRAD_PACK_H

#include "kernels_unit.h"

enum { VG_NONE = -9 };

// Numbers of the weights of one product: operand's block × time tap × tap × channel × channel of a pair of blocks of the result. One row
// more keeps products from meeting in the same sets of the caches.
VG_INLINE int64_t vg_product_numbers(int64_t from, int64_t taps, int64_t by_input) { return (from * taps * (by_input ? 1 : 4) + 1) * 2 * VG_BLOCK; }

// Sources are, for each position q of an axis, the operand at first + step·q with, unless it is VG_NONE, that at second + step·q, which
// is added or taken off. What lies outside is zero.
typedef struct {
	int step, sources, add;
	int first[6], second[6];
} vg_axis;

// The sources of x, forward and for the gradient by the weights.
static const vg_axis vg_sources_of_x = {4, 6, 0, {-1, 0, 1, 2, 1, 2}, {1, 2, VG_NONE, VG_NONE, 3, 4}};

// A tensor n × blocks × size (time, height and width) × B of which some samples are packed, or a band of one: rows of positions along
// height, positions along width and of a sample; numbers of one source of all samples, and of all sources.
typedef struct {
	const float *x;
	int64_t blocks, size[3];
	int64_t sources; // along height that are packed at a time
	int64_t high, wide, each, source, slice;
} vg_packing;

VG_INLINE vg_packing vg_packing_of(const float *x, int64_t blocks, const int64_t size[3], const vg_axis *axis, int64_t sources, int64_t high, int64_t wide, int64_t samples) {
	vg_packing p = {x, blocks, {size[0], size[1], size[2]}, sources, high, wide, high * wide};
	p.source = samples * p.each * VG_BLOCK;
	p.slice = sources * axis->sources * p.source;
	return p;
}

// What is packed together: samples from n on, all of their rows of positions, or of one sample those from `top` on.
typedef struct {
	int64_t n, count, top, high;
} vg_piece;

// Piece i of n samples with so many rows of positions, where `samples` are packed together, or bands of p->high rows.
VG_INLINE vg_piece vg_piece_of(const vg_packing *p, int64_t n, int64_t rows, int64_t samples, int64_t i) {
	const int64_t bands = (rows + p->high - 1) / p->high, first = i / bands * samples, top = i % bands * p->high;
	return (vg_piece){first, vg_min(samples, n - first), top, vg_min(p->high, rows - top)};
}

VG_INLINE int64_t vg_pieces_of(const vg_packing *p, int64_t n, int64_t rows, int64_t samples) {
	return (n + samples - 1) / samples * ((rows + p->high - 1) / p->high);
}

// As many samples as have no more than so many positions together, or, of one, rows.
VG_INLINE int64_t vg_samples_for(int64_t positions, int64_t rows, int64_t wide) { return vg_max(1, positions / (rows * wide)); }
VG_INLINE int64_t vg_rows_for(int64_t positions, int64_t rows, int64_t wide) { return vg_max(1, vg_min(rows, positions / wide)); }

// Numbers of the row that vg_pack needs beside its result.
VG_INLINE int64_t vg_pack_row(const vg_packing *p) { return (p->size[2] + 2) * VG_BLOCK; }

// One row of the operand, or two, either of which may be missing, as all sources along the width.
VG_INLINE void vg_pack_along_width(const vg_packing *p, const vg_axis *axis, const float *first, const float *second, vg_lanes *row, float *out) {
	const int64_t width = p->size[2], wide = p->wide, source = p->source;
	const vg_lanes_at *a = (const vg_lanes_at *)first, *b = (const vg_lanes_at *)second;
	vg_lanes *inside = row + 1; // zeros on both sides
	if (a && b)
		for (int64_t i = 0; i < width; i++) inside[i] = axis->add ? a[i] + b[i] : a[i] - b[i];
	else if (a)
		for (int64_t i = 0; i < width; i++) inside[i] = a[i];
	else
		for (int64_t i = 0; i < width; i++) inside[i] = axis->add ? b[i] : -b[i];
	for (int64_t q = 0; q < wide; q++, inside += axis->step, out += VG_BLOCK)
#pragma GCC unroll 6
		for (int i = 0; i < axis->sources; i++) {
			vg_lanes v = inside[axis->first[i]];
			if (axis->second[i] != VG_NONE) v = axis->add ? v + inside[axis->second[i]] : v - inside[axis->second[i]];
			*(vg_lanes *)(out + i * source) = v;
		}
}

// The sources of a piece of some blocks: block × time × source × sample × position × channel; along height p->sources from `source` on.
// A constant axis unrolls the loops.
VG_INLINE void vg_pack(const vg_packing *p, const vg_axis *axis, int64_t source, vg_piece piece, int64_t block, int64_t blocks, float *row, float *out) {
	const int64_t line = p->size[2] * VG_BLOCK, plane = p->size[1] * line;
	memset(row, 0, vg_pack_row(p) * sizeof *row);
	for (int64_t i = 0; i < blocks * p->size[0]; i++, out += p->slice)
		for (int64_t sample = 0; sample < piece.count; sample++) {
			const float *x = p->x + (((piece.n + sample) * p->blocks + block) * p->size[0] + i) * plane;
			for (int64_t q = 0; q < piece.high; q++)
				for (int64_t j = source; j < source + p->sources; j++) {
					const int64_t at = axis->step * (piece.top + q), a = at + axis->first[j], b = at + axis->second[j];
					const int has = axis->second[j] != VG_NONE && b >= 0 && b < p->size[1];
					vg_pack_along_width(p, axis, a >= 0 && a < p->size[1] ? x + a * line : NULL, has ? x + b * line : NULL, (vg_lanes *)row,
							    out + (j - source) * axis->sources * p->source + (sample * p->each + q * p->wide) * VG_BLOCK);
				}
		}
}

#endif
