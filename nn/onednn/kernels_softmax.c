#include "kernels_lanes.h"
#include "kernels_math.h"

enum { LANES = VG_LANES, CHUNK = 128 };

typedef struct {
	const float *x;
	int64_t axis, inner, tiles;
	int logarithm;
	float *y;
} softmax_args;

VG_INLINE float larger(float v, float than) { return v > than || v != v ? v : than; } // NaN stays

VG_INLINE float share(float v, float highest, float log_sum, float inverse, int logarithm) {
	return logarithm ? v - highest - log_sum : vg_exp(v - highest) * inverse;
}

// One line of neighbours.
VG_INLINE void line(const softmax_args *a, const float *x, float *y) {
	float highest = -INFINITY;
	for (int64_t i = 0; i < a->axis; i++) highest = larger(x[i], highest);
	vg_d8 sum = {0};
	for (int64_t i = 0; i < a->axis; i += CHUNK) {
		const int64_t n = vg_min(CHUNK, a->axis - i);
		float e[CHUNK + 8]; // zeros from n on
		memset(e + n, 0, 8 * sizeof *e);
		for (int64_t j = 0; j < n; j++) e[j] = vg_exp(x[i + j] - highest);
		for (int64_t j = 0; j < n; j += 8) sum += vg_load8d(e + j);
	}
	double total = 0;
	for (int j = 0; j < 8; j++) total += sum[j];
	const float log_sum = log(total), inverse = 1 / total;
	if (a->logarithm) {
		VG_INDEPENDENT
		for (int64_t i = 0; i < a->axis; i++) y[i] = share(x[i], highest, log_sum, inverse, 1);
	} else {
		VG_INDEPENDENT
		for (int64_t i = 0; i < a->axis; i++) y[i] = share(x[i], highest, log_sum, inverse, 0);
	}
}

// Up to 16 lines side by side.
VG_INLINE void lines(const softmax_args *a, const float *x, int64_t width, float *y) {
	float highest[LANES], log_sum[LANES], inverse[LANES];
	double total[LANES] = {0};
	for (int64_t j = 0; j < width; j++) highest[j] = -INFINITY;
	for (int64_t i = 0; i < a->axis; i++)
		for (int64_t j = 0; j < width; j++) highest[j] = larger(x[i * a->inner + j], highest[j]);
	for (int64_t i = 0; i < a->axis; i++)
		for (int64_t j = 0; j < width; j++) total[j] += vg_exp(x[i * a->inner + j] - highest[j]);
	for (int64_t j = 0; j < width; j++) {
		log_sum[j] = log(total[j]);
		inverse[j] = 1 / total[j];
	}
	for (int64_t i = 0; i < a->axis; i++) {
		VG_INDEPENDENT
		for (int64_t j = 0; j < width; j++)
			y[i * a->inner + j] = share(x[i * a->inner + j], highest[j], log_sum[j], inverse[j], a->logarithm);
	}
}

VG_CLONES static void softmax_worker(const void *args, int64_t lo, int64_t hi) {
	const softmax_args *a = args;
	for (int64_t item = lo; item < hi; item++) {
		const int64_t first = item % a->tiles * LANES, at = item / a->tiles * a->axis * a->inner + first;
		if (a->inner == 1) line(a, a->x + at, a->y + at);
		else lines(a, a->x + at, vg_min(LANES, a->inner - first), a->y + at);
	}
}

void vg_softmax(const float *x, int64_t outer, int64_t axis, int64_t inner, int logarithm, float *y) {
	const softmax_args a = {x, axis, inner, (inner + LANES - 1) / LANES, logarithm, y};
	vg_for(outer * a.tiles, axis * vg_min(inner, LANES), softmax_worker, &a);
}
