#include "kernels_strided.h"

typedef struct {
	vg_space s; // views: x, y
	const float *x;
	float *y;
} copy_args;

VG_CLONES static void copy_worker(const void *args, int64_t lo, int64_t hi) {
	const copy_args *a = args;
	const int64_t sx = a->s.strides[0][a->s.rank - 1], sy = a->s.strides[1][a->s.rank - 1];
	vg_stretch w = vg_stretch_start(&a->s, lo, hi);
	while (vg_stretch_next(&a->s, &w)) {
		const float *x = a->x + w.offset[0];
		float *y = a->y + w.offset[1];
		const int64_t n = w.count;
		if (sx == 1 && sy == 1) {
			VG_INDEPENDENT
			for (int64_t i = 0; i < n; i++) y[i] = x[i];
		} else if (sx == 0 && sy == 1) {
			const float v = *x;
			for (int64_t i = 0; i < n; i++) y[i] = v;
		} else {
			VG_INDEPENDENT
			for (int64_t i = 0; i < n; i++) y[i * sy] = x[i * sx];
		}
	}
}

// Copies planes of the last two axes, along whose first x is contiguous, in
// blocks whose cache lines are all used before they go.
static void transpose_worker(const void *args, int64_t lo, int64_t hi) {
	enum { BLOCK = 16 };
	const copy_args *a = args;
	const int r = a->s.rank - 2;
	const int64_t rows = a->s.dims[r], columns = a->s.dims[r + 1], bands = (rows + BLOCK - 1) / BLOCK;
	const int64_t sx = a->s.strides[0][r + 1], sy = a->s.strides[1][r];
	vg_space planes = a->s;
	planes.rank = r > 0 ? r : 1;
	if (r == 0) {
		planes.dims[0] = 1;
		planes.strides[0][0] = planes.strides[1][0] = 0;
	}
	for (int64_t item = lo; item < hi; item++) {
		const vg_stretch w = vg_stretch_start(&planes, item / bands, item / bands + 1);
		const int64_t first = item % bands * BLOCK, count = vg_min(BLOCK, rows - first);
		const float *x = a->x + w.offset[0] + first;
		float *y = a->y + w.offset[1] + first * sy;
		for (int64_t c = 0; c < columns; c += BLOCK) {
			const int64_t width = vg_min(BLOCK, columns - c);
			for (int64_t i = 0; i < count; i++)
				for (int64_t j = c; j < c + width; j++) y[i * sy + j] = x[i + j * sx];
		}
	}
}

// Brings an axis along which x is contiguous next to the last one, along which y
// is; 0 when the view has no such two axes.
static int is_transpose(vg_space *s) {
	const int last = s->rank - 1;
	if (last < 1 || s->strides[0][last] <= 1 || s->strides[1][last] != 1) return 0;
	for (int i = 0; i < last; i++) {
		if (s->strides[0][i] != 1) continue;
		for (int k = i; k < last - 1; k++) {
			int64_t *arrays[] = {s->dims, s->strides[0], s->strides[1]};
			for (int v = 0; v < 3; v++) {
				const int64_t moved = arrays[v][k];
				arrays[v][k] = arrays[v][k + 1];
				arrays[v][k + 1] = moved;
			}
		}
		return s->dims[last] >= 4 && s->dims[last - 1] >= 4;
	}
	return 0;
}

static void copy_space(const vg_space *s, const float *x, float *y) {
	copy_args a = {*s, x, y};
	const int64_t size = vg_space_size(s);
	if (is_transpose(&a.s)) {
		const int64_t rows = a.s.dims[a.s.rank - 2], columns = a.s.dims[a.s.rank - 1], bands = (rows + 15) / 16;
		vg_for(size / (rows * columns) * bands, 16 * columns, transpose_worker, &a);
		return;
	}
	a.s = *s;
	vg_for(size, 1, copy_worker, &a);
}

void vg_copy_strided(int rank, vg_axes dims, vg_axes stride_x, const float *x, vg_axes stride_y, float *y) {
	const vg_space s = vg_space_of(rank, dims.v, stride_x.v, stride_y.v, stride_y.v);
	copy_space(&s, x, y);
}

void vg_broadcast(int rank, vg_axes dims, vg_axes stride_x, const float *x, float *y) {
	const vg_space s = vg_space_of(rank, dims.v, stride_x.v, 0, 0);
	copy_space(&s, x, y);
}

typedef struct {
	float value, *y;
} fill_args;

VG_CLONES static void fill_worker(const void *args, int64_t lo, int64_t hi) {
	const fill_args *a = args;
	const float value = a->value;
	float *y = a->y;
	for (int64_t i = lo; i < hi; i++) y[i] = value;
}

void vg_fill(float *y, double value, int64_t n) {
	const fill_args a = {value, y};
	vg_for(n, 1, fill_worker, &a);
}
