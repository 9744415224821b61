#include "position_products.h"

#include <omp.h>

#include "kernels_unit.h"

// A tile of the result: TILE samples by PAIR blocks of its channels, or, at the end, REST of them.
// Samples that pass by together are a multiple of GRAIN.
#ifdef VG_AVX2
enum { TILE = 6, GRAIN = 2, WEIGHT_BYTES = 1 << 16 };
#else
enum { TILE = 8, GRAIN = TILE, WEIGHT_BYTES = 1 << 18 };
#endif
enum { PAIR = 2, REST = 4, UNITS = VG_BLOCK / VG_UNIT, SUM_BYTES = 1 << 17 };

typedef struct {
	vg_position s;
	const vg_unit *from, *weights;
	const float *bias;
	const int32_t *begin;
	const vg_meeting *meets;
	int act;
	float alpha;
	vg_element *to;
	int64_t samples, blocks; // that pass by together: of both tensors; of `from`
} products;

static int64_t samples_of(const vg_position *s) {
	const int64_t most = SUM_BYTES / (s->to_size * PAIR * VG_BLOCK * (int64_t)sizeof(float)) / TILE * TILE;
	return vg_min(s->n, vg_max(most, TILE));
}

// The first sample of a piece; pieces are as equal as can be.
static int64_t first_of(const products *p, int64_t piece, int64_t pieces) {
	const int64_t n = p->s.n, grains = (n + GRAIN - 1) / GRAIN;
	return vg_min(n, grains * piece / pieces * GRAIN);
}

// Adds the products of `blocks` blocks of `from` at one position of `count` samples.
VG_INLINE void add_tile(const products *p, int64_t n, int64_t pair, int64_t block, int64_t blocks, int64_t position, const int64_t count,
			float *sum, int64_t step) {
	const vg_position *s = &p->s;
	const int64_t next = s->to_stride * VG_BLOCK * UNITS, sample = s->from_blocks * s->from_size * UNITS;
	vg_lanes a[TILE] = {0}, b[TILE] = {0};
	if (block > 0)
		for (int i = 0; i < count; i++) {
			a[i] = *(const vg_lanes_at *)(sum + i * step);
			b[i] = *(const vg_lanes_at *)(sum + i * step + VG_BLOCK);
		}
	for (int64_t r = block; r < block + blocks; r++) {
		const vg_unit *weights = p->weights + (pair * PAIR * s->to_stride + r * s->from_stride) * VG_BLOCK * UNITS;
		const vg_unit *from = p->from + (n * s->from_blocks + r) * s->from_size * UNITS;
		for (int64_t m = p->begin[position]; m < p->begin[position + 1]; m++) {
			const vg_unit *w = weights + p->meets[m].tap * VG_BLOCK * UNITS, *x = from + p->meets[m].position * UNITS;
			for (int64_t u = 0; u < UNITS; u++, w += VG_BLOCK, x++) {
				const vg_lanes v = *(const vg_lanes_at *)w, z = *(const vg_lanes_at *)(w + next);
				for (int i = 0; i < count; i++) {
					a[i] = vg_add_product(a[i], v, x[i * sample]);
					b[i] = vg_add_product(b[i], z, x[i * sample]);
				}
			}
		}
	}
	for (int i = 0; i < count; i++) {
		*(vg_lanes_at *)(sum + i * step) = a[i];
		*(vg_lanes_at *)(sum + i * step + VG_BLOCK) = b[i];
	}
}

// All samples first … first+count-1 at all positions; sums are sample × position × channel of the pair.
VG_CLONES static void add_block(const products *p, int64_t first, int64_t count, int64_t pair, int64_t block, int64_t blocks, float *sum) {
	const int64_t each = PAIR * VG_BLOCK, step = p->s.to_size * each;
	for (int64_t position = 0; position < p->s.to_size; position++) {
		for (int64_t i = 0, tile; i < count; i += tile) {
			const int64_t left = count - i;
			float *at = sum + i * step + position * each;
			if (left >= TILE && (TILE >= 2 * REST || left != 2 * REST)) add_tile(p, first + i, pair, block, blocks, position, tile = TILE, at, step);
			else if (left >= REST) add_tile(p, first + i, pair, block, blocks, position, tile = REST, at, step);
			else add_tile(p, first + i, pair, block, blocks, position, tile = 1, at, step);
		}
	}
}

VG_CLONES static void put_sums(const products *p, int64_t first, int64_t count, int64_t pair, const float *sum) {
	const vg_position *s = &p->s;
	for (int64_t i = 0; i < count * PAIR; i++) {
		const int64_t block = pair * PAIR + i % PAIR;
		const float *from = sum + i / PAIR * s->to_size * PAIR * VG_BLOCK + i % PAIR * VG_BLOCK;
		vg_element *to = p->to + ((first + i / PAIR) * s->to_blocks + block) * s->to_size * VG_BLOCK;
		for (int64_t position = 0; position < s->to_size; position++, from += PAIR * VG_BLOCK, to += VG_BLOCK) {
			float store[VG_LANES], *row = vg_row_for(to, store);
			for (int j = 0; j < VG_BLOCK; j++)
				row[j] = vg_activate(from[j] + (p->bias ? p->bias[block * VG_BLOCK + j] : 0), p->act, p->alpha);
			vg_put_row(row, to);
		}
	}
}

int64_t VG_TYPED(vg_position_scratch)(vg_position s) { return samples_of(&s) * s.to_size * PAIR * VG_BLOCK * (int64_t)sizeof(float); }

void VG_TYPED(vg_position_products)(const vg_element *from, const vg_element *weights, const float *bias, vg_position s, const int32_t *begin,
				    const vg_meeting *meets, int act, double alpha, int64_t threads, void *scratch, vg_element *to) {
	products p = {s, (const vg_unit *)from, (const vg_unit *)weights, bias, begin, meets, act, alpha, to, .samples = samples_of(&s)};
	p.blocks = vg_max(1, WEIGHT_BYTES / (PAIR * s.taps * VG_BLOCK * UNITS * (int64_t)sizeof(vg_unit)));
	const int64_t pieces = (s.n + p.samples - 1) / p.samples;
#pragma omp parallel num_threads(threads)
	{
		float *sum = (float *)scratch + omp_get_thread_num() * p.samples * s.to_size * PAIR * VG_BLOCK;
#pragma omp for schedule(dynamic)
		for (int64_t task = 0; task < s.to_blocks / PAIR * pieces; task++) {
			const int64_t pair = task / pieces, piece = task % pieces;
			const int64_t first = first_of(&p, piece, pieces), count = first_of(&p, piece + 1, pieces) - first;
			for (int64_t block = 0; block < s.from_blocks; block += p.blocks)
				add_block(&p, first, count, pair, block, vg_min(p.blocks, s.from_blocks - block), sum);
			put_sums(&p, first, count, pair, sum);
		}
	}
}
