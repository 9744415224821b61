#include "space_to_depth.h"

#include "kernels_transpose.h"

typedef struct {
	int64_t parities, cbx, cbd, deep_size[3], parity[3];
} extent;

static extent extent_of(const vg_fold *f) {
	extent e = {.parities = 1};
	for (int i = 0; i < 3; i++) {
		e.parity[i] = f->strided[i] ? 2 : 1;
		e.deep_size[i] = f->strided[i] ? f->size[i] / 2 + 1 : f->size[i];
		e.parities *= e.parity[i];
	}
	e.cbx = (f->c + f->bx - 1) / f->bx;
	e.cbd = (f->c * e.parities + f->bd - 1) / f->bd;
	return e;
}

// The parity along each axis of parity number p, the last axis fastest.
static void split(const extent *e, int64_t p, int64_t parity[3]) {
	for (int i = 2; i >= 0; i--) {
		parity[i] = p % e->parity[i];
		p /= e->parity[i];
	}
}

// Position in x of deep position j, or -1 outside.
static inline int64_t wide(const vg_fold *f, int axis, int64_t j, int64_t parity) {
	if (!f->strided[axis]) return j;
	int64_t i = 2 * j - 1 + parity;
	return i < f->size[axis] ? i : -1;
}

// Deep position and parity of position i of x.
static inline void deep_of(const vg_fold *f, int axis, int64_t i, int64_t *j, int64_t *parity) {
	*parity = f->strided[axis] ? (i + 1) & 1 : 0;
	*j = f->strided[axis] ? (i + 1) / 2 : i;
}

static inline void copy_block(float *to, const float *from, int64_t b) {
	if (b == 8) memcpy(to, from, 8 * sizeof(float));
	else if (b == 16) memcpy(to, from, 16 * sizeof(float));
	else memcpy(to, from, b * sizeof(float));
}

// Brings a row of n numbers into the cache: what is copied lies in rows too short for the processor to foresee the next one.
VG_INLINE void fetch(const float *row, int64_t n) {
	for (int64_t i = 0; i < n; i += 16) __builtin_prefetch(row + i);
}

VG_INLINE void fetch_to_write(const float *row, int64_t n) {
	for (int64_t i = 0; i < n; i += 16) __builtin_prefetch(row + i, 1);
}

// Row h of time t of a block of channels of x, or NULL outside, for a row of deep positions.
static inline const float *wide_row_of(const float *block, const vg_fold *f, const int64_t parity[3], int64_t jt, int64_t jh) {
	const int64_t t = wide(f, 0, jt, parity[0]), h = wide(f, 1, jh, parity[1]);
	return t < 0 || h < 0 ? NULL : block + (t * f->size[1] + h) * f->size[2] * f->bx;
}

// Whole channel blocks move together.
VG_INLINE void fold_block(const float *x, const vg_fold *f, const extent *e, int64_t n, int64_t db, const int64_t b, float *deep) {
	const int64_t W = f->size[2], dW = e->deep_size[2], rows = e->deep_size[0] * e->deep_size[1];
	int64_t parity[3];
	split(e, db / e->cbx, parity);
	const float *from = x + (n * e->cbx + db % e->cbx) * f->size[0] * f->size[1] * W * b;
	float *to = deep + (n * e->cbd + db) * rows * dW * b;
	for (int64_t i = 0; i < rows; i++, to += dW * b) {
		const float *row = wide_row_of(from, f, parity, i / e->deep_size[1], i % e->deep_size[1]);
		if (!row) {
			memset(to, 0, dW * b * sizeof(float));
			continue;
		}
		const float *next = i + 1 < rows ? wide_row_of(from, f, parity, (i + 1) / e->deep_size[1], (i + 1) % e->deep_size[1]) : NULL;
		if (next) fetch(next, W * b);
		for (int64_t jw = 0; jw < dW; jw++) {
			const int64_t w = wide(f, 2, jw, parity[2]);
			if (w < 0) memset(to + jw * b, 0, b * sizeof(float));
			else memcpy(to + jw * b, row + w * b, b * sizeof(float));
		}
	}
}

VG_CLONES static void fold_blocks(const float *x, const vg_fold *f, const extent *e, int64_t n, int64_t db, float *deep) {
	if (f->bx == 16) fold_block(x, f, e, n, db, 16, deep);
	else fold_block(x, f, e, n, db, f->bx, deep);
}

