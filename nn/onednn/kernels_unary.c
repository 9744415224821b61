#include "kernels_math.h"

typedef struct {
	int func;
	float alpha;
	const float *x;
	float *y;
} unary_args;

// Sets y[i] to an expression in v = x[i].
#define MAP(expression) \
	do { \
		VG_INDEPENDENT \
		for (int64_t i = lo; i < hi; i++) { \
			const float v = x[i]; \
			y[i] = (expression); \
		} \
	} while (0)

VG_INLINE void power(const float *x, float p, float *y, int64_t lo, int64_t hi) {
	if (p == 2) MAP(v * v);
	else if (p == 3) MAP(v * v * v);
	else if (p == 1) MAP(v);
	else if (p == 0.5f) MAP(sqrtf(v) + 0); // + 0: pow(-0, ½) is 0
	else if (p == -0.5f) MAP(1 / (sqrtf(v) + 0));
	else if (p == -1) MAP(1 / v);
	else if (p == -2) MAP(1 / (v * v));
	else if (p == 0) // of NaN, too
		for (int64_t i = lo; i < hi; i++) y[i] = 1;
	else
		for (int64_t i = lo; i < hi; i++) y[i] = powf(x[i], p);
}

VG_CLONES static void unary_worker(const void *args, int64_t lo, int64_t hi) {
	const unary_args *a = args;
	const float *x = a->x;
	const float alpha = a->alpha;
	float *y = a->y;
	switch (a->func) {
	case VG_RELU: MAP(vg_activate(v, VG_ACT_RELU, 0)); break;
	case VG_LEAKY_RELU: MAP(vg_activate(v, VG_ACT_LEAKY_RELU, alpha)); break;
	case VG_TANH: MAP(vg_tanh(v)); break;
	case VG_SIGMOID: MAP(vg_sigmoid(v)); break;
	case VG_SOFTPLUS: MAP(vg_softplus(v)); break;
	case VG_EXP: MAP(vg_exp(v)); break;
	case VG_LOG: MAP(vg_log(v)); break;
	case VG_SQRT: MAP(sqrtf(v)); break;
	case VG_ABS: MAP(fabsf(v)); break;
	case VG_SIGN: MAP(v > 0 ? 1 : v < 0 ? -1 : v); break;
	case VG_POW: power(x, alpha, y, lo, hi); break;
	case VG_SCALE: MAP(alpha * v); break;
	case VG_SHIFT: MAP(v + alpha); break;
	case VG_COPY: MAP(v); break;
	}
}

void vg_unary(int func, double alpha, const float *x, float *y, int64_t n) {
	if (func == VG_LEAKY_RELU && alpha == 0) func = VG_RELU; // 0·∞ is NaN
	const unary_args a = {func, alpha, x, y};
	vg_for(n, 1, unary_worker, &a);
}

typedef struct {
	int func;
	float alpha;
	const float *y, *gy;
	float *gx;
} grad_args;

// Sets gx[i] to an expression in v = y[i] and g = gy[i].
#define GRADIENT(expression) \
	do { \
		VG_INDEPENDENT \
		for (int64_t i = lo; i < hi; i++) { \
			const float v = y[i], g = gy[i]; \
			gx[i] = (expression); \
		} \
	} while (0)

VG_CLONES static void grad_worker(const void *args, int64_t lo, int64_t hi) {
	const grad_args *a = args;
	const float *y = a->y, *gy = a->gy;
	const float alpha = a->alpha;
	float *gx = a->gx;
	switch (a->func) {
	case VG_RELU: GRADIENT(g * vg_slope(v, VG_ACT_RELU, 0)); break;
	case VG_LEAKY_RELU: GRADIENT(g * vg_slope(v, VG_ACT_LEAKY_RELU, alpha)); break;
	case VG_TANH: GRADIENT(g * ((1 - v) * (1 + v))); break;
	case VG_SIGMOID: GRADIENT(g * (v * (1 - v))); break;
	}
}

void vg_unary_grad(int func, double alpha, const float *y, const float *gy, float *gx, int64_t n) {
	const grad_args a = {func, alpha, y, gy, gx};
	vg_for(n, 1, grad_worker, &a);
}
