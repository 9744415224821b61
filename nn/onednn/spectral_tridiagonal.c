#include "spectral.h"

#include <omp.h>

#include "kernels_transpose.h"

// Blocks of four rows belong to GROUPS in turn, whose sums are kept apart so that the number of
// threads does not change them. For SMALL rows or less, threads cost more than they save.
enum { LANES = VG_SPECTRAL_LANES, GROUPS = VG_SPECTRAL_GROUPS, SMALL = 128, ABREAST = 4 };

VG_INLINE vg_d8 load(const double *p) { return *(const vg_d8_at *)p; }
VG_INLINE void store(double *p, vg_d8 v) { *(vg_d8_at *)p = v; }
VG_INLINE double sum(vg_d8 v) { return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])); }

// Rows i … i+3 of the upper half of a, with all of the LANES × LANES blocks on its diagonal:
// a -= v·wᵀ + w·vᵀ, and p += a·next for both halves.
VG_CLONED_LOOP void four_rows(double *a, int64_t stride, int64_t i, const double *v, const double *w, const double *next, double *p) {
	double *r0 = a + i * stride, *r1 = r0 + stride, *r2 = r1 + stride, *r3 = r2 + stride;
	vg_d8 s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
	const double v0 = v[i], v1 = v[i + 1], v2 = v[i + 2], v3 = v[i + 3];
	const double w0 = w[i], w1 = w[i + 1], w2 = w[i + 2], w3 = w[i + 3];
	double x0 = 0, x1 = 0, x2 = 0, x3 = 0; // the block on the diagonal holds both halves
	for (int64_t j = i / LANES * LANES; j < stride; j += LANES) {
		const vg_d8 vj = load(v + j), wj = load(w + j), x = load(next + j);
		const vg_d8 y0 = load(r0 + j) - v0 * wj - w0 * vj, y1 = load(r1 + j) - v1 * wj - w1 * vj;
		const vg_d8 y2 = load(r2 + j) - v2 * wj - w2 * vj, y3 = load(r3 + j) - v3 * wj - w3 * vj;
		store(r0 + j, y0), store(r1 + j, y1), store(r2 + j, y2), store(r3 + j, y3);
		s0 += y0 * x, s1 += y1 * x, s2 += y2 * x, s3 += y3 * x;
		store(p + j, load(p + j) + ((x0 * y0 + x1 * y1) + (x2 * y2 + x3 * y3)));
		x0 = next[i], x1 = next[i + 1], x2 = next[i + 2], x3 = next[i + 3];
	}
	p[i] += sum(s0), p[i + 1] += sum(s1), p[i + 2] += sum(s2), p[i + 3] += sum(s3);
}

// One row likewise.
VG_CLONED_LOOP void single_row(double *a, int64_t stride, int64_t i, const double *v, const double *w, const double *next, double *p) {
	double *r = a + i * stride, xi = 0;
	vg_d8 s = {0};
	for (int64_t j = i / LANES * LANES; j < stride; j += LANES) {
		const vg_d8 y = load(r + j) - v[i] * load(w + j) - w[i] * load(v + j);
		store(r + j, y);
		s += y * load(next + j);
		store(p + j, load(p + j) + xi * y);
		xi = next[i];
	}
	p[i] += sum(s);
}

// x = row k of a - v·wᵀ - w·vᵀ, where `row` is that of a.
VG_CLONED_LOOP void pivot_row(const double *row, int64_t k, int64_t from, int64_t stride, const double *v, const double *w, double *x) {
	const double vk = v[k], wk = w[k];
	for (int64_t j = from; j < stride; j += LANES) store(x + j, load(row + j) - vk * load(w + j) - wk * load(v + j));
}

VG_CLONED_LOOP double dot(const double *a, const double *b, int64_t from, int64_t to) {
	vg_d8 s = {0};
	for (int64_t j = from; j < to; j += LANES) s += load(a + j) * load(b + j);
	return sum(s);
}

// p = the sum of all groups' parts.
VG_CLONED_LOOP void add_parts(const double *parts, int64_t from, int64_t stride, double *p) {
	const double *a = parts, *b = a + stride, *c = b + stride, *d = c + stride;
	for (int64_t j = from; j < stride; j += LANES) store(p + j, (load(a + j) + load(b + j)) + (load(c + j) + load(d + j)));
}

