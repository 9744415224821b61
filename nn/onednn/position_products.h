// A convolution, or its gradient by the input, one position of the result after the other: a tile of samples and channels stays in
// registers while all taps that meet the position pass by. Taps on padding are left out, and weights are
// read once for many samples.
#ifndef VG_POSITION_PRODUCTS_H
#define VG_POSITION_PRODUCTS_H

#include <stdint.h>

// Tensors lie in channel blocks of B = 16, those of functions for AVX2 in blocks of 8: from is n × from_blocks × from_size × B, to likewise. Block (to, from) of the weights starts
// at to·to_stride + from·from_stride, in taps, of B × B numbers each: channel of from × channel of to, bfloat16 in pairs of the former.
typedef struct {
	int64_t n, from_blocks, to_blocks, from_size, to_size, taps;
	int64_t from_stride, to_stride;
} vg_position;

// A tap of the kernel, and a position of `from` on which it lies.
typedef struct {
	int32_t tap, position;
} vg_meeting;

// Position i of the result is a sum over meets[begin[i]] … meets[begin[i+1]-1].
// bias, of B numbers a block, may be NULL. act and alpha as in kernels.h. Scratch memory is per thread.
int64_t vg_position_scratch(vg_position s);
int64_t vg_position_scratch_bf16(vg_position s);
int64_t vg_position_scratch_avx2(vg_position s);
void vg_position_products(const float *from, const float *weights, const float *bias, vg_position s, const int32_t *begin,
			  const vg_meeting *meets, int act, double alpha, int64_t threads, void *scratch, float *to);
void vg_position_products_bf16(const uint16_t *from, const uint16_t *weights, const float *bias, vg_position s, const int32_t *begin,
			       const vg_meeting *meets, int act, double alpha, int64_t threads, void *scratch, uint16_t *to);
void vg_position_products_avx2(const float *from, const float *weights, const float *bias, vg_position s, const int32_t *begin,
			       const vg_meeting *meets, int act, double alpha, int64_t threads, void *scratch, float *to);

#endif
