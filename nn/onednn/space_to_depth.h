// Convolutions of 4 taps, stride 2 and pad 1 as convolutions of 2 taps and
// stride 1: every pair of neighbours along a strided axis moves into channels.
#ifndef VG_SPACE_TO_DEPTH_H
#define VG_SPACE_TO_DEPTH_H

#include <stdint.h>

typedef struct {
	int64_t n, c;       // samples and channels of the wide tensor x
	int64_t size[3];    // its spatial sizes T, H, W; 1 for an axis that is not there
	int64_t strided[3]; // 1 where the axis has stride 2, else 0
	int64_t bx, bd;     // channel block of x and of the deep tensor
} vg_fold;

// deep[n, p·C + c, j] = x[n, c, 2j - 1 + p] for p in {0, 1} along each strided
// axis, zero outside x; the deep tensor has size/2 + 1 positions there.
void vg_space_to_depth(const float *x, vg_fold f, float *deep);
// The adjoint: x[n, c, i] = deep[n, p·C + c, j] with 2j - 1 + p = i.
void vg_depth_to_space(const float *deep, vg_fold f, float *x);
// out[k, i] = in[k, table[i]] and its inverse out[k, table[i]] = in[k, i] for
// rows of the given length: how weights follow the fold.
void vg_gather_rows(const float *in, int64_t rows, int64_t each, const int32_t *table, float *out);
void vg_scatter_rows(const float *in, int64_t rows, int64_t each, const int32_t *table, float *out);

#endif
