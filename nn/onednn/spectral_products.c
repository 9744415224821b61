#include <omp.h>

#include "kernels_transpose.h"
#include "kernels_unit.h"
#include "spectral.h"

// A tile of a product, ROWS × STRIPS·B numbers, stays in registers while its operands pass by:
// one in strips of B columns, the rows of a strip one after the other, the other in columns of
// ROWS numbers.
#ifdef VG_AVX2
enum { ROWS = 4 };
#else
enum { ROWS = 8 };
#endif
enum { STRIPS = 3, B = VG_BLOCK, CHUNK = VG_SPECTRAL_CHUNK, DEPTH = VG_SPECTRAL_DEPTH, PANEL = VG_SPECTRAL_PANEL, PIECE = 32 };

// Element (i, j) of the wide matrix is data[i·row + j·column].
typedef struct {
	float *data;
	int64_t rows, columns, row, column;
} wide;

static wide wide_of(vg_matrix w) {
	if (w.rows <= w.cols) return (wide){w.data, w.rows, w.cols, w.cols, 1};
	return (wide){w.data, w.cols, w.rows, 1, w.cols};
}

static int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

// Rows of a matrix, in an order, that come into the cache while products are computed.
typedef struct {
	const float *data;
	const int64_t *order;
	int64_t step, at, rows;
} ahead;

VG_INLINE void fetch_row(ahead *next) {
	if (next->at >= next->rows) return;
	const float *row = next->data + next->order[next->at++] * next->step;
	for (int64_t i = 0; i < PANEL; i += 64 / (int64_t)sizeof *row) __builtin_prefetch(row + i, 0, 2);
}

// c (ROWS × strips) = aᵀ·b, or += where there are earlier products in it, for a (k × ROWS) and
// b (k × strips). Steps are from row to row and from strip to strip.
typedef struct {
	int64_t k;
	const float *a;
	int64_t a_row;
	const float *b;
	int64_t b_strip;
	float *c;
	int64_t c_row, c_strip;
	int earlier;
} product;

VG_INLINE void strips_tile(const product *p, const int strips, ahead *next) {
	vg_lanes sum[ROWS][STRIPS] = {0};
	if (p->earlier)
		for (int i = 0; i < ROWS; i++)
			for (int j = 0; j < strips; j++) __builtin_prefetch(p->c + i * p->c_row + j * p->c_strip);
	const float *a = p->a, *b = p->b;
	for (int64_t left = p->k, piece; left > 0; left -= piece) {
		piece = next->at < next->rows ? vg_min(left, PIECE) : left;
		fetch_row(next);
		for (const float *end = b + piece * B; b < end; a += p->a_row, b += B) {
			vg_lanes v[STRIPS];
			for (int j = 0; j < strips; j++) v[j] = *(const vg_lanes *)(b + j * p->b_strip);
			for (int i = 0; i < ROWS; i++)
				for (int j = 0; j < strips; j++) sum[i][j] += v[j] * a[i];
		}
	}
	for (int i = 0; i < ROWS; i++)
		for (int j = 0; j < strips; j++) {
			vg_lanes *c = (vg_lanes *)(p->c + i * p->c_row + j * p->c_strip);
			*c = p->earlier ? *c + sum[i][j] : sum[i][j];
		}
}

VG_CLONED_LOOP void compute_tile(const product *p, int64_t strips, ahead *next) {
	if (strips == STRIPS) strips_tile(p, STRIPS, next);
	else if (strips == 2) strips_tile(p, 2, next);
	else strips_tile(p, 1, next);
}

// Columns from … from+k-1 of the wide matrix, transposed, in strips; rows that it lacks are zero.
VG_CLONED_LOOP void pack_transposed(const wide *w, int64_t from, int64_t k, float *out) {
	for (int64_t strip = 0; strip < w->rows; strip += B, out += k * B)
		for (int64_t row = 0; row < B; row += 8)
			for (int64_t q = 0; q < k; q += 8) {
				const int64_t rows = w->rows - strip - row, columns = vg_min(8, k - q);
				const float *in = w->data + (strip + row) * w->row + (from + q) * w->column;
				float *to = out + q * B + row;
				if (w->column == 1 && rows >= 8 && columns == 8) {
					vg_f8 v[8];
					vg_transpose(in, w->row, v);
					for (int i = 0; i < 8; i++) vg_store8(to + i * B, v[i]);
					continue;
				}
				for (int64_t i = 0; i < columns; i++)
					for (int64_t j = 0; j < 8; j++) to[i * B + j] = j < rows ? in[j * w->row + i * w->column] : 0;
			}
}

