#include "kernels_pieces.h"

// Measures of one array: a task a piece, at most VG_MAX_TASKS of them.
typedef struct {
	const float *x;
	int64_t n, pieces;
	double *result;
} measure_args;

VG_CLONES static void square_worker(const void *args, int64_t lo, int64_t hi) {
	const measure_args *a = args;
	for (int64_t k = lo; k < hi; k++) {
		int64_t i = a->n * k / a->pieces;
		const int64_t end = a->n * (k + 1) / a->pieces;
		vg_d4 sum[VG_LANES / 4] = {0};
		for (; i + VG_LANES <= end; i += VG_LANES)
			for (int h = 0; h < VG_LANES / 4; h++) {
				const vg_d4 v = vg_load4d(a->x + i + 4 * h);
				sum[h] += v * v;
			}
		double total = 0;
		for (int h = 0; h < VG_LANES / 4; h++)
			for (int j = 0; j < 4; j++) total += sum[h][j];
		for (; i < end; i++) total += (double)a->x[i] * a->x[i];
		a->result[k] = total;
	}
}

VG_CLONES static void nonfinite_worker(const void *args, int64_t lo, int64_t hi) {
	const measure_args *a = args;
	const float *x = a->x;
	for (int64_t k = lo; k < hi; k++) {
		uint32_t found = 0;
		for (int64_t i = a->n * k / a->pieces; i < a->n * (k + 1) / a->pieces; i++) {
			uint32_t bits;
			memcpy(&bits, x + i, sizeof bits);
			found |= (bits & 0x7f800000) == 0x7f800000;
		}
		a->result[k] = found;
	}
}

static double measure(const float *x, int64_t n, vg_worker work) {
	double result[VG_MAX_TASKS], total = 0;
	const measure_args a = {x, n, vg_pieces_for(1, n), result};
	vg_for(a.pieces, n / a.pieces, work, &a);
	for (int64_t k = 0; k < a.pieces; k++) total += result[k];
	return total;
}

double vg_sum_squares(const float *x, int64_t n) { return measure(x, n, square_worker); }

int vg_has_nonfinite(const float *x, int64_t n) { return measure(x, n, nonfinite_worker) != 0; }