// Channels last: all that belongs to a position moves before the next one.
static void fold_positions(const float *x, const vg_fold *f, const extent *e, int64_t n, int64_t jt, float *deep) {
	const int64_t b = f->bx, plane = f->size[0] * f->size[1] * f->size[2] * b;
	float *to = deep + (n * e->deep_size[0] + jt) * e->deep_size[1] * e->deep_size[2] * f->bd;
	for (int64_t jh = 0; jh < e->deep_size[1]; jh++)
		for (int64_t jw = 0; jw < e->deep_size[2]; jw++)
			for (int64_t p = 0; p < e->parities; p++) {
				int64_t parity[3];
				split(e, p, parity);
				const int64_t t = wide(f, 0, jt, parity[0]), h = wide(f, 1, jh, parity[1]), w = wide(f, 2, jw, parity[2]);
				const float *from = x + n * e->cbx * plane + ((t * f->size[1] + h) * f->size[2] + w) * b;
				for (int64_t block = 0; block < e->cbx; block++, to += b)
					if (t < 0 || h < 0 || w < 0) memset(to, 0, b * sizeof(float));
					else copy_block(to, from + block * plane, b);
			}
}

// The rows of the wide tensor that meet in a row of the deep one, a lane each. Lane l holds
// position `step`·j + shift[l] of its row at deep position j; rows outside x are NULL.
enum { MAX_LANES = 16 };
typedef struct {
	int64_t lanes, step, at[MAX_LANES], shift[MAX_LANES]; // at: offset of a row in the wide tensor, -1 outside
} row_lanes;

static row_lanes lanes_at(const vg_fold *f, const extent *e, int64_t n, int64_t first, int64_t jt, int64_t jh) {
	row_lanes r = {.lanes = f->bd - first % f->bd < MAX_LANES ? f->bd - first % f->bd : MAX_LANES, .step = f->strided[2] ? 2 : 1};
	for (int64_t l = 0; l < r.lanes; l++) {
		const int64_t ch = first + l, c = ch % f->c;
		r.at[l] = -1;
		if (ch >= f->c * e->parities) continue;
		int64_t parity[3];
		split(e, ch / f->c, parity);
		const int64_t t = wide(f, 0, jt, parity[0]), h = wide(f, 1, jh, parity[1]);
		r.shift[l] = f->strided[2] ? parity[2] - 1 : 0;
		if (t >= 0 && h >= 0)
			r.at[l] = (((n * e->cbx + c / f->bx) * f->size[0] + t) * f->size[1] + h) * f->size[2] * f->bx + c % f->bx;
	}
	return r;
}

// Any number of channels: the lanes of a deep position are written together.
static void fold_channels(const float *x, const vg_fold *f, const extent *e, int64_t n, int64_t jt, float *deep) {
	const int64_t W = f->size[2], dW = e->deep_size[2], bx = f->bx, bd = f->bd;
	for (int64_t jh = 0; jh < e->deep_size[1]; jh++)
		for (int64_t first = 0; first < e->cbd * bd;) {
			const row_lanes r = lanes_at(f, e, n, first, jt, jh);
			float *out = deep + (((n * e->cbd + first / bd) * e->deep_size[0] + jt) * e->deep_size[1] + jh) * dW * bd + first % bd;
			const float *row[MAX_LANES], zero = 0;
			int64_t step[MAX_LANES];
			for (int64_t l = 0; l < r.lanes; l++) {
				row[l] = r.at[l] < 0 ? &zero : x + r.at[l] + r.shift[l] * bx;
				step[l] = r.at[l] < 0 ? 0 : r.step * bx;
			}
			for (int64_t j = 0; j < dW; j++)
				if (j == 0 || j == dW - 1)
					for (int64_t l = 0; l < r.lanes; l++) {
						const int64_t w = r.step * j + r.shift[l];
						out[j * bd + l] = r.at[l] < 0 || w < 0 || w >= W ? 0 : row[l][j * step[l]];
					}
				else if (r.lanes == MAX_LANES)
					for (int64_t l = 0; l < MAX_LANES; l++) out[j * bd + l] = row[l][j * step[l]];
				else
					for (int64_t l = 0; l < r.lanes; l++) out[j * bd + l] = row[l][j * step[l]];
			first += r.lanes;
		}
}

// Rows of the deep tensor with channels apart: channel × position, at a distance that is a multiple of 8.
enum { MAX_ROWS = 1 << 14 }; // numbers of such rows on the stack

VG_INLINE int64_t row_distance(const extent *e) { return (e->deep_size[2] + 7) / 8 * 8; }

// Few channels of a plain wide tensor, whose rows fit on the stack.
static int by_rows(const vg_fold *f, const extent *e) {
	return f->bx == 1 && f->bd % 8 == 0 && e->cbd * f->bd * row_distance(e) <= MAX_ROWS;
}

