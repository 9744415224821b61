// What clipping the singular values of a matrix takes: its Gram matrix, brought to
// tridiagonal form; a function of that as a sum of resolvents; and the change of the
// matrix by the result. The wide matrix is the given one, or its transpose where that
// has more rows than columns: n × m with n ≤ m.
#ifndef VG_SPECTRAL_H
#define VG_SPECTRAL_H

#include <stdint.h>

enum {
	VG_SPECTRAL_CHUNK = 2048, // columns that a part of the Gram matrix takes
	VG_SPECTRAL_DEPTH = 256,  // columns of those that are packed at a time
	VG_SPECTRAL_PANEL = 96,   // columns that change at a time
	VG_SPECTRAL_BLOCK = 48,   // reflections that are applied at a time
	VG_SPECTRAL_GROUPS = 4,   // parts of the rows that are brought to tridiagonal form, each by one thread
	VG_SPECTRAL_LANES = 8,    // what rows of doubles and numbers of nodes are multiples of
	VG_SPECTRAL_NODES = 128,  // at most
};

// A matrix in row-major order.
typedef struct {
	float *data;
	int64_t rows, cols;
} vg_matrix;

// g = wide · wideᵀ, as much of it as vg_tridiagonalize reads (n rows of `stride` numbers, zero
// from the n-th on). With n' the next multiple of 16, scratch holds n'·n' numbers for each
// chunk of columns and n'·VG_SPECTRAL_DEPTH a thread.
void vg_gram(vg_matrix w, float *scratch, double *g, int64_t stride);
void vg_gram_avx2(vg_matrix w, float *scratch, double *g, int64_t stride);

// Brings the symmetric a, which it overwrites, to the tridiagonal form T; of a it reads the
// upper half and the blocks of VG_SPECTRAL_LANES² on the diagonal. diagonal and beside take n
// numbers, the last beside is 0. Row k of reflections (n × n) is the v of the k-th reflection
// I - v·vᵀ, 0 up to its element k; a = Q·T·Qᵀ for their product Q. scratch holds
// (4·threads + 2·VG_SPECTRAL_GROUPS)·stride numbers.
void vg_tridiagonalize(double *a, int64_t n, int64_t stride, double *scratch, double *diagonal, double *beside, float *reflections);

// Numbers z and weights, their imaginary parts apart.
typedef struct {
	const double *re, *im, *weight_re, *weight_im;
	int64_t count; // a multiple of VG_SPECTRAL_LANES
} vg_nodes;

// f (n × n) = constant·I + Re Σ weight/(T - z). The imaginary parts of the nodes z are
// positive and grow from one to the next. scratch holds 4·n·count numbers.
void vg_resolvents(const double *diagonal, const double *beside, int64_t n, vg_nodes nodes, double constant, double *scratch, float *f);

// f = Q·f·Qᵀ for a symmetric f (n × n); scratch holds 2·n·VG_SPECTRAL_BLOCK +
// 3·VG_SPECTRAL_BLOCK² numbers.
void vg_reflect(const float *reflections, int64_t n, float *scratch, float *f);

// Finds rows l (rank × n) with lᵀ·l = f for a positive semidefinite f (n × n) whose rows and
// columns are put in an order (n numbers) that makes l upper trapezoidal. What is left of
// f's diagonal is at most the tolerance. It returns the rank; scratch holds n·n + 2·n numbers.
int64_t vg_factor(const float *f, int64_t n, float tolerance, float *scratch, int64_t *order, float *l);

// wide -= lᵀ·l·wide, l with its order as vg_factor gives them; scratch holds 2·n'·n' numbers
// and 2·n'·VG_SPECTRAL_PANEL a thread.
void vg_subtract(vg_matrix w, int64_t rank, const int64_t *order, const float *l, float *scratch);
void vg_subtract_avx2(vg_matrix w, int64_t rank, const int64_t *order, const float *l, float *scratch);

#endif
