// A convolution of 4 taps, stride 2 and pad 1 along height and width, or its gradient by the input, with 9 products in place of 16.
//
// Taps of one parity are a convolution of 2 taps and stride 1, of which Winograd's F(2,2) computes two results y from three operands x
// with three products instead of four (Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural Networks", section 4):
//
//	y0 = x0·w0 + x1·w1 = (x0 − x1)·w0 + x1·(w0 + w1)
//	y1 = x1·w0 + x2·w1 = x1·(w0 + w1) − (x1 − x2)·w1
//
// Nothing is multiplied or divided besides: errors stay as small as those of the plain sums. Time is summed tap by tap.
#ifndef VG_WINOGRAD_H
#define VG_WINOGRAD_H

#include "position_products.h"

// Taps, or sums of two, that take the place of the 4 of an axis.
enum { VG_WINOGRAD_SUMS = 6 };

// Tensors lie in channel blocks of B = 16, those of functions for AVX2 in blocks of 8: from is n × from_blocks × from × B, to likewise.
// Sizes are time, height and width. by_input is 1 for the gradient by the input. Results whose times differ by `period` meet the same taps.
typedef struct {
	int64_t n, from_blocks, to_blocks, from[3], to[3];
	int64_t taps, period; // along time
	int64_t by_input;
} vg_winograd;

// w, plain and k × c × taps × 4 × 4, as the functions below take it: 36 numbers in place of each 4 × 4; the channels of the result
// are a multiple of 2·B, those of the operand of B.
int64_t vg_winograd_weight_numbers(int64_t k, int64_t c, int64_t taps, int64_t by_input);
int64_t vg_winograd_weight_numbers_avx2(int64_t k, int64_t c, int64_t taps, int64_t by_input);
void vg_winograd_weights(const float *w, int64_t k, int64_t c, int64_t taps, int64_t by_input, float *out);
void vg_winograd_weights_avx2(const float *w, int64_t k, int64_t c, int64_t taps, int64_t by_input, float *out);

// Time t of the result meets, at meets[begin[t]] … meets[begin[t+1]-1], a tap and a time of `from`.
// bias, of B numbers a block, may be NULL. act and alpha as in kernels.h. Scratch memory and that of moments is in bytes.
// With moments the mean and the biased variance of each channel are taken while results are in the caches; act is then none.
typedef struct {
	void *moments;
	float *mean, *var;
} vg_statistics;
int64_t vg_winograd_moments(vg_winograd s, int64_t threads);
int64_t vg_winograd_moments_avx2(vg_winograd s, int64_t threads);
int64_t vg_winograd_scratch(vg_winograd s, int64_t threads);
int64_t vg_winograd_scratch_avx2(vg_winograd s, int64_t threads);
void vg_winograd_products(const float *from, const float *weights, const float *bias, vg_winograd s, const int32_t *begin,
			  const vg_meeting *meets, int act, double alpha, int64_t threads, void *scratch, float *to, vg_statistics statistics);
void vg_winograd_products_avx2(const float *from, const float *weights, const float *bias, vg_winograd s, const int32_t *begin,
			       const vg_meeting *meets, int act, double alpha, int64_t threads, void *scratch, float *to, vg_statistics statistics);

#endif