VG_INLINE void transpose(const float *in, int64_t in_step, float *out, int64_t out_step) {
	vg_f8 v[8];
	vg_transpose(in, in_step, v);
	for (int i = 0; i < 8; i++) vg_store8(out + i * out_step, v[i]);
}

// Rows from blocks of channels, whose rows lie area positions apart, and back.
VG_INLINE void rows_of(const float *deep, const vg_fold *f, const extent *e, int64_t area, float *rows) {
	const int64_t distance = row_distance(e), dW = e->deep_size[2];
	for (int64_t ch = 0; ch < e->cbd * f->bd; ch += 8) {
		const float *from = deep + ch / f->bd * area * f->bd + ch % f->bd;
		int64_t j = 0;
		if (ch % f->bd == 0) fetch(from + dW * f->bd, dW * f->bd);
		for (; j + 8 <= dW; j += 8) transpose(from + j * f->bd, f->bd, rows + ch * distance + j, distance);
		for (; j < dW; j++)
			for (int i = 0; i < 8; i++) rows[(ch + i) * distance + j] = from[j * f->bd + i];
	}
}

VG_INLINE void blocks_of(const float *rows, const vg_fold *f, const extent *e, int64_t area, float *deep) {
	const int64_t distance = row_distance(e), dW = e->deep_size[2];
	for (int64_t ch = 0; ch < e->cbd * f->bd; ch += 8) {
		float *to = deep + ch / f->bd * area * f->bd + ch % f->bd;
		int64_t j = 0;
		if (ch % f->bd == 0) fetch_to_write(to + dW * f->bd, dW * f->bd);
		for (; j + 8 <= dW; j += 8) transpose(rows + ch * distance + j, distance, to + j * f->bd, f->bd);
		for (; j < dW; j++)
			for (int i = 0; i < 8; i++) to[j * f->bd + i] = rows[(ch + i) * distance + j];
	}
}

// Where the wide row starts that parity p of time and height and channel c give at a deep row, or -1 outside; *first is the channel of its first parity
// of the width.
VG_INLINE int64_t wide_row(const vg_fold *f, const extent *e, int64_t n, int64_t jt, int64_t jh, int64_t p, int64_t c, int64_t *first) {
	const int64_t t = wide(f, 0, jt, p / e->parity[1]), h = wide(f, 1, jh, p % e->parity[1]);
	*first = p * e->parity[2] * f->c + c;
	return t < 0 || h < 0 ? -1 : (((n * f->c + c) * f->size[0] + t) * f->size[1] + h) * f->size[2];
}

VG_CLONES static void fold_rows(const float *x, const vg_fold *f, const extent *e, int64_t n, int64_t jt, float *deep) {
	const int64_t dW = e->deep_size[2], W = f->size[2], distance = row_distance(e), area = e->deep_size[0] * e->deep_size[1] * dW;
	float rows[e->cbd * f->bd * distance];
	memset(rows, 0, sizeof rows);
	for (int64_t jh = 0; jh < e->deep_size[1]; jh++) {
		for (int64_t p = 0; p < e->parity[0] * e->parity[1]; p++)
			for (int64_t c = 0; c < f->c; c++) {
				int64_t first;
				const int64_t at = wide_row(f, e, n, jt, jh, p, c, &first);
				float *odd = rows + first * distance, *even = odd + f->c * distance;
				const float *row = x + at;
				if (at >= 0) fetch(row + e->parity[1] * W, W);
				if (at < 0) {
					memset(odd, 0, dW * sizeof(float));
					if (f->strided[2]) memset(even, 0, dW * sizeof(float));
				} else if (!f->strided[2]) {
					memcpy(odd, row, W * sizeof(float));
				} else {
					const int64_t pairs = (W - 1) / 2; // (1, 2), (3, 4), …
					odd[0] = 0;
					even[0] = row[0];
					VG_INDEPENDENT
					for (int64_t j = 1; j <= pairs; j++) {
						odd[j] = row[2 * j - 1];
						even[j] = row[2 * j];
					}
					if (pairs + 1 < dW) {
						odd[pairs + 1] = row[W - 1];
						even[pairs + 1] = 0;
					}
				}
			}
		blocks_of(rows, f, e, area, deep + (n * e->cbd * e->deep_size[0] + jt) * e->deep_size[1] * dW * f->bd + jh * dW * f->bd);
	}
}

