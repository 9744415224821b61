#include <omp.h>

#include "kernels_transpose.h"
#include "spectral.h"
#include "spectral_tile.h"

enum { CHUNK = VG_SPECTRAL_CHUNK, DEPTH = VG_SPECTRAL_DEPTH, PANEL = VG_SPECTRAL_PANEL };

// Element (i, j) of the wide matrix is data[i·row + j·column].
typedef struct {
	float *data;
	int64_t rows, columns, row, column;
} wide;

static wide wide_of(vg_matrix w) {
	if (w.rows <= w.cols) return (wide){w.data, w.rows, w.cols, w.cols, 1};
	return (wide){w.data, w.cols, w.rows, 1, w.cols};
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
	for (int64_t at = from; at < end; at += DEPTH) {
		const int64_t k = vg_min(DEPTH, end - at);
		pack_transposed(w, at, k, packed);
		ahead next = {w->data + at + k, NULL, w->row, 0, w->column == 1 && end - at - k >= DEPTH ? w->rows : 0, DEPTH};
		for (int64_t first = share * STRIPS; first < strips; first += shares * STRIPS)
			for (int64_t i = 0; i < vg_min(strips, first + STRIPS) * B; i += ROWS) {
				const int64_t j = vg_max(first, i / B);
				const product p = {k, packed + i / B * k * B + i % B, B, packed + j * k * B, B, k * B, sum + i * step + j * B, step, B, at > from, NULL};
				compute_tile(&p, vg_min(strips, first + STRIPS) - j, &next);
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

// Columns from … from+width-1 of the wide matrix, its rows in the given order, in strips `step` numbers apart.
typedef struct {
	const wide *w;
	const int64_t *order;
	int64_t from, width, step;
	float *numbers;
} panel;

VG_CLONED_LOOP void gather(const panel *p) {
	const wide w = *p->w;
	const int64_t whole = w.column == 1 ? p->width / B * B : 0;
	for (int64_t i = 0; i < w.rows; i++) {
		const float *row = w.data + p->order[i] * w.row + p->from * w.column;
		float *to = p->numbers + i * B;
		for (int64_t j = 0; j < whole; j += B, to += p->step) *(vg_lanes *)to = *(const vg_lanes_at *)(row + j);
		for (int64_t j = whole; j < p->width; j += B, to += p->step)
			for (int64_t q = 0; q < B; q++) to[q] = j + q < p->width ? row[(j + q) * w.column] : 0;
	}
}

VG_CLONED_LOOP void scatter(const panel *p) {
	const wide w = *p->w;
	for (int64_t i = 0; i < w.rows; i++) {
		float *row = w.data + p->order[i] * w.row + p->from * w.column;
		for (int64_t j = 0; j < p->width; j++) row[j * w.column] = p->numbers[j / B * p->step + i * B + j % B];
	}
}

// l in tiles of ROWS rows, which begin where l does, and -l in tiles of ROWS columns.
typedef struct {
	int64_t rank; // of whole tiles
	const float *rows, *columns;
} factor;

// p -= lᵀ·l·p, which goes into p or, whole strips of whole tiles, to where p was gathered from; t holds l·p.
static void subtract_panel(factor l, const panel *p, int in_place, ahead *next, float *t) {
	const int64_t n = p->w->rows, strips = (p->width + B - 1) / B, t_step = l.rank * B;
	for (int64_t k = 0; k < l.rank; k += ROWS)
		for (int64_t j = 0; j < strips; j += STRIPS) {
			const product tile = {n - k, l.rows + k * n + k * ROWS, ROWS, p->numbers + j * p->step + k * B, B, p->step,
				t + j * t_step + k * B, B, t_step, 0, NULL};
			compute_tile(&tile, vg_min(STRIPS, strips - j), next);
		}
	for (int64_t i = 0; i < n; i += ROWS)
		for (int64_t j = 0; j < strips; j += STRIPS) {
			float *rows[ROWS];
			for (int64_t q = 0; q < ROWS && !in_place; q++) rows[q] = p->w->data + p->order[i + q] * p->w->row + p->from + j * B;
			const product tile = {vg_min(i + ROWS, l.rank), l.columns + i * l.rank, ROWS, t + j * t_step, B, t_step,
				p->numbers + j * p->step + i * B, B, p->step, 1, in_place ? NULL : rows};
			compute_tile(&tile, vg_min(STRIPS, strips - j), next);
		}
}

void VG_TYPED(vg_subtract)(vg_matrix matrix, int64_t rank, const int64_t *order, const float *l, float *scratch) {
	const wide w = wide_of(matrix);
	const int64_t n = w.rows, m = w.columns, size = round_up(n, VG_LANES);
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
			float *numbers = panels + omp_get_thread_num() * 2 * size * PANEL;
			const panel p = {&w, order, from, vg_min(PANEL, m - from), size * B, numbers};
			ahead next = {w.data + from + PANEL, order, w.row, 0, w.column == 1 && from + 2 * PANEL <= m ? n : 0, PANEL};
			const int in_place = w.column != 1 || p.width % B != 0 || n % ROWS != 0;
			gather(&p);
			subtract_panel(packed, &p, in_place, &next, numbers + size * PANEL);
			if (in_place) scatter(&p);
		}
	}
}
