#include "kernels_narrow.h"

#include "kernels_norm.h"

enum { TAPS = 9, TILE = 8 };

// One block of channels, at any address.
typedef float block8 __attribute__((vector_size(32), aligned(4)));
typedef float block16 __attribute__((vector_size(64), aligned(4)));

typedef struct {
	vg_narrow s;
	vg_norm norm;
	const float *x, *w, *bias, *gy;
	float *out;
	double *partial;
} narrow_args;

// Weights by tap and channel: each block of channels is then a vector.
VG_INLINE void gather_weights(const vg_narrow *s, const float *w, float *by_tap) {
	for (int64_t k = 0; k < s->k; k++)
		for (int64_t tap = 0; tap < TAPS; tap++)
			for (int64_t c = 0; c < s->c; c++) by_tap[(k * TAPS + tap) * s->c + c] = w[(k * s->c + c) * TAPS + tap];
}

// The lower and upper halves of neighbouring numbers of a and b, added.
VG_INLINE block8 add_pairs(block8 a, block8 b) {
	return __builtin_shufflevector(a, b, 0, 2, 8, 10, 4, 6, 12, 14) + __builtin_shufflevector(a, b, 1, 3, 9, 11, 5, 7, 13, 15);
}

// Number i of the result is the sum of all numbers of v[i].
VG_INLINE block8 add_across(const block8 v[TILE]) {
	const block8 a = add_pairs(add_pairs(v[0], v[1]), add_pairs(v[2], v[3]));
	const block8 b = add_pairs(add_pairs(v[4], v[5]), add_pairs(v[6], v[7]));
	return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) + __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
}

VG_INLINE block8 halve(block16 v) {
	return __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) + __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
}

// Columns of a row with room for the taps on both sides and a last whole tile.
VG_INLINE int64_t padded_width(const vg_narrow *s) { return (s->width + TILE - 1) / TILE * TILE + 2; }

// What normalizes each channel: act((x - mean)·scale + beta).
typedef struct {
	float mean[VG_NARROW_CHANNELS], scale[VG_NARROW_CHANNELS], beta[VG_NARROW_CHANNELS];
} norm_channels;

static void norm_of(const vg_norm *n, int64_t channels, norm_channels *to) {
	for (int64_t c = 0; c < channels; c++) {
		to->mean[c] = n->mean[c];
		to->scale[c] = n->gamma[c] / sqrtf(n->var[c] + (float)n->eps);
		to->beta[c] = n->beta ? n->beta[c] : 0;
	}
}

VG_INLINE void normalize_by(const vg_narrow *s, const norm_channels *k, int64_t first, int act, float alpha, const float *from, float *to) {
	for (int64_t h = 0; h < s->b; h += 8) {
		const vg_f8 mean = vg_load8(k->mean + first + h), scale = vg_load8(k->scale + first + h), beta = vg_load8(k->beta + first + h);
		for (int64_t i = h; i < s->width * s->b; i += s->b)
			vg_store8(to + i, vg_activate8(vg_normalize8(vg_load8(from + i), mean, scale, beta), act, alpha));
	}
}

// A row of the block of channels that begins with the first one.
VG_INLINE void normalize_row(const narrow_args *a, const norm_channels *k, int64_t first, const float *from, float *to) {
	if (a->norm.act == VG_ACT_RELU) normalize_by(&a->s, k, first, VG_ACT_RELU, 0, from, to);
	else normalize_by(&a->s, k, first, a->norm.act, a->norm.alpha, from, to);
}

// Copies row y of an image between zeros, normalized by k; rows outside the image are zeros.
VG_INLINE void load_row(const narrow_args *a, const norm_channels *k, const float *image, int64_t y, float *row) {
	const vg_narrow *s = &a->s;
	const int64_t length = s->width * s->b, whole = padded_width(s) * s->b;
	for (int64_t block = 0; block < s->c / s->b; block++, row += whole) {
		const float *from = image + (block * s->height + y) * length;
		float *to = row + s->b;
		memset(row, 0, s->b * sizeof(float));
		memset(to + length, 0, (whole - s->b - length) * sizeof(float));
		if (y < 0 || y >= s->height) memset(to, 0, length * sizeof(float));
		else if (!a->norm.mean) memcpy(to, from, length * sizeof(float));
		else normalize_row(a, k, block * s->b, from, to);
	}
}

