#include "kernels_loop.h"

typedef struct {
	float *p;
	const float *g;
	float *m, *v;
	float step, beta1, rest1, beta2, rest2, eps, inverse_root;
} adam_args;

VG_CLONES static void adam_worker(const void *args, int64_t lo, int64_t hi) {
	const adam_args a = *(const adam_args *)args;
	VG_INDEPENDENT
	for (int64_t i = lo; i < hi; i++) {
		const float g = a.g[i], m = a.beta1 * a.m[i] + a.rest1 * g, v = a.beta2 * a.v[i] + a.rest2 * g * g;
		a.m[i] = m;
		a.v[i] = v;
		a.p[i] -= a.step * m / (sqrtf(v) * a.inverse_root + a.eps);
	}
}

void vg_adam(float *p, const float *g, float *m, float *v, int64_t n, double step, double beta1, double beta2,
	double eps, double root) {
	const adam_args a = {p, g, m, v, step, beta1, 1 - beta1, beta2, 1 - beta2, eps, 1 / root};
	vg_for(n, 4, adam_worker, &a);
}

typedef struct {
	float *p;
	const float *g;
	float *s;
	float lr, alpha, rest, outside, inside;
} rmsprop_args;

VG_CLONES static void rmsprop_worker(const void *args, int64_t lo, int64_t hi) {
	const rmsprop_args a = *(const rmsprop_args *)args;
	VG_INDEPENDENT
	for (int64_t i = lo; i < hi; i++) {
		const float g = a.g[i], s = a.alpha * a.s[i] + a.rest * g * g;
		a.s[i] = s;
		a.p[i] -= a.lr * g / (sqrtf(s + a.inside) + a.outside);
	}
}

void vg_rmsprop(float *p, const float *g, float *s, int64_t n, double lr, double alpha, double eps, int eps_inside) {
	const rmsprop_args a = {p, g, s, lr, alpha, 1 - alpha, eps_inside ? 0 : eps, eps_inside ? eps : 0};
	vg_for(n, 3, rmsprop_worker, &a);
}

typedef struct {
	float *p;
	const float *g;
	float *buf;
	float lr, momentum;
} sgd_args;

VG_CLONES static void sgd_worker(const void *args, int64_t lo, int64_t hi) {
	const sgd_args a = *(const sgd_args *)args;
	if (!a.buf) {
		VG_INDEPENDENT
		for (int64_t i = lo; i < hi; i++) a.p[i] -= a.lr * a.g[i];
		return;
	}
	VG_INDEPENDENT
	for (int64_t i = lo; i < hi; i++) {
		const float b = a.momentum * a.buf[i] + a.g[i];
		a.buf[i] = b;
		a.p[i] -= a.lr * b;
	}
}

void vg_sgd(float *p, const float *g, float *buf, int64_t n, double lr, double momentum) {
	const sgd_args a = {p, g, buf, lr, momentum};
	vg_for(n, 3, sgd_worker, &a);
}

typedef struct {
	float *avg;
	const float *p;
	float keep, rest;
} ema_args;

VG_CLONES static void ema_worker(const void *args, int64_t lo, int64_t hi) {
	const ema_args a = *(const ema_args *)args;
	VG_INDEPENDENT
	for (int64_t i = lo; i < hi; i++) a.avg[i] = a.keep * a.avg[i] + a.rest * a.p[i];
}

void vg_ema(float *avg, const float *p, int64_t n, double keep) {
	const ema_args a = {avg, p, keep, 1 - keep};
	vg_for(n, 2, ema_worker, &a);
}

typedef struct {
	float *p, lo, hi;
} clamp_args;

VG_CLONES static void clamp_worker(const void *args, int64_t lo, int64_t hi) {
	const clamp_args a = *(const clamp_args *)args;
	VG_INDEPENDENT
	for (int64_t i = lo; i < hi; i++) {
		const float v = a.p[i] < a.lo ? a.lo : a.p[i]; // NaN stays
		a.p[i] = v > a.hi ? a.hi : v;
	}
}

void vg_clamp(float *p, int64_t n, double lo, double hi) {
	const clamp_args a = {p, lo, hi};
	vg_for(n, 2, clamp_worker, &a);
}
