#include "kernels_loop.h"

typedef struct {
	vg_pool p;
	int kind;
	const float *x;
	float *y;
} pool_args;

static int64_t taps(const vg_pool *p) { return p->kernel[0] * p->kernel[1] * p->kernel[2]; }

// Positions lo … hi-1 of the pooled axis whose tap k lies inside of the wide one.
VG_INLINE void inside(const vg_pool *p, int axis, int64_t k, int64_t *lo, int64_t *hi) {
	const int64_t shift = p->pad[axis] - k, stride = p->stride[axis];
	*lo = shift > 0 ? (shift + stride - 1) / stride : 0;
	*hi = vg_min(p->out[axis], p->in[axis] - 1 + shift < 0 ? 0 : (p->in[axis] - 1 + shift) / stride + 1);
}

VG_INLINE void take_row(int kind, const float *x, int64_t step, int64_t count, int64_t b, float *y) {
	VG_INDEPENDENT
	for (int64_t i = 0; i < count; i++) {
		VG_INDEPENDENT
		for (int64_t j = 0; j < b; j++) {
			const float v = x[i * step + j], u = y[i * b + j];
			y[i * b + j] = kind == VG_POOL_AVERAGE ? u + v : v > u || v != v ? v : u; // the first NaN stays
		}
	}
}

// Items are rows of y.
VG_INLINE void forward_range(const pool_args *a, int kind, int64_t b, int64_t lo, int64_t hi) {
	const vg_pool *p = &a->p;
	const int64_t width = p->out[2] * b;
	for (int64_t item = lo; item < hi; item++) {
		const int64_t h = item % p->out[1], t = item / p->out[1] % p->out[0], plane = item / p->out[1] / p->out[0];
		float *y = a->y + item * width;
		for (int64_t i = 0; i < width; i++) y[i] = kind == VG_POOL_AVERAGE ? 0 : -INFINITY;
		for (int64_t kt = 0; kt < p->kernel[0]; kt++) {
			const int64_t at = t * p->stride[0] + kt - p->pad[0];
			if (at < 0 || at >= p->in[0]) continue;
			for (int64_t kh = 0; kh < p->kernel[1]; kh++) {
				const int64_t ah = h * p->stride[1] + kh - p->pad[1];
				if (ah < 0 || ah >= p->in[1]) continue;
				const float *row = a->x + ((plane * p->in[0] + at) * p->in[1] + ah) * p->in[2] * b;
				for (int64_t kw = 0; kw < p->kernel[2]; kw++) {
					int64_t first, end;
					inside(p, 2, kw, &first, &end);
					const float *x = row + (first * p->stride[2] + kw - p->pad[2]) * b;
					take_row(kind, x, p->stride[2] * b, end - first, b, y + first * b);
				}
			}
		}
		if (kind != VG_POOL_AVERAGE) continue;
		const float share = 1.f / taps(p);
		for (int64_t i = 0; i < width; i++) y[i] *= share;
	}
}

VG_CLONES static void forward_worker(const void *args, int64_t lo, int64_t hi) {
	const pool_args *a = args;
	const int average = a->kind == VG_POOL_AVERAGE;
	switch (a->p.b) {
	case 1:
		if (average) forward_range(a, VG_POOL_AVERAGE, 1, lo, hi);
		else forward_range(a, VG_POOL_MAX, 1, lo, hi);
		break;
	case 8:
		if (average) forward_range(a, VG_POOL_AVERAGE, 8, lo, hi);
		else forward_range(a, VG_POOL_MAX, 8, lo, hi);
		break;
	case 16:
		if (average) forward_range(a, VG_POOL_AVERAGE, 16, lo, hi);
		else forward_range(a, VG_POOL_MAX, 16, lo, hi);
		break;
	default:
		if (average) forward_range(a, VG_POOL_AVERAGE, a->p.b, lo, hi);
		else forward_range(a, VG_POOL_MAX, a->p.b, lo, hi);
	}
}

void vg_pool_forward(int kind, vg_pool p, const float *x, float *y) {
	const pool_args a = {p, kind, x, y};
	vg_for(p.planes * p.out[0] * p.out[1], p.out[2] * p.b * taps(&p), forward_worker, &a);
}

