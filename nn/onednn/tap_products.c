#include "tap_products.h"

#include <dnnl.h>
#include <string.h>

static int64_t volume(const int64_t size[3]) { return size[0] * size[1] * size[2]; }

static int64_t deep_length(const vg_tap_products *s, int axis) { return s->size[axis] + s->taps[axis] - 1; }

// Where the deep tensor holds the row (n, t, h) of y's positions under a tap.
static int64_t deep_row(const vg_tap_products *s, int64_t tap, int64_t row) {
	const int64_t h = row % s->size[1], t = row / s->size[1] % s->size[0], n = row / s->size[1] / s->size[0];
	const int64_t qw = tap % s->taps[2], qh = tap / s->taps[2] % s->taps[1], qt = tap / s->taps[2] / s->taps[1];
	return (((n * deep_length(s, 0) + t + qt) * deep_length(s, 1) + h + qh) * deep_length(s, 2) + qw) * s->c;
}

void vg_channels_last(const float *y, int64_t n, int64_t c, int64_t positions, int64_t b, float *rows) {
#pragma omp parallel for collapse(2) schedule(static)
	for (int64_t i = 0; i < n; i++)
		for (int64_t s = 0; s < positions; s++)
			for (int64_t block = 0; block < c / b; block++)
				memcpy(rows + (i * positions + s) * c + block * b, y + ((i * (c / b) + block) * positions + s) * b, b * sizeof(float));
}

// Every tap has a weight gradient of its own, so that threads share nothing and
// their number does not matter.
void vg_tap_weights(const float *deep, const float *y, vg_tap_products s, float *scratch, float *gw) {
	const int64_t width = s.size[2], rows = s.n * s.size[0] * s.size[1];
	const int64_t each = VG_TAP_ROWS / width;
#pragma omp parallel for schedule(static)
	for (int64_t tap = 0; tap < volume(s.taps); tap++) {
		float *near = scratch + tap * VG_TAP_ROWS * s.c;
		for (int64_t row = 0; row < rows; row += each) {
			const int64_t count = row + each < rows ? each : rows - row;
			for (int64_t i = 0; i < count; i++)
				memcpy(near + i * width * s.c, deep + deep_row(&s, tap, row + i), width * s.c * sizeof(float));
			dnnl_sgemm('T', 'N', s.k, s.c, count * width, 1, y + row * width * s.k, s.k, near, s.c, row > 0, gw + tap * s.k * s.c, s.c);
		}
	}
}

void vg_weights_from_taps(const float *by_tap, int64_t k, int64_t c, int64_t taps, const int32_t *table, float *w) {
#pragma omp parallel for schedule(static)
	for (int64_t o = 0; o < k; o++)
		for (int64_t tap = 0; tap < taps; tap++)
			for (int64_t i = 0; i < c; i++) w[o * c * taps + table[i * taps + tap]] = by_tap[(tap * k + o) * c + i];
}
