#include "kernels_loop.h"

typedef struct {
	vg_pool p;
	const float *x, *v;
	float *y;
} max_args;

// The offset in a plane of the largest element of a window, for one lane; NaN is
// larger than any number, and of equals the first counts.
static int64_t argmax(const vg_pool *p, const float *plane, const int64_t at[3], int64_t lane) {
	int64_t lo[3], hi[3], best = -1;
	for (int i = 0; i < 3; i++) {
		const int64_t from = at[i] * p->stride[i] - p->pad[i];
		lo[i] = vg_max(from, 0);
		hi[i] = vg_min(from + p->kernel[i], p->in[i]);
	}
	float largest = 0;
	for (int64_t t = lo[0]; t < hi[0]; t++)
		for (int64_t h = lo[1]; h < hi[1]; h++)
			for (int64_t w = lo[2]; w < hi[2]; w++) {
				const int64_t offset = ((t * p->in[1] + h) * p->in[2] + w) * p->b + lane;
				const float v = plane[offset];
				if (best < 0 || v > largest || (v != v && largest == largest)) {
					best = offset;
					largest = v;
				}
			}
	return best;
}

VG_INLINE int64_t plane_size(const int64_t size[3], int64_t b) { return size[0] * size[1] * size[2] * b; }

// Items are planes: windows of one overlap.
static void scatter_worker(const void *args, int64_t lo, int64_t hi) {
	const max_args *a = args;
	const vg_pool *p = &a->p;
	const int64_t wide = plane_size(p->in, p->b);
	for (int64_t plane = lo; plane < hi; plane++) {
		const float *x = a->x + plane * wide, *v = a->v + plane * plane_size(p->out, p->b);
		float *y = a->y + plane * wide;
		memset(y, 0, wide * sizeof *y);
		int64_t at[3];
		for (at[0] = 0; at[0] < p->out[0]; at[0]++)
			for (at[1] = 0; at[1] < p->out[1]; at[1]++)
				for (at[2] = 0; at[2] < p->out[2]; at[2]++)
					for (int64_t j = 0; j < p->b; j++) y[argmax(p, x, at, j)] += *v++;
	}
}

void vg_maxpool_scatter(vg_pool p, const float *x, const float *gy, float *gx) {
	const max_args a = {p, x, gy, gx};
	vg_for(p.planes, plane_size(p.in, p.b), scatter_worker, &a);
}

// Items are rows of y.
static void gather_worker(const void *args, int64_t lo, int64_t hi) {
	const max_args *a = args;
	const vg_pool *p = &a->p;
	for (int64_t item = lo; item < hi; item++) {
		const int64_t plane = item / p->out[1] / p->out[0] * plane_size(p->in, p->b);
		int64_t at[3] = {item / p->out[1] % p->out[0], item % p->out[1], 0};
		float *y = a->y + item * p->out[2] * p->b;
		for (; at[2] < p->out[2]; at[2]++)
			for (int64_t j = 0; j < p->b; j++) *y++ = a->v[plane + argmax(p, a->x + plane, at, j)];
	}
}

void vg_maxpool_gather(vg_pool p, const float *x, const float *v, float *y) {
	const max_args a = {p, x, v, y};
	const int64_t taps = p.kernel[0] * p.kernel[1] * p.kernel[2];
	vg_for(p.planes * p.out[0] * p.out[1], p.out[2] * p.b * taps, gather_worker, &a);
}