// Sums of TILE positions, those of several outputs together, which share what they read of x.
#define FORWARD_TILE(B, OUTPUTS, SUM)                                                                                  \
	VG_INLINE void forward_tile##B##x##OUTPUTS(const vg_narrow *s, const float *const rows[3], int64_t x, const float *w, block8 *out) { \
		const int64_t whole = padded_width(s) * B;                                                             \
		block##B sum[OUTPUTS][TILE] = {0};                                                                     \
		for (int64_t ky = 0; ky < 3; ky++)                                                                     \
			for (int64_t block = 0; block < s->c / B; block++)                                             \
				for (int64_t kx = 0; kx < 3; kx++) {                                                   \
					const float *from = rows[ky] + block * whole + (x + kx) * B;                   \
					const float *taps = w + (ky * 3 + kx) * s->c + block * B;                      \
					for (int k = 0; k < OUTPUTS; k++)                                              \
						for (int i = 0; i < TILE; i++)                                         \
							sum[k][i] += *(const block##B *)(from + i * B) * *(const block##B *)(taps + k * TAPS * s->c); \
				}                                                                                      \
		for (int k = 0; k < OUTPUTS; k++) {                                                                    \
			block8 folded[TILE];                                                                           \
			for (int i = 0; i < TILE; i++) folded[i] = SUM(sum[k][i]);                                     \
			out[k] = add_across(folded);                                                                   \
		}                                                                                                      \
	}
#define SAME(v) (v)
FORWARD_TILE(8, 1, SAME)
FORWARD_TILE(16, 1, halve)
FORWARD_TILE(16, 2, halve)
FORWARD_TILE(16, 3, halve)

// Sums of as many outputs as the registers hold; the number of them.
VG_INLINE int64_t forward_tile(const vg_narrow *s, const float *const rows[3], int64_t x, const float *w, block8 *out) {
	if (s->b == 16 && s->k == 3) {
		forward_tile16x3(s, rows, x, w, out);
		return 3;
	}
	if (s->b == 16 && s->k % 2 == 0) {
		forward_tile16x2(s, rows, x, w, out);
		return 2;
	}
	if (s->b == 16) forward_tile16x1(s, rows, x, w, out);
	else forward_tile8x1(s, rows, x, w, out);
	return 1;
}

// Brings TILE positions of a row into the cache while others are computed.
VG_INLINE void fetch_tile(const vg_narrow *s, const float *image, int64_t y, int64_t x) {
	enum { LINE = 64 / sizeof(float) };
	if (y >= s->height) return;
	for (int64_t block = 0; block < s->c / s->b; block++)
		for (int64_t i = 0; i < TILE * s->b; i += LINE) __builtin_prefetch(image + ((block * s->height + y) * s->width + x) * s->b + i);
}

// Items are images; three rows of one stay near.
VG_CLONES static void forward_worker(const void *args, int64_t lo, int64_t hi) {
	const narrow_args *a = args;
	const vg_narrow *s = &a->s;
	const int64_t area = s->height * s->width, row = padded_width(s) * s->c;
	float w[s->k * TAPS * s->c], near[3 * row];
	norm_channels norm;
	if (a->norm.mean) norm_of(&a->norm, s->c, &norm);
	gather_weights(s, a->w, w);
	for (int64_t n = lo; n < hi; n++) {
		const float *image = a->x + n * s->c * area;
		load_row(a, &norm, image, -1, near + 2 * row);
		load_row(a, &norm, image, 0, near);
		for (int64_t y = 0; y < s->height; y++) {
			load_row(a, &norm, image, y + 1, near + (y + 1) % 3 * row);
			const float *const rows[3] = {near + (y + 2) % 3 * row, near + y % 3 * row, near + (y + 1) % 3 * row};
			for (int64_t x = 0; x < s->width; x += TILE) {
				fetch_tile(s, image, y + 2, x);
				block8 sum[VG_NARROW_OUTPUTS];
				for (int64_t k = 0; k < s->k;) k += forward_tile(s, rows, x, w + k * TAPS * s->c, sum + k);
				for (int64_t k = 0; k < s->k; k++) {
					if (a->bias) sum[k] += a->bias[k];
					memcpy(a->out + (n * s->k + k) * area + y * s->width + x, &sum[k], vg_min(TILE, s->width - x) * sizeof(float));
				}
			}
		}
	}
}

