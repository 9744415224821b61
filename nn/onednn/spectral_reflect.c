#include <omp.h>

#include "spectral.h"
#include "spectral_tile.h"

// Reflections are applied a block at a time, to panels of WIDTH columns that belong to the threads in turn.
enum { BLOCK = VG_SPECTRAL_BLOCK };

// Of a block of reflections I - v·vᵀ, the first of which is 0 before column `first`: the rows v in strips and, with the
// matrix s that joins them, transposed. Rows that are missing are zero.
typedef struct {
	int64_t first;
	float *rows;    // strips × BLOCK × B
	float *columns; // n × BLOCK
	float *joined;  // BLOCK × BLOCK
} block;

VG_CLONED_LOOP void pack_block(const block *v, const float *reflections, int64_t n, int64_t size) {
	const int64_t present = vg_min(BLOCK, n - v->first);
	for (int64_t strip = v->first; strip < size; strip += B) {
		float *to = v->rows + strip * BLOCK;
		const int64_t width = vg_min(B, n - strip);
		for (int64_t q = 0; q < BLOCK; q++)
			for (int64_t j = 0; j < B; j++) to[q * B + j] = q < present && j < width ? reflections[(v->first + q) * n + strip + j] : 0;
		for (int64_t j = 0; j < width; j++)
			for (int64_t q = 0; q < BLOCK; q++) v->columns[(strip + j) * BLOCK + q] = to[q * B + j];
	}
}

VG_INLINE float total(vg_lanes v) {
	for (int half = B / 2; half > 0; half /= 2)
		for (int j = 0; j < half; j++) v[j] += v[j + half];
	return v[0];
}

// Rows i … i+3 of c = a·bᵀ (BLOCK × BLOCK) for rows in strips, which are so many numbers apart.
VG_CLONED_LOOP void four_products(int64_t i, const float *a, int64_t a_strip, const float *b, int64_t b_strip, int64_t strips, float *c) {
	for (int64_t j = 0; j < BLOCK; j += 4) {
		vg_lanes sum[4][4] = {0};
		for (int64_t k = 0; k < strips; k++)
			for (int p = 0; p < 4; p++)
				for (int q = 0; q < 4; q++)
					sum[p][q] += *(const vg_lanes *)(a + k * a_strip + (i + p) * B) * *(const vg_lanes *)(b + k * b_strip + (j + q) * B);
		for (int p = 0; p < 4; p++)
			for (int q = 0; q < 4; q++) c[(i + p) * BLOCK + j + q] = total(sum[p][q]);
	}
}

// The product of the reflections v of a block is I - vᵀ·s·v with an upper triangular s: s⁻¹ is 1 on its diagonal and v·vᵀ,
// the products, above. It writes sᵀ.
//
// Source: Joffrain et al. 2006, "Accumulating Householder transformations, revisited".
VG_CLONED_LOOP void join(const float *products, float *joined) {
	double s[BLOCK][BLOCK] = {0};
	for (int64_t i = BLOCK - 1; i >= 0; i--) {
		s[i][i] = 1;
		for (int64_t k = i + 1; k < BLOCK; k++)
			for (int64_t j = 0; j < BLOCK; j++) s[i][j] -= products[i * BLOCK + k] * s[k][j];
	}
	for (int64_t k = 0; k < BLOCK; k++)
		for (int64_t i = 0; i < BLOCK; i++) joined[k * BLOCK + i] = s[i][k];
}

// to = -½·s·t
VG_CLONED_LOOP void halve(const float *joined, const float *t, float *to) {
	memset(to, 0, BLOCK * BLOCK * sizeof *to);
	for (int64_t i = 0; i < BLOCK; i++)
		for (int64_t k = i; k < BLOCK; k++)
			for (int64_t j = 0; j < BLOCK; j++) to[i * BLOCK + j] -= joined[k * BLOCK + i] / 2 * t[k * BLOCK + j];
}

// The two operands whose product changes f: [yᵀ; v] and [-v; -yᵀ], strips of 2·BLOCK rows.
typedef struct {
	float *left, *right;
} operands;

// pᵀ = s·v·f for a panel, in the place of yᵀ; q is as large as the panel's.
static void project(const block *v, int64_t n, int64_t stride, const float *f, int64_t panel, int64_t strips, float *q, operands to) {
	ahead nothing = {0};
	for (int64_t i = 0; i < BLOCK; i += ROWS) {
		const product p = {n - v->first, v->columns + v->first * BLOCK + i, BLOCK, f + v->first * stride + panel, stride, B, q + i * B, B, BLOCK * B, 0, NULL};
		compute_tile(&p, strips, &nothing);
	}
	for (int64_t i = 0; i < BLOCK; i += ROWS) {
		const product p = {BLOCK - i, v->joined + i * BLOCK + i, BLOCK, q + i * B, B, BLOCK * B, to.left + panel * 2 * BLOCK + i * B, B, 2 * BLOCK * B, 0, NULL};
		compute_tile(&p, strips, &nothing);
	}
}

