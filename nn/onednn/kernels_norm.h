// A batch normalization by lanes. What it gives is computed by the same expression wherever it is needed, so that all
// kernels agree about the side of the activation's bend on which a number lies.
#ifndef VG_KERNELS_NORM_H
#define VG_KERNELS_NORM_H

#include "kernels_lanes.h"

typedef struct {
	float mean[VG_LANES], scale[VG_LANES], beta[VG_LANES];
} vg_norm_lanes;

VG_INLINE vg_norm_lanes vg_norm_at(const vg_norm *b, const vg_layout *l, const vg_run *r) {
	vg_norm_lanes k;
	float var[VG_LANES];
	vg_to_lanes(b->mean, 0, l, r, k.mean);
	vg_to_lanes(b->var, 1, l, r, var);
	vg_to_lanes(b->gamma, 0, l, r, k.scale);
	vg_to_lanes(b->beta, 0, l, r, k.beta);
	for (int j = 0; j < VG_LANES; j++) k.scale[j] /= sqrtf(var[j] + (float)b->eps);
	return k;
}

VG_INLINE vg_f8 vg_normalize8(vg_f8 x, vg_f8 mean, vg_f8 scale, vg_f8 beta) { return (x - mean) * scale + beta; }

// Numbers h … h+7 of a row, before the activation.
VG_INLINE vg_f8 vg_normalized8(const float *x, const vg_norm_lanes *k, int h) {
	return vg_normalize8(vg_load8(x + h), vg_load8(k->mean + h), vg_load8(k->scale + h), vg_load8(k->beta + h));
}

#endif