VG_CLONED_LOOP void subtract(double *y, const double *p, const double *v, double scale, int64_t from, int64_t to) {
	for (int64_t j = from; j < to; j += LANES) store(y + j, load(p + j) - scale * load(v + j));
}

void vg_tridiagonalize(double *a, int64_t n, int64_t stride, double *scratch, double *diagonal, double *beside, float *reflections) {
	double *products = scratch; // parts of a·v of the even and of the odd steps
#pragma omp parallel if (n > SMALL)
	{
		const int64_t thread = omp_get_thread_num(), threads = omp_get_num_threads();
		double *v = scratch + (2 * GROUPS + 4 * thread) * stride, *w = v + stride, *next = w + stride, *p = next + stride;
		memset(v, 0, 4 * stride * sizeof *v);
		for (int64_t k = 0; k < n; k++) {
			// Every thread finds the reflection for itself.
			const int64_t from = k / LANES * LANES;
			pivot_row(a + k * stride, k, from, stride, v, w, next);
			const double d = next[k];
			for (int64_t j = from; j <= k; j++) next[j] = 0;
			const double first = next[k + 1 < n ? k + 1 : k];
			const double length = sqrt(dot(next, next, from, stride));
			const double e = first > 0 ? -length : length;
			if (length > 0) {
				const double scale = 1 / sqrt(length * (length + fabs(first)));
				next[k + 1] -= e;
				for (int64_t j = k + 1; j < n; j++) next[j] *= scale;
			}
			if (thread == 0) {
				diagonal[k] = d, beside[k] = k + 1 < n ? e : 0;
				for (int64_t j = 0; j < n; j++) reflections[k * n + j] = j > k ? next[j] : 0;
			}
			const int64_t team = n - k > SMALL ? threads : 1;
			if (k + 1 == n || thread >= team) break;
			double *parts = products + k % 2 * GROUPS * stride;
			for (int64_t group = thread; group < GROUPS; group += team) {
				const int64_t block = (k + 1) / 4, skip = (group + GROUPS - block % GROUPS) % GROUPS;
				double *part = parts + group * stride;
				memset(part + from, 0, (stride - from) * sizeof *part);
				for (int64_t i = 4 * (block + skip); i < n; i += 4 * GROUPS) {
					if (i > k && i + 4 <= n)
						four_rows(a, stride, i, v, w, next, part);
					else // not row k, which others may still read
						for (int64_t j = vg_max(i, k + 1); j < vg_min(i + 4, n); j++) single_row(a, stride, j, v, w, next, part);
				}
			}
			if (team > 1) {
#pragma omp barrier
			}
			for (int64_t j = from; j <= k; j++) v[j] = 0, w[j] = 0;
			double *old = v;
			v = next, next = old;
			add_parts(parts, from, stride, p);
			subtract(w, p, v, dot(v, p, from, stride) / 2, from, stride);
			for (int64_t j = from; j <= k; j++) w[j] = 0;
		}
	}
}

// What the rows of all resolvents are made of: ratio, by which a row goes on from column
// j-1 to j, and head, its weighted diagonal; n × count numbers each.
typedef struct {
	double *ratio_re, *ratio_im, *head_re, *head_im;
} resolvents;

// Those of eight nodes from `at` on. The diagonal of 1/(T - z) is 1/(d + e - (a - z)) with
// the pivots e of an elimination from below and d of one from above.
VG_CLONED_LOOP void eight_nodes(const double *a, const double *b, int64_t n, vg_nodes z, int64_t at, resolvents to) {
	const vg_d8 zr = load(z.re + at), zi = load(z.im + at), wr = load(z.weight_re + at), wi = load(z.weight_im + at);
	vg_d8 re = {0}, im = {0};
	for (int64_t j = n - 1; j >= 0; j--) {
		vg_d8 er = a[j] - zr, ei = -zi;
		if (j + 1 < n) {
			const vg_d8 s = b[j] * b[j] / (re * re + im * im);
			er -= s * re, ei += s * im;
		}
		re = er, im = ei;
		const vg_d8 s = -(j > 0 ? b[j - 1] : 0) / (re * re + im * im);
		const int64_t i = j * z.count + at;
		store(to.ratio_re + i, s * re), store(to.ratio_im + i, -s * im);
		store(to.head_re + i, re), store(to.head_im + i, im);
	}
	for (int64_t j = 0; j < n; j++) {
		vg_d8 dr = {0}, di = {0}; // d without a - z
		if (j > 0) {
			const vg_d8 s = b[j - 1] * b[j - 1] / (re * re + im * im);
			dr = -s * re, di = s * im;
		}
		const int64_t i = j * z.count + at;
		const vg_d8 pr = dr + load(to.head_re + i), pi = di + load(to.head_im + i);
		const vg_d8 s = 1 / (pr * pr + pi * pi), ir = s * pr, ii = -s * pi;
		store(to.head_re + i, wr * ir - wi * ii), store(to.head_im + i, wr * ii + wi * ir);
		re = a[j] - zr + dr, im = di - zi;
	}
}

