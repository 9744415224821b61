#include "kernels_pieces.h"
#include "kernels_strided.h"

enum { WIDTH = 4 * VG_LANES, WIDE = 512, ROWS = 4 };

// A sum is a grid of outputs, each over a grid of rows of x. Where the innermost
// axis is kept an output is a tile of neighbours and a row is those of one
// position: up to WIDTH, which stay in registers, or up to WIDE where the axis is
// long and rows therefore lie far apart; otherwise an output is one number and a
// row is all of the innermost axis.
typedef struct {
	vg_space kept, reduced; // view: x; without the innermost axis
	int64_t inner, width;   // size of the innermost axis, and of a tile
	int64_t tiles;          // in the innermost axis
	int64_t outputs;        // tiles included
	int64_t rows;           // of an output; numbers where the innermost axis is reduced
	int64_t count;          // pieces of an output; with more than one there are at most VG_MAX_TASKS tasks
	int inner_kept;
	const float *x;
	float *y;
	double (*partials)[WIDTH]; // the sums of every task, of WIDTH at most; NULL: a task has the result
} sum_args;

VG_INLINE void add_lanes(const float *x, vg_d8 *sum) {
	for (int h = 0; h < VG_LANES / 8; h++) sum[h] += vg_load8d(x + 8 * h);
}

static void finish(const sum_args *a, int64_t output, const double *total) {
	if (!a->inner_kept) {
		a->y[output] = *total;
		return;
	}
	const int64_t first = output % a->tiles * a->width, width = vg_min(a->width, a->inner - first);
	for (int64_t j = 0; j < width; j++) a->y[output / a->tiles * a->inner + first + j] = total[j];
}

// Adds rows lo … hi-1 of a tile of `width` numbers at x to sum, 16 columns after
// the other; the rows are few enough to stay in the cache meanwhile.
VG_INLINE void sum_rows(const sum_args *a, const float *x, int64_t width, int64_t lo, int64_t hi, double sum[WIDTH]) {
	const int64_t stride = a->reduced.strides[0][a->reduced.rank - 1];
	for (int64_t column = 0; column < width; column += VG_LANES) {
		const int64_t lanes = vg_min(VG_LANES, width - column);
		vg_d8 s[VG_LANES / 8] = {0};
		vg_stretch w = vg_stretch_start(&a->reduced, lo, hi);
		while (vg_stretch_next(&a->reduced, &w)) {
			const float *row = x + w.offset[0] + column;
			if (lanes == VG_LANES) {
				for (int64_t i = 0; i < w.count; i++) add_lanes(row + i * stride, s);
				continue;
			}
			for (int64_t i = 0; i < w.count; i++) {
				float wide[VG_LANES];
				add_lanes(vg_widen(row + i * stride, lanes, wide), s);
			}
		}
		for (int h = 0; h < VG_LANES / 8; h++)
			for (int j = 0; j < 8; j++) sum[column + 8 * h + j] += s[h][j];
	}
}

VG_INLINE void add_wide_rows(const float *row, int64_t stride, int64_t width, const int count, double *sum) {
	VG_INDEPENDENT
	for (int64_t j = 0; j < width; j++)
		for (int k = 0; k < count; k++) sum[j] += row[k * stride + j];
}

// The same, all columns of ROWS rows, which the processor fetches side by side, before the next ones.
VG_INLINE void sum_wide_rows(const sum_args *a, const float *x, int64_t width, int64_t lo, int64_t hi, double sum[WIDE]) {
	const int64_t stride = a->reduced.strides[0][a->reduced.rank - 1];
	vg_stretch w = vg_stretch_start(&a->reduced, lo, hi);
	while (vg_stretch_next(&a->reduced, &w)) {
		const float *row = x + w.offset[0];
		int64_t left = w.count;
		for (; left >= ROWS; left -= ROWS, row += ROWS * stride) add_wide_rows(row, stride, width, ROWS, sum);
		switch (left) {
		case 3: add_wide_rows(row, stride, width, 3, sum); break;
		case 2: add_wide_rows(row, stride, width, 2, sum); break;
		case 1: add_wide_rows(row, stride, width, 1, sum);
		}
	}
}

VG_INLINE void sum_tile(const sum_args *a, const float *x, int64_t width, int64_t lo, int64_t hi, double *sum) {
	enum { BLOCK = 64 };
	memset(sum, 0, a->width * sizeof *sum);
	if (a->width == WIDE) {
		sum_wide_rows(a, x, width, lo, hi, sum);
		return;
	}
	for (; lo < hi; lo += BLOCK) sum_rows(a, x, width, lo, vg_min(lo + BLOCK, hi), sum);
}

