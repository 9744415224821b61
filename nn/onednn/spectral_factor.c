#include "spectral.h"

#include "kernels_loop.h"

// row -= Σ factors[k]·(the k-th row of l)
VG_CLONED_LOOP void subtract_rows(float *row, const float *l, const float *factors, int64_t count, int64_t n) {
	int64_t k = 0;
	for (; k + 4 <= count; k += 4) {
		const float *a = l + k * n, *b = a + n, *c = b + n, *d = c + n;
		const float x = factors[k], y = factors[k + 1], z = factors[k + 2], t = factors[k + 3];
		VG_INDEPENDENT
		for (int64_t i = 0; i < n; i++) row[i] -= (x * a[i] + y * b[i]) + (z * c[i] + t * d[i]);
	}
	for (; k < count; k++) {
		const float *a = l + k * n, x = factors[k];
		VG_INDEPENDENT
		for (int64_t i = 0; i < n; i++) row[i] -= x * a[i];
	}
}

VG_CLONED_LOOP void scale_row(float *row, float scale, float *left, int64_t n) {
	for (int64_t i = 0; i < n; i++) {
		row[i] *= scale;
		left[i] -= row[i] * row[i];
	}
}

// The Cholesky factor with the largest pivot first: rows in the matrix's own order, which
// in the end are brought to the pivots'.
int64_t vg_factor(const float *f, int64_t n, int64_t stride, float tolerance, float *scratch, int64_t *order, float *l) {
	float *left = scratch, *factors = left + n, *rows = factors + n;
	for (int64_t i = 0; i < n; i++) left[i] = f[i * stride + i], order[i] = i;
	int64_t rank = 0;
	for (; rank < n; rank++) {
		int64_t best = rank;
		for (int64_t i = rank; i < n; i++)
			if (left[order[i]] > left[order[best]]) best = i;
		const int64_t pivot = order[best];
		if (!(left[pivot] > tolerance)) break;
		order[best] = order[rank], order[rank] = pivot;
		float *row = rows + rank * n;
		memcpy(row, f + pivot * stride, n * sizeof *row);
		for (int64_t k = 0; k < rank; k++) factors[k] = rows[k * n + pivot];
		subtract_rows(row, rows, factors, rank, n);
		scale_row(row, 1 / sqrtf(left[pivot]), left, n);
	}
	for (int64_t k = 0; k < rank; k++)
		for (int64_t i = 0; i < n; i++) l[k * n + i] = i < k ? 0 : rows[k * n + order[i]];
	return rank;
}