// Rows i … i+ABREAST-1 of f, as far as there are, from their diagonal on: some at once, since a number waits for the one before.
VG_CLONED_LOOP void resolvent_rows(int64_t i, int64_t n, int64_t count, resolvents from, double constant, int64_t stride, float *f) {
	double re[ABREAST][VG_SPECTRAL_NODES], im[ABREAST][VG_SPECTRAL_NODES];
	int64_t live = count; // nodes of which something is left: those far away fade first
	for (int64_t j = i; j < n; j++) {
		vg_d8 s[ABREAST] = {0};
		for (int64_t k = 0; k < live; k += LANES) {
			const int64_t at = j * count + k;
			const vg_d8 qr = load(from.ratio_re + at), qi = load(from.ratio_im + at);
#pragma GCC unroll 4
			for (int row = 0; row < ABREAST; row++) {
				if (j < i + row) continue;
				vg_d8 r, m;
				if (j == i + row) {
					r = load(from.head_re + at), m = load(from.head_im + at);
				} else {
					const vg_d8 last_r = load(re[row] + k), last_m = load(im[row] + k);
					r = last_r * qr - last_m * qi, m = last_r * qi + last_m * qr;
				}
				store(re[row] + k, r), store(im[row] + k, m);
				s[row] += r;
			}
		}
#pragma GCC unroll 4
		for (int row = 0; row < ABREAST; row++)
			if (j >= i + row) f[(i + row) * stride + j] = sum(s[row]) + (j == i + row ? constant : 0);
		for (; j >= i + ABREAST && j % 4 == 0 && live > 0; live -= LANES) {
			vg_d8 left = {0};
			for (int row = 0; row < ABREAST; row++) {
				const vg_d8 r = load(re[row] + live - LANES), m = load(im[row] + live - LANES);
				left += r * r + m * m;
			}
			if (sum(left) > 1e-60) break;
		}
	}
}

// Rows i … i+7 of f before their diagonal, from the columns above it, and behind the n-th column.
VG_CLONED_LOOP void mirror(int64_t i, int64_t n, int64_t stride, float *f) {
	for (int64_t j = 0; j < i; j += 8) {
		vg_f8 v[8];
		vg_transpose(f + j * stride + i, stride, v);
		for (int64_t k = 0; k < 8; k++) vg_store8(f + (i + k) * stride + j, v[k]);
	}
	for (int64_t k = i; k < vg_min(i + 8, n); k++) {
		for (int64_t j = i; j < k; j++) f[k * stride + j] = f[j * stride + k];
		memset(f + k * stride + n, 0, (stride - n) * sizeof *f);
	}
}

void vg_resolvents(const double *diagonal, const double *beside, int64_t n, vg_nodes nodes, double constant, double *scratch, int64_t stride, float *f) {
	const int64_t size = n * nodes.count;
	const resolvents r = {scratch, scratch + size, scratch + 2 * size, scratch + 3 * size};
#pragma omp parallel if (n > 32)
	{
#pragma omp for schedule(static)
		for (int64_t k = 0; k < nodes.count; k += LANES) eight_nodes(diagonal, beside, n, nodes, k, r);
#pragma omp for schedule(static, 1)
		for (int64_t i = 0; i < n; i += ABREAST) resolvent_rows(i, n, nodes.count, r, constant, stride, f);
#pragma omp for schedule(static, 1)
		for (int64_t i = 0; i < n; i += 8) mirror(i, n, stride, f);
	}
}
