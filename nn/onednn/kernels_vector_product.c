#include "kernels_pieces.h"

// Rows of a transposed matrix that are read together, and numbers of a row.
enum { ROWS = 4, TILE = 512 };

typedef struct {
	const float *m, *x;
	int64_t rows, columns, count; // pieces of a row
	float *y;
	double *partials; // of every piece
} product_args;

VG_CLONES static void row_worker(const void *args, int64_t lo, int64_t hi) {
	const product_args *a = args;
	for (int64_t task = lo; task < hi; task++) {
		const int64_t k = task % a->count, end = a->columns * (k + 1) / a->count;
		const float *row = a->m + task / a->count * a->columns, *x = a->x;
		vg_d8 sum[VG_LANES / 8] = {0};
		double rest = 0;
		int64_t i = a->columns * k / a->count;
		for (; i + VG_LANES <= end; i += VG_LANES)
			for (int h = 0; h < VG_LANES / 8; h++) sum[h] += vg_load8d(row + i + 8 * h) * vg_load8d(x + i + 8 * h);
		for (; i < end; i++) rest += (double)row[i] * x[i];
		for (int h = 0; h < VG_LANES / 8; h++)
			for (int j = 0; j < 8; j++) rest += sum[h][j];
		if (a->partials) a->partials[task] = rest;
		else a->y[task] = rest;
	}
}

VG_INLINE void add_rows(const float *row, int64_t columns, int64_t width, const float *x, const int count, double *sum) {
	const float *r[ROWS];
	double f[ROWS];
	for (int k = 0; k < count; k++) r[k] = row + k * columns, f[k] = x[k];
	VG_INDEPENDENT
	for (int64_t j = 0; j < width; j++)
		for (int k = 0; k < count; k++) sum[j] += f[k] * r[k][j];
}

// Items are tiles of columns.
VG_CLONES static void column_worker(const void *args, int64_t lo, int64_t hi) {
	const product_args *a = args;
	const int64_t columns = a->columns;
	for (int64_t tile = lo; tile < hi; tile++) {
		const int64_t first = tile * TILE, width = vg_min(TILE, columns - first);
		const float *row = a->m + first;
		double sum[TILE] = {0};
		int64_t i = 0;
		for (; i + ROWS <= a->rows; i += ROWS, row += ROWS * columns) add_rows(row, columns, width, a->x + i, ROWS, sum);
		for (; i < a->rows; i++, row += columns) add_rows(row, columns, width, a->x + i, 1, sum);
		for (int64_t j = 0; j < width; j++) a->y[first + j] = sum[j];
	}
}

void vg_vector_product(const float *m, int64_t rows, int64_t columns, int transposed, const float *x, float *y) {
	product_args a = {m, x, rows, columns, 1, y};
	if (transposed) {
		vg_for((columns + TILE - 1) / TILE, TILE * rows, column_worker, &a);
		return;
	}
	double partials[VG_MAX_TASKS];
	a.count = vg_pieces_for(rows, columns);
	if (a.count > 1) a.partials = partials;
	vg_for(rows * a.count, columns / a.count, row_worker, &a);
	for (int64_t i = 0; a.partials && i < rows; i++) {
		double sum = 0;
		for (int64_t k = 0; k < a.count; k++) sum += partials[i * a.count + k];
		y[i] = sum;
	}
}
