#include "spectral.h"

#include <dnnl.h>
#include <omp.h>

#include "kernels_loop.h"

enum { BLOCK = VG_SPECTRAL_BLOCK, PANEL = VG_SPECTRAL_PANEL, CHUNK = VG_SPECTRAL_CHUNK, GRAM_BLOCK = 128 };

static int64_t height(vg_matrix w) { return vg_min(w.rows, w.cols); }
static int64_t length(vg_matrix w) { return vg_max(w.rows, w.cols); }
static int is_wide(vg_matrix w) { return w.rows <= w.cols; }

void vg_gram(vg_matrix w, float *scratch, double *g, int64_t stride) {
	const int64_t n = height(w), m = length(w);
	const int64_t chunks = (m + CHUNK - 1) / CHUNK, blocks = (n + GRAM_BLOCK - 1) / GRAM_BLOCK;
#pragma omp parallel for collapse(2) schedule(dynamic)
	for (int64_t c = 0; c < chunks; c++)
		for (int64_t b = blocks - 1; b >= 0; b--) {
			const int64_t from = c * CHUNK, k = vg_min(CHUNK, m - from);
			const int64_t j = b * GRAM_BLOCK, width = vg_min(GRAM_BLOCK, n - j);
			float *to = scratch + c * n * n + j;
			if (is_wide(w))
				dnnl_sgemm('N', 'T', j + width, width, k, 1, w.data + from, m, w.data + j * m + from, m, 0, to, n);
			else
				dnnl_sgemm('T', 'N', j + width, width, k, 1, w.data + from * n, n, w.data + from * n + j, n, 0, to, n);
		}
#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < n; i++) {
		double *row = g + i * stride;
		memset(row, 0, stride * sizeof *row);
		for (int64_t c = 0; c < chunks; c++) {
			const float *part = scratch + c * n * n + i * n;
			for (int64_t j = i; j < n; j++) row[j] += part[j];
		}
	}
#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < n; i++)
		for (int64_t j = 0; j < i; j++) g[i * stride + j] = g[j * stride + i];
}

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
int64_t vg_factor(const float *f, int64_t n, float tolerance, float *scratch, int64_t *order, float *l) {
	float *left = scratch, *factors = left + n, *rows = factors + n;
	for (int64_t i = 0; i < n; i++) left[i] = f[i * n + i], order[i] = i;
	int64_t rank = 0;
	for (; rank < n; rank++) {
		int64_t best = rank;
		for (int64_t i = rank; i < n; i++)
			if (left[order[i]] > left[order[best]]) best = i;
		const int64_t pivot = order[best];
		if (!(left[pivot] > tolerance)) break;
		order[best] = order[rank], order[rank] = pivot;
		float *row = rows + rank * n;
		memcpy(row, f + pivot * n, n * sizeof *row);
		for (int64_t k = 0; k < rank; k++) factors[k] = rows[k * n + pivot];
		subtract_rows(row, rows, factors, rank, n);
		scale_row(row, 1 / sqrtf(left[pivot]), left, n);
	}
	for (int64_t k = 0; k < rank; k++)
		for (int64_t i = 0; i < n; i++) l[k * n + i] = i < k ? 0 : rows[k * n + order[i]];
	return rank;
}

// Columns from … from+width-1 of the wide matrix, its rows in the given order.
static void gather(vg_matrix w, const int64_t *order, int64_t from, int64_t width, float *panel) {
	const int64_t n = height(w);
	for (int64_t i = 0; i < n; i++)
		if (is_wide(w))
			memcpy(panel + i * width, w.data + order[i] * w.cols + from, width * sizeof *panel);
		else
			for (int64_t j = 0; j < width; j++) panel[i * width + j] = w.data[(from + j) * n + order[i]];
}

static void scatter(vg_matrix w, const int64_t *order, int64_t from, int64_t width, const float *panel) {
	const int64_t n = height(w);
	for (int64_t i = 0; i < n; i++)
		if (is_wide(w))
			memcpy(w.data + order[i] * w.cols + from, panel + i * width, width * sizeof *panel);
		else
			for (int64_t j = 0; j < width; j++) w.data[(from + j) * n + order[i]] = panel[i * width + j];
}

void vg_subtract(vg_matrix w, int64_t rank, const int64_t *order, const float *l, float *scratch) {
	const int64_t n = height(w), m = length(w);
#pragma omp parallel for schedule(static)
	for (int64_t from = 0; from < m; from += PANEL) {
		const int64_t width = vg_min(PANEL, m - from);
		float *panel = scratch + omp_get_thread_num() * 2 * n * PANEL, *t = panel + n * width;
		gather(w, order, from, width, panel);
		// t = l·panel, panel -= lᵀ·t
		for (int64_t k = 0; k < rank; k += BLOCK)
			dnnl_sgemm('N', 'N', vg_min(BLOCK, rank - k), width, n - k, 1, l + k * n + k, n, panel + k * width, width, 0, t + k * width, width);
		for (int64_t i = 0; i < n; i += BLOCK) {
			const int64_t last = i >= rank, h = last ? n - i : vg_min(BLOCK, n - i);
			dnnl_sgemm('T', 'N', h, width, vg_min(i + BLOCK, rank), -1, l + i, n, t, width, 1, panel + i * width, width);
			if (last) break;
		}
		scatter(w, order, from, width, panel);
	}
}
