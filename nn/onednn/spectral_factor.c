#include "spectral.h"
#include "spectral_tile.h"

// Rows are found in groups, a tile of a product each.
enum { GROUP = ROWS };

// Puts up to GROUP of the largest numbers left over the tolerance first in the order and returns how many they are.
static int64_t find_candidates(const float *left, int64_t n, float tolerance, int64_t *order) {
	int64_t count = 0;
	for (; count < vg_min(GROUP, n); count++) {
		int64_t best = count;
		for (int64_t i = count + 1; i < n; i++)
			if (left[order[i]] > left[order[best]]) best = i;
		const int64_t pivot = order[best];
		if (!(left[pivot] > tolerance)) break;
		order[best] = order[count], order[count] = pivot;
	}
	return count;
}

// The rows that come of a group: `by` is what they take of each candidate's.
typedef struct {
	int64_t count, candidate[GROUP];
	float by[GROUP][GROUP];
} choice;

// The Cholesky factor of the candidates' block g of what is left. One of which the candidates before leave little waits for
// a later group: its row would be mostly rounding.
static choice choose(const float g[GROUP][GROUP], int64_t count, float tolerance) {
	choice c = {0};
	for (int64_t q = 0; q < count; q++) {
		float above[GROUP], left = g[q][q]; // the candidate's elements in the rows before
		for (int64_t e = 0; e < c.count; e++) {
			above[e] = 0;
			for (int64_t p = 0; p <= c.candidate[e]; p++) above[e] += c.by[e][p] * g[p][q];
			left -= above[e] * above[e];
		}
		if (!(left > tolerance) || left < g[q][q] / 4) continue;
		float *by = c.by[c.count];
		by[q] = 1;
		for (int64_t e = 0; e < c.count; e++)
			for (int64_t p = 0; p < q; p++) by[p] -= above[e] * c.by[e][p];
		for (int64_t p = 0; p <= q; p++) by[p] /= sqrtf(left);
		c.candidate[c.count++] = q;
	}
	return c;
}

// The rows chosen, and what they leave of the diagonal.
VG_CLONED_LOOP void combine(const choice *c, const float *group, int64_t size, int64_t step, float *rows, float *left) {
	for (int64_t e = 0; e < c->count; e++)
		for (int64_t j = 0; j < size; j += B) {
			vg_lanes sum = {0};
			for (int64_t p = 0; p <= c->candidate[e]; p++) sum += c->by[e][p] * *(const vg_lanes *)(group + p * step + j);
			*(vg_lanes *)(rows + e * step + j) = sum;
			*(vg_lanes *)(left + j) -= sum * sum;
		}
}

// The Cholesky factor with the largest pivots first, a group of them at a time: rows in the matrix's own order, which in the
// end are brought to the pivots'.
int64_t VG_TYPED(vg_factor)(const float *f, int64_t n, int64_t stride, float tolerance, float *scratch, int64_t *order, float *l) {
	const int64_t size = round_up(n, VG_LANES), step = size + VG_LANES; // rows a power of two apart would share few places of the cache
	float *left = scratch, *factors = left + size, *group = factors + size * GROUP, *rows = group + GROUP * step;
	memset(left, 0, size * sizeof *left);
	for (int64_t i = 0; i < n; i++) left[i] = f[i * stride + i], order[i] = i;
	int64_t rank = 0;
	for (int64_t count; (count = find_candidates(left, n - rank, tolerance, order + rank)) > 0;) {
		int64_t *pivots = order + rank;
		for (int64_t q = 0; q < GROUP; q++) memcpy(group + q * step, f + pivots[vg_min(q, count - 1)] * stride, size * sizeof *f);
		for (int64_t k = 0; k < rank; k++)
			for (int64_t q = 0; q < GROUP; q++) factors[k * GROUP + q] = -rows[k * step + pivots[vg_min(q, count - 1)]];
		ahead nothing = {0};
		for (int64_t j = 0; j < size; j += WIDTH) {
			const product p = {rank, factors, GROUP, rows + j, step, B, group + j, step, B, 1, NULL};
			compute_tile(&p, strips_at(j, size), &nothing);
		}
		float g[GROUP][GROUP];
		for (int64_t p = 0; p < count; p++)
			for (int64_t q = 0; q < count; q++) g[p][q] = group[p * step + pivots[q]];
		const choice c = choose(g, count, tolerance);
		combine(&c, group, size, step, rows + rank * step, left);
		for (int64_t q = 0, e = 0; q < count; q++) {
			const int64_t pivot = pivots[q];
			if (e < c.count && c.candidate[e] == q) pivots[q] = pivots[e], pivots[e++] = pivot;
			else if (!(g[q][q] > tolerance)) left[pivot] = 0; // but for rounding
		}
		rank += c.count;
	}
	for (int64_t k = 0; k < rank; k++)
		for (int64_t i = 0; i < n; i++) l[k * n + i] = i < k ? 0 : rows[k * step + order[i]];
	return rank;
}
