#include "spectral.h"

#include <complex.h>

#include "kernels_loop.h"
#include "recording.h"

// Bounds of a clip, for the f and the nodes below.
static const double
	LEAST_NODE = 1e-8,     // times ½/π is the error of f next to 1
	FARTHEST_NODE = 1e7,   // times the largest eigenvalue; its inverse is the error there
	NODE_STEP = 0.55,      // of t: exp(-π²/step) is the error of the rule
	LEFT_OUT = 1e-7,       // of f
	CLIPPED_AT_ONCE = 2;   // singular values over it are clipped again, as rounding grows with them
enum { BISECTION_STEPS = 52, LANES = VG_SPECTRAL_LANES };

// Whether an eigenvalue of a tridiagonal matrix is over x: whether a pivot of the matrix minus x is positive.
static int exceeds(const double *diagonal, const double *beside, int64_t n, double x) {
	double pivot = -INFINITY, square = 0;
	for (int64_t i = 0; i < n; i++) {
		pivot = diagonal[i] - x - square / pivot;
		if (pivot >= 0) return 1;
		square = beside[i] * beside[i];
	}
	return 0;
}

// The largest eigenvalue of a positive semidefinite one, by bisection; NaN or an infinity where an element is.
static double largest_eigenvalue(const double *diagonal, const double *beside, int64_t n) {
	double low = 0, high = 0, before = 0;
	for (int64_t i = 0; i < n; i++) {
		if (isnan(diagonal[i]) || isnan(beside[i])) return NAN;
		high = fmax(high, diagonal[i] + before + fabs(beside[i])); // Gershgorin
		before = fabs(beside[i]);
	}
	for (int i = 0; i < BISECTION_STEPS; i++) {
		const double middle = (low + high) / 2;
		if (exceeds(diagonal, beside, n, middle)) low = middle;
		else high = middle;
	}
	return high;
}

// W -= f(W·Wᵀ)·W for f(x) = 1 - 1/√x where x > 1 and 0 elsewhere, given the largest eigenvalue of W·Wᵀ. By Cauchy's formula
// over the line Re z = 1 and an arc far to its right,
//
//	f(x) = (1/π)·Re ∫ g(z)·(1/(x - z) + 1/z) dy,   z = 1 + iy, y from 0 to ∞, g(z) = 1 - 1/√z,
//
// and with y = exp t the trapezoidal rule converges exponentially: no eigenvectors are needed, only some sixty resolvents
// of T, whose elements are products. f(T) has the rank of the number of singular values over 1, and costs as much to apply.
//
// Source: Hale, Higham and Trefethen 2008, "Computing A^α, log(A), and related matrix functions by contour integrals".
static void subtract_excess(const vg_spectral *s, vg_matrix w, double largest) {
	double re[VG_SPECTRAL_NODES], im[VG_SPECTRAL_NODES], weight_re[VG_SPECTRAL_NODES], weight_im[VG_SPECTRAL_NODES], constant = 0;
	const double from = log(LEAST_NODE), to = log(FARTHEST_NODE * fmax(largest, 1));
	const int64_t wanted = (int64_t)ceil((to - from) / NODE_STEP), count = vg_min((wanted + LANES - 1) / LANES * LANES, VG_SPECTRAL_NODES);
	const double step = (to - from) / (count - 1);
	for (int64_t i = 0; i < count; i++) {
		const double y = exp(from + i * step);
		const double complex z = CMPLX(1, y), weight = step * y / M_PI * (1 - 1 / csqrt(z));
		re[i] = 1, im[i] = y, weight_re[i] = creal(weight), weight_im[i] = cimag(weight);
		constant += creal(weight / z);
	}
	const vg_nodes nodes = {re, im, weight_re, weight_im, count};
	vg_resolvents(s->diagonal, s->beside, s->n, nodes, constant, (double *)s->scratch, s->function_stride, s->function);
	(s->block == 8 ? vg_reflect_avx2 : vg_reflect)(s->reflections, s->n, s->function_stride, s->scratch, s->function);
	const int64_t rank = (s->block == 8 ? vg_factor_avx2 : vg_factor)(s->function, s->n, s->function_stride, LEFT_OUT, s->scratch, s->order, s->factor);
	(s->block == 8 ? vg_subtract_avx2 : vg_subtract)(w, rank, s->order, s->factor, s->scratch);
}

// Clips one matrix and returns its largest singular value, or what is not finite.
static double clip(const vg_spectral *s, vg_matrix w) {
	double largest = NAN;
	for (int first = 1;; first = 0) {
		(s->block == 8 ? vg_gram_avx2 : vg_gram)(w, s->scratch, s->gram, s->gram_stride);
		vg_tridiagonalize(s->gram, s->n, s->gram_stride, (double *)s->scratch, s->diagonal, s->beside, s->reflections);
		const double eigenvalue = largest_eigenvalue(s->diagonal, s->beside, s->n);
		if (!isfinite(eigenvalue)) return eigenvalue;
		if (first) largest = sqrt(eigenvalue);
		if (eigenvalue <= 1) return largest;
		subtract_excess(s, w, eigenvalue);
		if (eigenvalue <= CLIPPED_AT_ONCE * CLIPPED_AT_ONCE || !first) return largest;
	}
}

int64_t vg_clip(const vg_spectral *s, const vg_matrix *w, int64_t count, double *largest) {
	vg_spread();
	for (int64_t i = 0; i < count; i++) {
		largest[i] = clip(s + i, w[i]);
		if (!isfinite(largest[i])) return i;
	}
	return count;
}
