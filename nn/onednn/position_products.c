#include "position_products.h"

#include <omp.h>

#include "kernels_unit.h"

// A tile of the result: TILE samples by PAIR blocks of its channels.
enum { PAIR = 2, TILE = 8, UNITS = VG_LANES / VG_UNIT, WEIGHT_BYTES = 1 << 18, SUM_BYTES = 1 << 17 };

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
	const int64_t most = SUM_BYTES / (s->to_size * PAIR * VG_LANES * (int64_t)sizeof(float)) / TILE * TILE;
	return vg_min(s->n, vg_max(most, TILE));
}

// Adds the products of `blocks` blocks of `from` at one position of `count` samples.
VG_INLINE void add_tile(const products *p, int64_t n, int64_t pair, int64_t block, int64_t blocks, int64_t position, const int64_t count,
			float *sum, int64_t step) {
	const vg_position *s = &p->s;
	const int64_t next = s->to_stride * VG_LANES * UNITS, sample = s->from_blocks * s->from_size * UNITS;
	vg_lanes a[TILE] = {0}, b[TILE] = {0};
	if (block > 0)
		for (int i = 0; i < count; i++) {
			a[i] = *(const vg_lanes_at *)(sum + i * step);
			b[i] = *(const vg_lanes_at *)(sum + i * step + VG_LANES);
		}
	for (int64_t r = block; r < block + blocks; r++) {
		const vg_unit *weights = p->weights + (pair * PAIR * s->to_stride + r * s->from_stride) * VG_LANES * UNITS;
		const vg_unit *from = p->from + (n * s->from_blocks + r) * s->from_size * UNITS;
		for (int64_t m = p->begin[position]; m < p->begin[position + 1]; m++) {
			const vg_unit *w = weights + p->meets[m].tap * VG_LANES * UNITS, *x = from + p->meets[m].position * UNITS;
			for (int64_t u = 0; u < UNITS; u++, w += VG_LANES, x++) {
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
		*(vg_lanes_at *)(sum + i * step + VG_LANES) = b[i];
	}
}

// All samples first … first+count-1 at all positions; sums are sample × position × channel of the pair.
VG_CLONES static void add_block(const products *p, int64_t first, int64_t count, int64_t pair, int64_t block, int64_t blocks, float *sum) {
	const int64_t each = PAIR * VG_LANES, step = p->s.to_size * each;
	for (int64_t position = 0; position < p->s.to_size; position++) {
		int64_t i = 0;
		for (; i + TILE <= count; i += TILE)
			add_tile(p, first + i, pair, block, blocks, position, TILE, sum + i * step + position * each, step);
		if (count - i >= TILE / 2) {
			add_tile(p, first + i, pair, block, blocks, position, TILE / 2, sum + i * step + position * each, step);
			i += TILE / 2;
		}
		for (; i < count; i++) add_tile(p, first + i, pair, block, blocks, position, 1, sum + i * step + position * each, step);
	}
}

VG_CLONES static void put_sums(const products *p, int64_t first, int64_t count, int64_t pair, const float *sum) {
	const vg_position *s = &p->s;
	for (int64_t i = 0; i < count * PAIR; i++) {
		const int64_t block = pair * PAIR + i % PAIR;
		const float *from = sum + i / PAIR * s->to_size * PAIR * VG_LANES + i % PAIR * VG_LANES;
		vg_element *to = p->to + ((first + i / PAIR) * s->to_blocks + block) * s->to_size * VG_LANES;
		for (int64_t position = 0; position < s->to_size; position++, from += PAIR * VG_LANES, to += VG_LANES) {
			float store[VG_LANES], *row = vg_row_for(to, store);
			for (int j = 0; j < VG_LANES; j++)
				row[j] = vg_activate(from[j] + (p->bias ? p->bias[block * VG_LANES + j] : 0), p->act, p->alpha);
			vg_put_row(row, to);
		}
	}
}

int64_t VG_TYPED(vg_position_scratch)(vg_position s) { return samples_of(&s) * s.to_size * PAIR * VG_LANES * (int64_t)sizeof(float); }

void VG_TYPED(vg_position_products)(const vg_element *from, const vg_element *weights, const float *bias, vg_position s, const int32_t *begin,
				    const vg_meeting *meets, int act, double alpha, int64_t threads, void *scratch, vg_element *to) {
	products p = {s, (const vg_unit *)from, (const vg_unit *)weights, bias, begin, meets, act, alpha, to, .samples = samples_of(&s)};
	p.blocks = vg_max(1, WEIGHT_BYTES / (PAIR * s.taps * VG_LANES * UNITS * (int64_t)sizeof(vg_unit)));
	const int64_t pieces = (s.n + p.samples - 1) / p.samples;
#pragma omp parallel num_threads(threads)
	{
		float *sum = (float *)scratch + omp_get_thread_num() * p.samples * s.to_size * PAIR * VG_LANES;
#pragma omp for schedule(dynamic)
		for (int64_t task = 0; task < s.to_blocks / PAIR * pieces; task++) {
			const int64_t pair = task / pieces, first = task % pieces * p.samples, count = vg_min(p.samples, s.n - first);
			for (int64_t block = 0; block < s.from_blocks; block += p.blocks)
				add_block(&p, first, count, pair, block, vg_min(p.blocks, s.from_blocks - block), sum);
			put_sums(&p, first, count, pair, sum);
		}
	}
}