VG_INLINE int64_t padded_area(const vg_narrow *s) { return (s->height + 2) * padded_width(s); }

// Copies the gradient of an image, k planes, each between zeros.
VG_INLINE void load_gradient(const vg_narrow *s, const float *gy, float *padded) {
	const int64_t width = padded_width(s);
	memset(padded, 0, s->k * padded_area(s) * sizeof(float));
	for (int64_t k = 0; k < s->k; k++)
		for (int64_t y = 0; y < s->height; y++)
			memcpy(padded + k * padded_area(s) + (y + 1) * width + 1, gy + (k * s->height + y) * s->width, s->width * sizeof(float));
}

#define DATA_TILE(B)                                                                                                   \
	VG_INLINE void data_tile##B(const vg_narrow *s, const float *gy, const float *w, int64_t count, float *gx) {   \
		block##B sum[TILE] = {0};                                                                              \
		for (int64_t k = 0; k < s->k; k++)                                                                     \
			for (int64_t tap = 0; tap < TAPS; tap++) {                                                     \
				const float *from = gy + k * padded_area(s) + (2 - tap / 3) * padded_width(s) + 2 - tap % 3; \
				const block##B v = *(const block##B *)(w + (k * TAPS + tap) * s->c);                   \
				for (int i = 0; i < TILE; i++) sum[i] += from[i] * v;                                  \
			}                                                                                              \
		for (int i = 0; i < TILE; i++)                                                                         \
			if (i < count) *(block##B *)(gx + i * B) = sum[i];                                             \
	}
DATA_TILE(8)
DATA_TILE(16)

VG_CLONES static void data_worker(const void *args, int64_t lo, int64_t hi) {
	const narrow_args *a = args;
	const vg_narrow *s = &a->s;
	const int64_t area = s->height * s->width, blocks = s->c / s->b;
	float w[s->k * TAPS * s->c], gy[s->k * padded_area(s)];
	gather_weights(s, a->w, w);
	for (int64_t n = lo; n < hi; n++) {
		load_gradient(s, a->gy + n * s->k * area, gy);
		for (int64_t block = 0; block < blocks; block++)
			for (int64_t y = 0; y < s->height; y++) {
				float *gx = a->out + ((n * blocks + block) * area + y * s->width) * s->b;
				for (int64_t x = 0; x < s->width; x += TILE) {
					const float *from = gy + y * padded_width(s) + x, *taps = w + block * s->b;
					if (s->b == 8) data_tile8(s, from, taps, s->width - x, gx + x * 8);
					else data_tile16(s, from, taps, s->width - x, gx + x * 16);
				}
			}
	}
}

#define WEIGHT_ROW(B)                                                                                                  \
	VG_INLINE void weight_row##B(const vg_narrow *s, const float *x, const float *gy, block##B sum[TAPS]) {        \
		const int64_t width = padded_width(s);                                                               \
		block##B v[TAPS];                                                                                      \
		for (int i = 0; i < TAPS; i++) v[i] = sum[i];                                                          \
		for (int64_t i = 0; i < s->width; i++) {                                                               \
			const block##B at = *(const block##B *)(x + i * B);                                            \
			for (int tap = 0; tap < TAPS; tap++) v[tap] += at * gy[(2 - tap / 3) * width + i + 2 - tap % 3]; \
		}                                                                                                      \
		for (int i = 0; i < TAPS; i++) sum[i] = v[i];                                                          \
	}
