// The weight gradient of a folded convolution by matrix products, one for each tap:
// on AVX2 twice as fast as oneDNN's kernel where feature maps are small.
#ifndef VG_TAP_PRODUCTS_H
#define VG_TAP_PRODUCTS_H

#include <stdint.h>

// The deep tensor is n × (size + taps - 1) × c, y is n × size × k, both with
// channels last; weights are taps × k × c.
typedef struct {
	int64_t n, c, k;
	int64_t size[3], taps[3];
} vg_tap_products;

enum { VG_TAP_ROWS = 256 }; // positions that are gathered at a time

// y with channels last from y in channel blocks of b.
void vg_channels_last(const float *y, int64_t n, int64_t c, int64_t positions, int64_t b, float *rows);
// gw[tap] = Σ over positions of y ⊗ deep shifted by the tap; scratch holds
// VG_TAP_ROWS·c numbers for each tap; a row of y has at most VG_TAP_ROWS positions.
void vg_tap_weights(const float *deep, const float *y, vg_tap_products s, float *scratch, float *gw);
// The gradient by plain weights, k × (parity, channel, tap) before the fold's table.
void vg_weights_from_taps(const float *by_tap, int64_t k, int64_t c, int64_t taps, const int32_t *table, float *w);

#endif
