// The weight gradient of a convolution as sums of outer products: a tile of it stays in registers while all positions of y
// pass by. Taps on padding are left out, and a stride costs nothing.
#ifndef VG_OUTER_PRODUCTS_H
#define VG_OUTER_PRODUCTS_H

#include <stdint.h>

// x is n × c × x, in channel blocks of 16; y is n × k × y likewise; k is a
// multiple of 32 and c of 16. The functions for AVX2 take blocks of 8, and k a multiple of 16. Axes are time, height and width.
typedef struct {
	int64_t n, c, k;
	int64_t x[3], y[3], kernel[3], stride[3], pad[3];
} vg_outer;

// Bytes of scratch memory that the functions below need.
int64_t vg_outer_scratch(vg_outer s, int64_t threads);
int64_t vg_outer_scratch_bf16(vg_outer s, int64_t threads);
int64_t vg_outer_scratch_avx2(vg_outer s, int64_t threads);

// gw = Σ over samples and positions of y ⊗ x, k × c × kernel, plain.
void vg_outer_products(const float *x, const float *y, vg_outer s, int64_t threads, void *scratch, float *gw);
void vg_outer_products_bf16(const uint16_t *x, const uint16_t *y, vg_outer s, int64_t threads, void *scratch, float *gw);
void vg_outer_products_avx2(const float *x, const float *y, vg_outer s, int64_t threads, void *scratch, float *gw);

#endif
