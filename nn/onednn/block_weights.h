// Plain weights into the blocks of 16 × 16 channels that convolutions take.
#ifndef VG_BLOCK_WEIGHTS_H
#define VG_BLOCK_WEIGHTS_H

#include <stdint.h>

// w is k × c × taps; out is k/16 × c/16 × taps × 16 × 16, whose last axis is k or, with by_input, c; over bfloat16 the other one lies
// in pairs behind it. k and c are multiples of 16, taps of 8.
void vg_block_weights(const float *w, int64_t k, int64_t c, int64_t taps, int by_input, float *out);
void vg_block_weights_bf16(const float *w, int64_t k, int64_t c, int64_t taps, int by_input, uint16_t *out);

#endif
