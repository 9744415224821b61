// Walks over tensors N × CB × S × B in runs of rows of at most 16 numbers, each
// of which always belongs to the same channel. Where B divides 16 a row is 16
// neighbours; otherwise it is up to 16 channels of a position.
#ifndef VG_KERNELS_LANES_H
#define VG_KERNELS_LANES_H

#include "kernels_loop.h"

enum { VG_LANES = 16 };

// Vectors for the rows; on narrower machines the compiler splits them. Loads and
// stores through the _at types take any address.
typedef float vg_f8 __attribute__((vector_size(32)));
typedef int32_t vg_i8 __attribute__((vector_size(32)));
typedef double vg_d8 __attribute__((vector_size(64)));
typedef float vg_f8_at __attribute__((vector_size(32), aligned(4), may_alias));
typedef double vg_d8_at __attribute__((vector_size(64), aligned(8), may_alias));

VG_INLINE vg_f8 vg_load8(const float *p) { return *(const vg_f8_at *)p; }
VG_INLINE void vg_store8(float *p, vg_f8 v) { *(vg_f8_at *)p = v; }
VG_INLINE vg_f8 vg_splat8(float v) { return (vg_f8){v, v, v, v, v, v, v, v}; }
VG_INLINE vg_d8 vg_load8d(const float *p) {
	const vg_f8 v = vg_load8(p);
	return (vg_d8){v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]}; // __builtin_convertvector is split before the clones are made
}

// Elements from which on a row comes into the cache before its turn. Short runs at a distance keep the processor from doing so itself.
enum { VG_AHEAD = 1024 };

// Where the mask is set a, else b.
VG_INLINE vg_f8 vg_select8(vg_i8 mask, vg_f8 a, vg_f8 b) { return (vg_f8)((mask & (vg_i8)a) | (~mask & (vg_i8)b)); }

VG_INLINE vg_f8 vg_activate8(vg_f8 v, int act, float alpha) {
	switch (act) {
	case VG_ACT_RELU: return (vg_f8)(~(v <= 0) & (vg_i8)v); // NaN stays
	case VG_ACT_LEAKY_RELU: return vg_select8(v <= 0, alpha * v, v);
	default: return v;
	}
}

// g times the activation's slope where its value is y; NaN where y is.
VG_INLINE vg_f8 vg_slope8(vg_f8 g, vg_f8 y, int act, float alpha) {
	if (act == VG_ACT_NONE) return g;
	const vg_f8 below = vg_splat8(act == VG_ACT_RELU ? 0 : alpha);
	return g * vg_select8(y <= 0, below, vg_select8(y > 0, vg_splat8(1), y));
}

typedef struct {
	int64_t offset, rows, stride;      // whole rows, the first at offset, the next stride further
	int64_t part, parts, width;        // narrower rows likewise, of width numbers, the first at part
	int64_t channel;                   // of lane 0
	int64_t distinct;                  // lane j has the channel of lane j % distinct
} vg_run;

// The same tensor with as few axes as possible: axes of size 1 vanish.
vg_layout vg_simplify(vg_layout l);
// Tiles of at most 16 channels, which share their runs.
int64_t vg_tiles(const vg_layout *l);
// The run of a tile at `count` positions of one sample from `first` on.
vg_run vg_run_at(const vg_layout *l, int64_t sample, int64_t tile, int64_t first, int64_t count);
// Copies the numbers of a run's channels to its lanes; padding gets `other`, and
// so does everything where v is NULL.
void vg_to_lanes(const float *v, float other, const vg_layout *l, const vg_run *r, float lanes[VG_LANES]);

// Whether a simplified layout is a matrix, a row of which is whole tiles. Its rows may lie a page apart: a kernel does
// VG_WIDE tiles of a row before it goes to the next.
enum { VG_WIDE = 8 };
int vg_wide(const vg_layout *l);

// All numbers of positions `at` … `end`-1, counted over samples and blocks, in an
// order that stays near. vg_next gives the next run, or 0 at the end.
typedef struct {
	int64_t at, end, tile;
} vg_walk;
int vg_next(const vg_layout *l, vg_walk *w, vg_run *r);

// A narrow row as a whole one: the lanes after its end hold zeros.
VG_INLINE const float *vg_widen(const float *x, int64_t width, float lanes[VG_LANES]) {
	memset(lanes, 0, VG_LANES * sizeof *lanes);
	memcpy(lanes, x, width * sizeof *lanes);
	return lanes;
}

#endif