VG_CLONED_LOOP void negate(const float *x, float *y) {
	for (int64_t i = 0; i < BLOCK * B; i++) y[i] = -x[i];
}

// yᵀ = pᵀ - mᵀ·v for a panel, given -m, and the rest of the operands.
static void complete(const block *v, int64_t panel, int64_t strips, const float *m, operands to) {
	ahead nothing = {0};
	for (int64_t i = 0; i < BLOCK && panel >= v->first; i += ROWS) {
		const product p = {BLOCK, m + i, BLOCK, v->rows + panel * BLOCK, B, BLOCK * B, to.left + panel * 2 * BLOCK + i * B, B, 2 * BLOCK * B, 1, NULL};
		compute_tile(&p, strips, &nothing);
	}
	for (int64_t strip = panel; strip < panel + strips * B; strip += B) {
		float *left = to.left + strip * 2 * BLOCK, *right = to.right + strip * 2 * BLOCK;
		negate(left, right + BLOCK * B);
		if (panel < v->first) continue; // v is zero
		memcpy(left + BLOCK * B, v->rows + strip * BLOCK, BLOCK * B * sizeof *left);
		negate(left + BLOCK * B, right);
	}
}

// f -= y·v + vᵀ·yᵀ for a panel. Before the block's first row and column v is zero.
static void update(const block *v, int64_t n, int64_t stride, operands by, int64_t panel, int64_t strips, float *f) {
	ahead nothing = {0};
	const int64_t from = panel < v->first ? BLOCK : 0;
	for (int64_t i = from > 0 ? v->first : 0; i < n; i += ROWS) {
		const int64_t end = i < v->first ? BLOCK : 2 * BLOCK, strip = 2 * BLOCK * B;
		const product p = {end - from, by.left + i / B * strip + from * B + i % B, B, by.right + panel * 2 * BLOCK + from * B, B, strip,
			f + i * stride + panel, stride, B, 1, NULL};
		compute_tile(&p, strips, &nothing);
	}
}

// With the joined reflections I - vᵀ·s·v of a block, p = f·vᵀ·sᵀ and y = p - ½·vᵀ·s·v·p the
// result is f - vᵀ·yᵀ - y·v.
void VG_TYPED(vg_reflect)(const float *reflections, int64_t n, int64_t stride, float *scratch, float *f) {
	enum { SQUARE = BLOCK * BLOCK };
	const int64_t size = round_up(n, VG_LANES), blocks = (n + BLOCK - 1) / BLOCK, whole = BLOCK * size;
	float *rows = scratch, *columns = rows + blocks * whole, *joined = columns + blocks * whole;
	float *products = joined + blocks * SQUARE, *own = products + SQUARE;
	float *operand = own + omp_get_max_threads() * (2 * SQUARE + BLOCK * WIDTH);
#pragma omp parallel
	{
		const int64_t first = omp_get_thread_num() * WIDTH, step = omp_get_num_threads() * WIDTH;
		float *t = own + omp_get_thread_num() * (2 * SQUARE + BLOCK * WIDTH), *m = t + SQUARE, *q = m + SQUARE;
#pragma omp for schedule(static, 1)
		for (int64_t k = 0; k < blocks; k++) {
			const block v = {k * BLOCK, rows + k * whole, columns + k * whole, joined + k * SQUARE};
			const float *at = v.rows + v.first * BLOCK;
			pack_block(&v, reflections, n, size);
			for (int64_t i = 0; i < BLOCK; i += 4) four_products(i, at, BLOCK * B, at, BLOCK * B, (size - v.first) / B, t);
			join(t, v.joined);
		}
		for (int64_t k = blocks - 1; k >= 0; k--) {
			const block v = {k * BLOCK, rows + k * whole, columns + k * whole, joined + k * SQUARE};
			// Those of the block before may still be read.
			const operands to = {operand + k % 2 * 4 * whole, operand + k % 2 * 4 * whole + 2 * whole};
			for (int64_t panel = first; panel < size; panel += step) project(&v, n, stride, f, panel, strips_at(panel, size), q, to);
#pragma omp barrier
#pragma omp for schedule(static)
			for (int64_t i = 0; i < BLOCK; i += 4)
				four_products(i, v.rows + v.first * BLOCK, BLOCK * B, to.left + v.first * 2 * BLOCK, 2 * BLOCK * B, (size - v.first) / B, products);
			halve(v.joined, products, m);
			for (int64_t panel = first; panel < size; panel += step) complete(&v, panel, strips_at(panel, size), m, to);
#pragma omp barrier
			for (int64_t panel = first; panel < size; panel += step) update(&v, n, stride, to, panel, strips_at(panel, size), f);
		}
	}
}