VG_INLINE void give_row(const float *gy, float share, int64_t step, int64_t count, int64_t b, float *gx) {
	VG_INDEPENDENT
	for (int64_t i = 0; i < count; i++) {
		VG_INDEPENDENT
		for (int64_t j = 0; j < b; j++) gx[i * step + j] += share * gy[i * b + j];
	}
}

// The gradient of the average by rows of gx: each takes from the rows of gy whose
// windows reach it.
VG_INLINE void average_range(const pool_args *a, int64_t b, int64_t lo, int64_t hi) {
	const vg_pool *p = &a->p;
	const float share = 1.f / taps(p);
	for (int64_t item = lo; item < hi; item++) {
		const int64_t h = item % p->in[1], t = item / p->in[1] % p->in[0], plane = item / p->in[1] / p->in[0];
		float *gx = a->y + item * p->in[2] * b;
		for (int64_t i = 0; i < p->in[2] * b; i++) gx[i] = 0;
		for (int64_t kt = 0; kt < p->kernel[0]; kt++) {
			const int64_t at = t + p->pad[0] - kt, ot = at / p->stride[0];
			if (at < 0 || at % p->stride[0] || ot >= p->out[0]) continue;
			for (int64_t kh = 0; kh < p->kernel[1]; kh++) {
				const int64_t ah = h + p->pad[1] - kh, oh = ah / p->stride[1];
				if (ah < 0 || ah % p->stride[1] || oh >= p->out[1]) continue;
				const float *row = a->x + ((plane * p->out[0] + ot) * p->out[1] + oh) * p->out[2] * b;
				for (int64_t kw = 0; kw < p->kernel[2]; kw++) {
					int64_t first, end;
					inside(p, 2, kw, &first, &end);
					float *to = gx + (first * p->stride[2] + kw - p->pad[2]) * b;
					give_row(row + first * b, share, p->stride[2] * b, end - first, b, to);
				}
			}
		}
	}
}

VG_CLONES static void average_worker(const void *args, int64_t lo, int64_t hi) {
	const pool_args *a = args;
	switch (a->p.b) {
	case 1: average_range(a, 1, lo, hi); break;
	case 8: average_range(a, 8, lo, hi); break;
	case 16: average_range(a, 16, lo, hi); break;
	default: average_range(a, a->p.b, lo, hi);
	}
}

void vg_pool_average_grad(vg_pool p, const float *gy, float *gx) {
	const pool_args a = {p, VG_POOL_AVERAGE, gy, gx};
	vg_for(p.planes * p.in[0] * p.in[1], p.in[2] * p.b * taps(&p), average_worker, &a);
}

typedef struct {
	int64_t in[3], scale[3], b;
	const float *x;
	float *y;
} upsample_args;

// Items are rows of x; each fills a block of rows of y.
static void upsample_worker(const void *args, int64_t lo, int64_t hi) {
	const upsample_args *a = args;
	const int64_t b = a->b, width = a->in[2] * a->scale[2] * b, rows = a->in[1] * a->scale[1];
	for (int64_t item = lo; item < hi; item++) {
		const int64_t h = item % a->in[1], frame = item / a->in[1];
		const float *x = a->x + item * a->in[2] * b;
		float *first = a->y + (frame * a->scale[0] * rows + h * a->scale[1]) * width;
		for (int64_t i = 0, to = 0; i < a->in[2]; i++)
			for (int64_t k = 0; k < a->scale[2]; k++)
				for (int64_t j = 0; j < b; j++) first[to++] = x[i * b + j];
		for (int64_t t = 0; t < a->scale[0]; t++)
			for (int64_t k = 0; k < a->scale[1]; k++) {
				float *y = first + (t * rows + k) * width;
				if (y != first) memcpy(y, first, width * sizeof *y);
			}
	}
}

void vg_upsample(int64_t planes, vg_size3 in, vg_size3 scale, int64_t b, const float *x, float *y) {
	upsample_args a = {.b = b, .x = x, .y = y};
	memcpy(a.in, in.v, sizeof a.in);
	memcpy(a.scale, scale.v, sizeof a.scale);
	vg_for(planes * in.v[0] * in.v[1], in.v[2] * b * scale.v[0] * scale.v[1] * scale.v[2], upsample_worker, &a);
}