WEIGHT_ROW(8)
WEIGHT_ROW(16)

// Rows that are added in single precision.
enum { SHORT_SUM = 8 };

#define WEIGHT_ROWS(B)                                                                                                 \
	VG_INLINE void weight_rows##B(const vg_narrow *s, const float *x, int64_t rows, const float *gy, double *to) { \
		block##B sum[TAPS] = {0};                                                                              \
		for (int64_t r = 0; r < rows; r++) weight_row##B(s, x + r * s->width * B, gy + r * padded_width(s), sum); \
		for (int tap = 0; tap < TAPS; tap++)                                                                   \
			for (int i = 0; i < B; i++) to[i * TAPS + tap] += sum[tap][i];                                 \
	}
WEIGHT_ROWS(8)
WEIGHT_ROWS(16)

// Items are pieces: runs of images whose sums stand together.
VG_CLONES static void weight_worker(const void *args, int64_t lo, int64_t hi) {
	const narrow_args *a = args;
	const vg_narrow *s = &a->s;
	const int64_t pieces = vg_narrow_pieces(*s), area = s->height * s->width, blocks = s->c / s->b;
	const int64_t length = s->width * s->b;
	float gy[s->k * padded_area(s)], near[SHORT_SUM * length];
	norm_channels norm;
	if (a->norm.mean) norm_of(&a->norm, s->c, &norm);
	for (int64_t piece = lo; piece < hi; piece++) {
		double *to = a->partial + piece * s->k * s->c * TAPS;
		memset(to, 0, s->k * s->c * TAPS * sizeof(double));
		for (int64_t n = s->n * piece / pieces; n < s->n * (piece + 1) / pieces; n++) {
			load_gradient(s, a->gy + n * s->k * area, gy);
			for (int64_t block = 0; block < blocks; block++)
				for (int64_t y = 0; y < s->height; y += SHORT_SUM) {
					const int64_t rows = vg_min(SHORT_SUM, s->height - y);
					const float *x = a->x + ((n * blocks + block) * s->height + y) * s->width * s->b;
					if (a->norm.mean) {
						for (int64_t r = 0; r < rows; r++) normalize_row(a, &norm, block * s->b, x + r * length, near + r * length);
						x = near;
					}
					for (int64_t k = 0; k < s->k; k++) {
						const float *g = gy + k * padded_area(s) + y * padded_width(s);
						double *at = to + (k * s->c + block * s->b) * TAPS;
						if (s->b == 8) weight_rows8(s, x, rows, g, at);
						else weight_rows16(s, x, rows, g, at);
					}
				}
		}
	}
}

void vg_narrow_forward(const float *x, vg_norm norm, const float *w, const float *bias, vg_narrow s, float *y) {
	const narrow_args a = {.s = s, .norm = norm, .x = x, .w = w, .bias = bias, .out = y};
	vg_for(s.n, s.c * s.height * s.width, forward_worker, &a);
}

void vg_narrow_backward_data(const float *gy, const float *w, vg_narrow s, float *gx) {
	const narrow_args a = {.s = s, .gy = gy, .w = w, .out = gx};
	vg_for(s.n, s.c * s.height * s.width, data_worker, &a);
}

int64_t vg_narrow_pieces(vg_narrow s) { return vg_min(s.n, 16); }

void vg_narrow_backward_weights(const float *x, vg_norm norm, const float *gy, vg_narrow s, double *partial, float *gw) {
	const narrow_args a = {.s = s, .norm = norm, .x = x, .gy = gy, .partial = partial};
	const int64_t pieces = vg_narrow_pieces(s), size = s.k * s.c * TAPS;
	vg_for(pieces, s.n / pieces * s.c * s.height * s.width, weight_worker, &a);
	for (int64_t i = 0; i < size; i++) {
		double sum = 0;
		for (int64_t piece = 0; piece < pieces; piece++) sum += partial[piece * size + i];
		gw[i] = sum;
	}
}