// The Gram matrix of columns from … end-1, from its diagonal on: every `shares`-th triple of
// strips of it.
static void gram_of(const wide *w, int64_t from, int64_t end, int64_t share, int64_t shares, float *packed, float *sum) {
	const int64_t strips = (w->rows + B - 1) / B, step = round_up(w->rows, VG_LANES);
	ahead nothing = {0};
	for (int64_t at = from; at < end; at += DEPTH) {
		const int64_t k = vg_min(DEPTH, end - at);
		pack_transposed(w, at, k, packed);
		for (int64_t first = share * STRIPS; first < strips; first += shares * STRIPS)
			for (int64_t i = 0; i < vg_min(strips, first + STRIPS) * B; i += ROWS) {
				const int64_t j = vg_max(first, i / B);
				const product p = {k, packed + i / B * k * B + i % B, B, packed + j * k * B, k * B, sum + i * step + j * B, step, B, at > from};
				compute_tile(&p, vg_min(strips, first + STRIPS) - j, &nothing);
			}
	}
}

// Row i of all chunks' sums, from the diagonal on, and its part of the block on the diagonal.
VG_CLONED_LOOP void add_chunks(const float *sums, int64_t chunks, int64_t chunk, int64_t i, int64_t n, double *row, int64_t stride) {
	memset(row, 0, stride * sizeof *row);
	for (int64_t c = 0; c < chunks; c++)
		for (int64_t j = i; j < n; j++) row[j] += sums[c * chunk + j];
	for (int64_t j = i / VG_SPECTRAL_LANES * VG_SPECTRAL_LANES; j < i; j++) row[j] = row[(j - i) * stride + i];
}

void VG_TYPED(vg_gram)(vg_matrix matrix, float *scratch, double *g, int64_t stride) {
	const wide w = wide_of(matrix);
	const int64_t n = w.rows, m = w.columns, step = round_up(n, VG_LANES), threads = omp_get_max_threads();
	const int64_t chunks = (m + CHUNK - 1) / CHUNK, shares = (threads + chunks - 1) / chunks;
	float *packs = scratch + chunks * step * step;
#pragma omp parallel for schedule(dynamic)
	for (int64_t task = 0; task < chunks * shares; task++) {
		const int64_t chunk = task / shares, from = chunk * CHUNK;
		gram_of(&w, from, vg_min(from + CHUNK, m), task % shares, shares, packs + omp_get_thread_num() * step * DEPTH, scratch + chunk * step * step);
	}
#pragma omp parallel for schedule(static, VG_SPECTRAL_LANES)
	for (int64_t i = 0; i < n; i++) add_chunks(scratch + i * step, chunks, step * step, i, n, g + i * stride, stride);
}

// ROWS rows of l from the k-th on, which begin at column k, element after element.
VG_CLONED_LOOP void pack_factor_rows(const float *l, int64_t rank, int64_t n, int64_t k, float *out) {
	for (int64_t i = k; i < n; i++)
		for (int64_t q = 0; q < ROWS; q++) out[i * ROWS + q] = k + q < rank ? l[(k + q) * n + i] : 0;
}

// ROWS columns of -l from the i-th on, row after row.
VG_CLONED_LOOP void pack_factor_columns(const float *l, int64_t rank, int64_t n, int64_t i, float *out) {
	for (int64_t k = 0; k < rank; k++)
		for (int64_t q = 0; q < ROWS; q++) out[k * ROWS + q] = i + q < n ? -l[k * n + i + q] : 0;
	memset(out + rank * ROWS, 0, (round_up(rank, ROWS) - rank) * ROWS * sizeof *out);
}

