// The weight gradient of the convolutions of winograd.h, by the same three products for two results of two taps:
//
//	w0 = x0·y0 + x1·y1 = (x0 − x1)·y0 + x1·(y0 + y1)
//	w1 = x1·y0 + x2·y1 = x1·(y0 + y1) − (x1 − x2)·y1
#ifndef VG_WINOGRAD_OUTER_H
#define VG_WINOGRAD_OUTER_H

#include <stdint.h>

// x is n × c × x, in channel blocks of B = 16, and y n × k × y likewise; c is a multiple of B and k of 2·B. The functions for AVX2 take
// blocks of 8. Axes are time, height and width; taps, stride and pad are those of time.
typedef struct {
	int64_t n, c, k, x[3], y[3];
	int64_t taps, stride, pad;
} vg_winograd_outer;

// Bytes of scratch memory that the functions below need.
int64_t vg_winograd_outer_scratch(vg_winograd_outer s, int64_t threads);
int64_t vg_winograd_outer_scratch_avx2(vg_winograd_outer s, int64_t threads);

// gw = Σ over samples and positions of y ⊗ x, k × c × taps × 4 × 4, plain.
void vg_winograd_outer_products(const float *x, const float *y, vg_winograd_outer s, int64_t threads, void *scratch, float *gw);
void vg_winograd_outer_products_avx2(const float *x, const float *y, vg_winograd_outer s, int64_t threads, void *scratch, float *gw);

#endif
