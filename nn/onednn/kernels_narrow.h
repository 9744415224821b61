// Convolutions of 3×3 taps, stride 1 and pad 1 to a few channels: the last layer
// of an image generator. oneDNN fills its vectors with output channels, so that
// most of each vector is idle; these fill them with input channels.
#ifndef VG_KERNELS_NARROW_H
#define VG_KERNELS_NARROW_H

#include "kernels.h"

enum {
	VG_NARROW_OUTPUTS = 4,    // the most output channels
	VG_NARROW_CHANNELS = 128, // the most input channels
	VG_NARROW_AREA = 128,     // the most rows and the most columns of an image
};

// x is n × c/b × height × width × b with b = 8 or 16 a divisor of c, weights are
// k × c × 3 × 3 and y is n × k × height × width, both plain.
typedef struct {
	int64_t n, c, height, width, b, k;
} vg_narrow;

// y = x * w + bias; bias may be NULL. Unless norm.mean is NULL x stands for what norm, of its channels, makes of it.
void vg_narrow_forward(const float *x, vg_norm norm, const float *w, const float *bias, vg_narrow s, float *y);
// The gradient by x.
void vg_narrow_backward_data(const float *gy, const float *w, vg_narrow s, float *gx);
// The gradient by w, norm as above. Sums of vg_narrow_pieces pieces of k·c·9 numbers each are kept
// in partial and added in order.
int64_t vg_narrow_pieces(vg_narrow s);
void vg_narrow_backward_weights(const float *x, vg_norm norm, const float *gy, vg_narrow s, double *partial, float *gw);

#endif