VG_CLONES static void unfold_rows(const float *deep, const vg_fold *f, const extent *e, int64_t n, int64_t jt, float *x) {
	const int64_t dW = e->deep_size[2], W = f->size[2], distance = row_distance(e), area = e->deep_size[0] * e->deep_size[1] * dW;
	float rows[e->cbd * f->bd * distance];
	for (int64_t jh = 0; jh < e->deep_size[1]; jh++) {
		rows_of(deep + (n * e->cbd * e->deep_size[0] + jt) * e->deep_size[1] * dW * f->bd + jh * dW * f->bd, f, e, area, rows);
		for (int64_t p = 0; p < e->parity[0] * e->parity[1]; p++)
			for (int64_t c = 0; c < f->c; c++) {
				int64_t first;
				const int64_t at = wide_row(f, e, n, jt, jh, p, c, &first);
				const float *odd = rows + first * distance, *even = odd + f->c * distance;
				float *row = x + at;
				if (at < 0) continue;
				fetch_to_write(row + e->parity[1] * W, W);
				if (!f->strided[2]) {
					memcpy(row, odd, W * sizeof(float));
					continue;
				}
				const int64_t pairs = (W - 1) / 2;
				row[0] = even[0];
				VG_INDEPENDENT
				for (int64_t j = 1; j <= pairs; j++) {
					row[2 * j - 1] = odd[j];
					row[2 * j] = even[j];
				}
				if (pairs + 1 < dW) row[W - 1] = odd[pairs + 1];
			}
	}
}

void vg_space_to_depth(const float *x, vg_fold f, float *deep) {
	const extent e = extent_of(&f);
	const int blocks = f.bx == f.bd && f.c % f.bx == 0;
	if (by_rows(&f, &e)) {
#pragma omp parallel for collapse(2) schedule(static)
		for (int64_t n = 0; n < f.n; n++)
			for (int64_t jt = 0; jt < e.deep_size[0]; jt++) fold_rows(x, &f, &e, n, jt, deep);
		return;
	}
	if (f.bd == f.c * e.parities && f.c % f.bx == 0) {
#pragma omp parallel for collapse(2) schedule(static)
		for (int64_t n = 0; n < f.n; n++)
			for (int64_t jt = 0; jt < e.deep_size[0]; jt++) fold_positions(x, &f, &e, n, jt, deep);
		return;
	}
	if (!blocks) {
#pragma omp parallel for collapse(2) schedule(static)
		for (int64_t n = 0; n < f.n; n++)
			for (int64_t jt = 0; jt < e.deep_size[0]; jt++) fold_channels(x, &f, &e, n, jt, deep);
		return;
	}
#pragma omp parallel for collapse(2) schedule(static)
	for (int64_t n = 0; n < f.n; n++)
		for (int64_t db = 0; db < e.cbd; db++) fold_blocks(x, &f, &e, n, db, deep);
}

// Where the deep rows of the two parities of the width lie that make up row h of time t of x, one where the width has no stride.
static inline void deep_rows(const float *deep, const vg_fold *f, const extent *e, int64_t n, int64_t xb, int64_t t, int64_t h, const float *rows[2]) {
	int64_t jt, jh, pt, ph;
	deep_of(f, 0, t, &jt, &pt);
	deep_of(f, 1, h, &jh, &ph);
	for (int64_t pw = 0; pw < e->parity[2]; pw++) {
		const int64_t ch = (((pt * e->parity[1] + ph) * e->parity[2] + pw) * e->cbx + xb) * f->bx;
		rows[pw] = deep + (((n * e->cbd + ch / f->bd) * e->deep_size[0] + jt) * e->deep_size[1] + jh) * e->deep_size[2] * f->bd + ch % f->bd;
	}
}

VG_INLINE void unfold_block(const float *deep, const vg_fold *f, const extent *e, int64_t n, int64_t xb, const int64_t b, float *x) {
	const int64_t W = f->size[2], bd = f->bd, rows = f->size[0] * f->size[1];
	float *to = x + (n * e->cbx + xb) * rows * W * b;
	for (int64_t i = 0; i < rows; i++, to += W * b) {
		const float *row[2], *next[2];
		deep_rows(deep, f, e, n, xb, i / f->size[1], i % f->size[1], row);
		deep_rows(deep, f, e, n, xb, (i + 1) / f->size[1], (i + 1) % f->size[1], next);
		if (i + 1 < rows)
			for (int64_t pw = 0; pw < e->parity[2]; pw++)
				for (int64_t j = 0; j < e->deep_size[2]; j++) __builtin_prefetch(next[pw] + j * bd);
		if (!f->strided[2]) {
			for (int64_t w = 0; w < W; w++) memcpy(to + w * b, row[0] + w * bd, b * sizeof(float));
			continue;
		}
		memcpy(to, row[1], b * sizeof(float));
		for (int64_t j = 1; 2 * j < W; j++) {
			memcpy(to + (2 * j - 1) * b, row[0] + j * bd, b * sizeof(float));
			memcpy(to + 2 * j * b, row[1] + j * bd, b * sizeof(float));
		}
		if (W % 2 == 0) memcpy(to + (W - 1) * b, row[0] + W / 2 * bd, b * sizeof(float));
	}
}

