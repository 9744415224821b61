// What clipping the singular values of a matrix takes: its Gram matrix, brought to
// tridiagonal form; a function of that as a sum of resolvents; and the change of the
// matrix by the result. The wide matrix is the given one, or its transpose where that
// has more rows than columns: n × m with n ≤ m.
#ifndef VG_SPECTRAL_H
#define VG_SPECTRAL_H

#include <stdint.h>

enum {
	VG_SPECTRAL_CHUNK = 4096, // columns that a part of the Gram matrix takes
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

// f = constant·I + Re Σ weight/(T - z), n rows of `stride` numbers, zero from the n-th on, in room for a multiple of 8 rows.
// The imaginary parts of the nodes z are positive and grow from one to the next. scratch holds 4·n·count numbers.
void vg_resolvents(const double *diagonal, const double *beside, int64_t n, vg_nodes nodes, double constant, double *scratch, int64_t stride, float *f);

// f = Q·f·Qᵀ for a symmetric f as vg_resolvents gives it. With n' the next multiple of 16 and b blocks of VG_SPECTRAL_BLOCK
// reflections, scratch holds (2·b + 8)·n'·VG_SPECTRAL_BLOCK + (b + 1 + 3·threads)·VG_SPECTRAL_BLOCK² numbers.
void vg_reflect(const float *reflections, int64_t n, int64_t stride, float *scratch, float *f);
void vg_reflect_avx2(const float *reflections, int64_t n, int64_t stride, float *scratch, float *f);

// Finds rows l (rank × n) with lᵀ·l = f for a positive semidefinite f (n rows of `stride` numbers) whose rows and
// columns are put in an order (n numbers) that makes l upper trapezoidal. What is left of
// f's diagonal is at most the tolerance. It returns the rank; with n' the next multiple of 16, scratch holds
// (n' + 8)·(n' + 16) + 9·n' numbers.
int64_t vg_factor(const float *f, int64_t n, int64_t stride, float tolerance, float *scratch, int64_t *order, float *l);
int64_t vg_factor_avx2(const float *f, int64_t n, int64_t stride, float tolerance, float *scratch, int64_t *order, float *l);

// wide -= lᵀ·l·wide, l with its order as vg_factor gives them; scratch holds 2·n'·n' numbers
// and 2·n'·VG_SPECTRAL_PANEL a thread.
void vg_subtract(vg_matrix w, int64_t rank, const int64_t *order, const float *l, float *scratch);
void vg_subtract_avx2(vg_matrix w, int64_t rank, const int64_t *order, const float *l, float *scratch);

// Arrays for all of it, as Go's Spectral describes them. Those of several matrices may be the same.
typedef struct {
	int64_t n, block, gram_stride, function_stride;
	float *scratch;
	double *gram, *diagonal, *beside;
	float *reflections, *function, *factor;
	int64_t *order;
} vg_spectral;

// Sets the singular values of each of so many matrices that are over 1 to 1, to about 2e-6; `largest` takes the largest that
// it had. It ends at one that is not finite, or whose squares are not, leaves that as it is, and returns the number of those
// before.
//
// All of them are one call, since after every call into C Go's scheduler wakes up for a while, at the cost of the threads
// that wait for each other here.
int64_t vg_clip(const vg_spectral *s, const vg_matrix *w, int64_t count, double *largest);

#endif
