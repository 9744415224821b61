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