// Sums numbers lo … hi-1 of an output at x.
VG_INLINE double sum_numbers(const sum_args *a, const float *x, int64_t lo, int64_t hi) {
	vg_d8 sum[VG_LANES / 8] = {0};
	double rest = 0;
	while (lo < hi) {
		const int64_t row = lo / a->inner, first = lo % a->inner, n = vg_min(a->inner - first, hi - lo);
		vg_stretch w = vg_stretch_start(&a->reduced, row, row + 1);
		const float *p = x + w.offset[0] + first;
		int64_t i = 0;
		for (; i + VG_LANES <= n; i += VG_LANES) add_lanes(p + i, sum);
		for (; i < n; i++) rest += p[i];
		lo += n;
	}
	double lanes[VG_LANES];
	memcpy(lanes, sum, sizeof lanes);
	for (int half = VG_LANES / 2; half > 0; half /= 2)
		for (int j = 0; j < half; j++) lanes[j] += lanes[j + half];
	return lanes[0] + rest;
}

VG_CLONES static void sum_worker(const void *args, int64_t lo, int64_t hi) {
	const sum_args *a = args;
	for (int64_t task = lo; task < hi; task++) {
		const int64_t output = task / a->count, k = task % a->count;
		const int64_t tile = output % a->tiles, outer = output / a->tiles;
		const vg_stretch at = vg_stretch_start(&a->kept, outer, outer + 1);
		const float *x = a->x + at.offset[0] + tile * a->width;
		const int64_t first = a->rows * k / a->count, end = a->rows * (k + 1) / a->count;
		double own[WIDE], *sum = a->partials ? a->partials[task] : own;
		if (a->inner_kept) sum_tile(a, x, vg_min(a->width, a->inner - tile * a->width), first, end, sum);
		else *sum = sum_numbers(a, x, first, end);
		if (!a->partials) finish(a, output, sum);
	}
}

void vg_sum(int rank, vg_axes dims, vg_axes over, const float *x, float *y) {
	// The dense axes, neighbours of one kind joined.
	int64_t size[VG_MAX_AXES] = {1};
	int reduce[VG_MAX_AXES] = {0}, axes = 0;
	for (int i = 0; i < rank; i++) {
		if (dims.v[i] == 1) continue;
		if (axes && reduce[axes - 1] == !!over.v[i]) {
			size[axes - 1] *= dims.v[i];
			continue;
		}
		size[axes] = dims.v[i];
		reduce[axes++] = !!over.v[i];
	}
	if (axes == 0) axes = 1;
	sum_args a = {.inner = size[axes - 1], .inner_kept = !reduce[axes - 1], .tiles = 1, .x = x, .y = y};
	int64_t stride[VG_MAX_AXES], kept[VG_MAX_AXES], kept_stride[VG_MAX_AXES];
	int64_t reduced[VG_MAX_AXES], reduced_stride[VG_MAX_AXES];
	int keeps = 0, reduces = 0;
	for (int64_t i = axes - 1, n = 1; i >= 0; i--) {
		stride[i] = n;
		n *= size[i];
	}
	for (int i = 0; i < axes - 1; i++) {
		int64_t *sizes = reduce[i] ? reduced : kept, *strides = reduce[i] ? reduced_stride : kept_stride;
		const int at = reduce[i] ? reduces++ : keeps++;
		sizes[at] = size[i];
		strides[at] = stride[i];
	}
	a.kept = vg_space_of(keeps, kept, kept_stride, kept_stride, kept_stride);
	a.reduced = vg_space_of(reduces, reduced, reduced_stride, reduced_stride, reduced_stride);
	const int64_t far = (a.inner + WIDE - 1) / WIDE * vg_space_size(&a.kept);
	a.width = a.inner >= WIDE && far >= VG_WANTED_TASKS ? WIDE : WIDTH;
	if (a.inner_kept) a.tiles = (a.inner + a.width - 1) / a.width;
	a.outputs = vg_space_size(&a.kept) * a.tiles;
	a.rows = vg_space_size(&a.reduced) * (a.inner_kept ? 1 : a.inner);
	const int64_t numbers = a.rows * (a.inner_kept ? vg_min(a.width, a.inner) : 1);
	a.count = vg_min(vg_pieces_for(a.outputs, numbers), a.rows);

	double partials[VG_MAX_TASKS][WIDTH];
	if (a.count > 1) a.partials = partials;
	vg_for(a.outputs * a.count, numbers / a.count, sum_worker, &a);
	for (int64_t i = 0; a.partials && i < a.outputs; i++) {
		double total[WIDTH] = {0};
		for (int64_t k = 0; k < a.count; k++)
			for (int j = 0; j < (a.inner_kept ? WIDTH : 1); j++) total[j] += partials[i * a.count + k][j];
		finish(&a, i, total);
	}
}