// Columns from … from+width-1 of the wide matrix, its rows in the given order, in strips `step`
// numbers apart.
VG_CLONED_LOOP void gather(const wide *matrix, const int64_t *order, int64_t from, int64_t width, int64_t step, float *panel) {
	const wide w = *matrix;
	const int64_t whole = w.column == 1 ? width / B * B : 0;
	for (int64_t i = 0; i < w.rows; i++, panel += B) {
		const float *row = w.data + order[i] * w.row + from * w.column;
		float *to = panel;
		for (int64_t j = 0; j < whole; j += B, to += step) *(vg_lanes *)to = *(const vg_lanes_at *)(row + j);
		for (int64_t j = whole; j < width; j += B, to += step)
			for (int64_t q = 0; q < B; q++) to[q] = j + q < width ? row[(j + q) * w.column] : 0;
	}
}

VG_CLONED_LOOP void scatter(const wide *matrix, const int64_t *order, int64_t from, int64_t width, int64_t step, const float *panel) {
	const wide w = *matrix;
	const int64_t whole = w.column == 1 ? width / B * B : 0;
	for (int64_t i = 0; i < w.rows; i++, panel += B) {
		float *row = w.data + order[i] * w.row + from * w.column;
		const float *in = panel;
		for (int64_t j = 0; j < whole; j += B, in += step) *(vg_lanes_at *)(row + j) = *(const vg_lanes *)in;
		for (int64_t j = whole; j < width; j++) row[j * w.column] = in[(j - whole) / B * step + (j - whole) % B];
	}
}

// l in tiles of ROWS rows, which begin where l does, and -l in tiles of ROWS columns.
typedef struct {
	int64_t rank; // of whole tiles
	const float *rows, *columns;
} factor;

// panel -= lᵀ·l·panel for some strips of it, `step` numbers apart; t holds l·panel.
static void subtract_panel(factor l, int64_t n, int64_t strips, int64_t step, ahead *next, float *t, float *panel) {
	const int64_t t_step = l.rank * B;
	for (int64_t k = 0; k < l.rank; k += ROWS)
		for (int64_t j = 0; j < strips; j += STRIPS) {
			const product p = {n - k, l.rows + k * n + k * ROWS, ROWS, panel + j * step + k * B, step, t + j * t_step + k * B, B, t_step, 0};
			compute_tile(&p, vg_min(STRIPS, strips - j), next);
		}
	for (int64_t i = 0; i < n; i += ROWS)
		for (int64_t j = 0; j < strips; j += STRIPS) {
			const product p = {vg_min(i + ROWS, l.rank), l.columns + i * l.rank, ROWS, t + j * t_step, t_step, panel + j * step + i * B, B, step, 1};
			compute_tile(&p, vg_min(STRIPS, strips - j), next);
		}
}

void VG_TYPED(vg_subtract)(vg_matrix matrix, int64_t rank, const int64_t *order, const float *l, float *scratch) {
	const wide w = wide_of(matrix);
	const int64_t n = w.rows, m = w.columns, size = round_up(n, VG_LANES), step = size * B;
	float *rows = scratch, *columns = rows + size * size, *panels = columns + size * size;
	const factor packed = {round_up(rank, ROWS), rows, columns};
#pragma omp parallel
	{
#pragma omp for schedule(static, 1) nowait
		for (int64_t k = 0; k < rank; k += ROWS) pack_factor_rows(l, rank, n, k, rows + k * n);
#pragma omp for schedule(static)
		for (int64_t i = 0; i < n; i += ROWS) pack_factor_columns(l, rank, n, i, columns + i * packed.rank);
#pragma omp for schedule(static)
		for (int64_t from = 0; from < m; from += PANEL) {
			const int64_t width = vg_min(PANEL, m - from), whole = w.column == 1 && from + 2 * PANEL <= m;
			float *panel = panels + omp_get_thread_num() * 2 * size * PANEL;
			ahead next = {w.data + from + PANEL, order, w.row, 0, whole ? n : 0};
			gather(&w, order, from, width, step, panel);
			subtract_panel(packed, n, (width + B - 1) / B, step, &next, panel + size * PANEL, panel);
			scatter(&w, order, from, width, step, panel);
		}
	}
}
