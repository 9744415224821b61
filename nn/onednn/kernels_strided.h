// Loops over strided views.
#ifndef VG_KERNELS_STRIDED_H
#define VG_KERNELS_STRIDED_H

#include "kernels_loop.h"

enum { VG_MAX_VIEWS = 3 };

// Up to three arrays seen through the same axes.
typedef struct {
	int rank; // at least 1
	int64_t dims[VG_MAX_AXES], strides[VG_MAX_VIEWS][VG_MAX_AXES];
} vg_space;

// A space of the given axes without those of size 1, neighbours joined wherever
// all views allow it. A NULL stride stands for a dense array.
vg_space vg_space_of(int rank, const int64_t *dims, const int64_t *a, const int64_t *b, const int64_t *c);

int64_t vg_space_size(const vg_space *s);

// Elements at … end-1 in row-major order, in runs along the last axis: `count`
// elements, in view i from offset[i] on. vg_stretch_next gives the next run, or 0
// at the end.
typedef struct {
	int64_t at, end, count;
	int64_t index[VG_MAX_AXES], offset[VG_MAX_VIEWS];
} vg_stretch;
vg_stretch vg_stretch_start(const vg_space *s, int64_t lo, int64_t hi);
int vg_stretch_next(const vg_space *s, vg_stretch *w);

#endif