VG_CLONES static void unfold_blocks(const float *deep, const vg_fold *f, const extent *e, int64_t n, int64_t xb, float *x) {
	if (f->bx == 16) unfold_block(deep, f, e, n, xb, 16, x);
	else unfold_block(deep, f, e, n, xb, f->bx, x);
}

// Any number of channels: the lanes of a deep position are read together.
static void unfold_channels(const float *deep, const vg_fold *f, const extent *e, int64_t n, int64_t jt, float *x) {
	const int64_t W = f->size[2], dW = e->deep_size[2], bx = f->bx, bd = f->bd;
	for (int64_t jh = 0; jh < e->deep_size[1]; jh++)
		for (int64_t first = 0; first < f->c * e->parities;) {
			const row_lanes r = lanes_at(f, e, n, first, jt, jh);
			const float *in = deep + (((n * e->cbd + first / bd) * e->deep_size[0] + jt) * e->deep_size[1] + jh) * dW * bd + first % bd;
			float *row[MAX_LANES], nowhere;
			int64_t step[MAX_LANES];
			for (int64_t l = 0; l < r.lanes; l++) {
				row[l] = r.at[l] < 0 ? &nowhere : x + r.at[l] + r.shift[l] * bx;
				step[l] = r.at[l] < 0 ? 0 : r.step * bx;
			}
			for (int64_t j = 0; j < dW; j++)
				if (j == 0 || j == dW - 1)
					for (int64_t l = 0; l < r.lanes; l++) {
						const int64_t w = r.step * j + r.shift[l];
						if (r.at[l] >= 0 && w >= 0 && w < W) row[l][j * step[l]] = in[j * bd + l];
					}
				else
					for (int64_t l = 0; l < r.lanes; l++) row[l][j * step[l]] = in[j * bd + l];
			first += r.lanes;
		}
}

// Channels from c on fill up the last block of x with zeros.
static void clear_padding(const vg_fold *f, const extent *e, int64_t n, int64_t t, float *x) {
	const int64_t area = f->size[1] * f->size[2];
	float *to = x + ((n * e->cbx + e->cbx - 1) * f->size[0] + t) * area * f->bx;
	for (int64_t i = 0; i < area; i++)
		for (int64_t c = f->c - (e->cbx - 1) * f->bx; c < f->bx; c++) to[i * f->bx + c] = 0;
}

void vg_depth_to_space(const float *deep, vg_fold f, float *x) {
	const extent e = extent_of(&f);
	const int blocks = f.bd % f.bx == 0 && f.c % f.bx == 0 && f.bx > 1;
	if (by_rows(&f, &e)) {
#pragma omp parallel for collapse(2) schedule(static)
		for (int64_t n = 0; n < f.n; n++)
			for (int64_t jt = 0; jt < e.deep_size[0]; jt++) unfold_rows(deep, &f, &e, n, jt, x);
		return;
	}
	if (!blocks) {
#pragma omp parallel for collapse(2) schedule(static)
		for (int64_t n = 0; n < f.n; n++)
			for (int64_t jt = 0; jt < e.deep_size[0]; jt++) unfold_channels(deep, &f, &e, n, jt, x);
		if (f.c % f.bx)
			for (int64_t n = 0; n < f.n; n++)
				for (int64_t t = 0; t < f.size[0]; t++) clear_padding(&f, &e, n, t, x);
		return;
	}
#pragma omp parallel for collapse(2) schedule(static)
	for (int64_t n = 0; n < f.n; n++)
		for (int64_t xb = 0; xb < e.cbx; xb++) unfold_blocks(deep, &f, &e, n, xb, x);
}

void vg_gather_rows(const float *in, int64_t rows, int64_t each, const int32_t *table, float *out) {
#pragma omp parallel for schedule(static)
	for (int64_t k = 0; k < rows; k++)
		for (int64_t i = 0; i < each; i++) out[k * each + i] = in[k * each + table[i]];
}

void vg_scatter_rows(const float *in, int64_t rows, int64_t each, const int32_t *table, float *out) {
#pragma omp parallel for schedule(static)
	for (int64_t k = 0; k < rows; k++)
		for (int64_t i = 0; i < each; i++) out[k * each + table[i]] = in[k * each + i];
}
