#include "outer_products.h"

#include <omp.h>

#include "kernels_unit.h"

// x is packed in strips of 16 channels. A tile of the result is PAIR blocks of y's channels by FIRST channels of a strip, or by REST of
// those that are left: as many as there are registers for.
#ifdef VG_AVX2
enum { FIRST = 6, REST = 5, PACKED_BYTES = 1 << 17 };
#else
enum { FIRST = 8, REST = 8, PACKED_BYTES = 1 << 18 };
#endif
enum { PAIR = 2, STRIP = 16, BLOCKS = STRIP / VG_BLOCK };

#ifdef VG_BF16
// One position of 16 channels and the next, which may be missing.
VG_INLINE void put_unit(const vg_element *at, const vg_element *next, vg_unit *to) {
	vg_words v = {0};
	if (at) v = __builtin_convertvector(*(const vg_halves_at *)at, vg_words);
	if (next) v |= __builtin_convertvector(*(const vg_halves_at *)next, vg_words) << 16;
	*(vg_lanes_at *)to = (vg_lanes)v;
}
#else
VG_INLINE void put_unit(const vg_element *at, const vg_element *next, vg_unit *to) {
	(void)next;
	if (at) memcpy(to, at, VG_BLOCK * sizeof *to);
	else memset(to, 0, VG_BLOCK * sizeof *to);
}
#endif

typedef struct {
	vg_outer s;
	int64_t taps, units, rows; // of the kernel; of a row of y; of a class of x's rows, those that a tap of the height meets
	int64_t plane, samples;    // units of one time of packed x, times 16; samples that are packed together
	int64_t groups, strips;    // parts of y's channels; of x's
} plan;

static plan plan_of(const vg_outer *s, int64_t threads) {
	plan p = {.s = *s, .taps = s->kernel[0] * s->kernel[1] * s->kernel[2], .units = (s->y[2] + VG_UNIT - 1) / VG_UNIT};
	p.rows = s->y[1] + (s->kernel[1] - 1) / s->stride[1];
	p.plane = s->kernel[2] * s->stride[1] * p.rows * p.units * STRIP;
	p.samples = vg_max(1, vg_min(s->n, PACKED_BYTES / (s->x[0] * p.plane * (int64_t)sizeof(vg_unit))));
	p.strips = s->c / STRIP;
	p.groups = vg_min(s->k / (PAIR * VG_BLOCK), (threads + p.strips - 1) / p.strips);
	return p;
}

static int64_t packed_y(const plan *p) {
	return VG_UNIT == 1 ? 0 : p->s.n * p->s.k * p->s.y[0] * p->s.y[1] * p->units;
}
static int64_t packed_x(const plan *p) { return p->samples * p->s.x[0] * p->plane; }
static int64_t sums(const plan *p) { return (p->s.k / PAIR / VG_BLOCK / p->groups + 1) * PAIR * VG_BLOCK * STRIP * p->taps; }

int64_t VG_TYPED(vg_outer_scratch)(vg_outer s, int64_t threads) {
	const plan p = plan_of(&s, threads);
	return 4 * (packed_y(&p) + threads * (packed_x(&p) + sums(&p)));
}

// The rows of one sample and block of y as units.
VG_CLONES static void pack_y(const plan *p, const vg_element *y, vg_unit *to) {
	const int64_t width = p->s.y[2];
	for (int64_t row = 0; row < p->s.y[0] * p->s.y[1]; row++)
		for (int64_t u = 0; u < p->units; u++, to += VG_BLOCK) {
			const vg_element *at = y + (row * width + u * VG_UNIT) * VG_BLOCK;
			put_unit(at, u * VG_UNIT + 1 < width ? at + VG_BLOCK : NULL, to);
		}
}

// A strip of x of some samples as units, so that those that meet a row of y under a tap lie side by side, and so do the
// rows that meet neighbouring ones of y: time × tap of the width × class of rows × row × unit.
VG_CLONES static void pack_x(const plan *p, const vg_element *x, int64_t strip, int64_t first, int64_t count, vg_unit *to) {
	const vg_outer *s = &p->s;
	const int64_t area = s->x[1] * s->x[2] * VG_BLOCK, next_block = s->x[0] * area;
	for (int64_t i = 0; i < count * s->x[0]; i++) {
		const vg_element *time = x + ((first + i / s->x[0]) * p->strips + strip) * BLOCKS * next_block + i % s->x[0] * area;
		for (int64_t tap = 0; tap < s->kernel[2]; tap++)
			for (int64_t class = 0; class < s->stride[1]; class++)
				for (int64_t row = 0; row < p->rows; row++, to += p->units * STRIP) {
					const int64_t h = row * s->stride[1] + class - s->pad[1];
					if (h < 0 || h >= s->x[1]) continue; // no tap gets there
					for (int64_t j = 0; j < p->units * BLOCKS; j++) {
						const vg_element *from = time + h * s->x[2] * VG_BLOCK + j % BLOCKS * next_block;
						const int64_t w = j / BLOCKS * VG_UNIT * s->stride[2] - s->pad[2] + tap, next = w + s->stride[2];
						put_unit(w >= 0 && w < s->x[2] ? from + w * VG_BLOCK : NULL,
							 next >= 0 && next < s->x[2] ? from + next * VG_BLOCK : NULL, to + j * VG_BLOCK);
					}
				}
	}
}

// Positions lo … hi-1 of y whose tap lies within x.
typedef struct {
	int64_t lo, hi;
} range;

static inline range within(const vg_outer *s, int axis, int64_t tap) {
	const int64_t stride = s->stride[axis], before = s->pad[axis] - tap;
	range r = {before > 0 ? (before + stride - 1) / stride : 0, s->y[axis]};
	const int64_t last = s->x[axis] - 1 + before;
	r.hi = last < 0 ? 0 : vg_min(r.hi, last / stride + 1);
	return r;
}

// Adds the products of one tap, over the packed samples, to a tile of sums of so many channels of x.
VG_INLINE void add_tile(const plan *p, const vg_unit *y, const vg_unit *x, int64_t count, const int64_t tap[3], const int channels, float *sum,
			int empty) {
	const vg_outer *s = &p->s;
	const range times = within(s, 0, tap[0]), heights = within(s, 1, tap[1]);
	const int64_t row = p->units * VG_BLOCK, area = s->y[0] * s->y[1] * row;
	const int64_t step = p->taps * PAIR * VG_BLOCK; // between channels of x
	vg_lanes a[FIRST] = {0}, b[FIRST] = {0};
	for (int i = 0; i < channels && !empty; i++) {
		a[i] = *(const vg_lanes_at *)(sum + i * step);
		b[i] = *(const vg_lanes_at *)(sum + i * step + VG_BLOCK);
	}
	x += ((tap[2] * s->stride[1] + tap[1] % s->stride[1]) * p->rows + heights.lo + tap[1] / s->stride[1]) * p->units * STRIP;
	for (int64_t n = 0; n < count; n++)
		for (int64_t t = times.lo; t < times.hi; t++) {
			const vg_unit *first = y + n * s->k / VG_BLOCK * area + (t * s->y[1] + heights.lo) * row;
			const vg_unit *from = x + (n * s->x[0] + t * s->stride[0] - s->pad[0] + tap[0]) * p->plane;
			const vg_unit *end = first + (heights.hi - heights.lo) * row;
			for (; first < end; first += VG_BLOCK, from += STRIP) {
				const vg_lanes v = *(const vg_lanes_at *)first, w = *(const vg_lanes_at *)(first + area);
				for (int i = 0; i < channels; i++) {
					a[i] = vg_add_product(a[i], v, from[i]);
					b[i] = vg_add_product(b[i], w, from[i]);
				}
			}
		}
	for (int i = 0; i < channels; i++) {
		*(vg_lanes_at *)(sum + i * step) = a[i];
		*(vg_lanes_at *)(sum + i * step + VG_BLOCK) = b[i];
	}
}

// Adds the packed samples to the sums of two blocks of y's channels: channel of x × tap × channel of y.
VG_CLONES static void add_samples(const plan *p, const vg_unit *y, const vg_unit *x, int64_t count, float *sum, int empty) {
	const vg_outer *s = &p->s;
	const int64_t step = p->taps * PAIR * VG_BLOCK;
	int64_t tap[3];
	for (tap[0] = 0; tap[0] < s->kernel[0]; tap[0]++)
		for (tap[1] = 0; tap[1] < s->kernel[1]; tap[1]++)
			for (tap[2] = 0; tap[2] < s->kernel[2]; tap[2]++, sum += PAIR * VG_BLOCK) {
				add_tile(p, y, x, count, tap, FIRST, sum, empty);
				for (int64_t c = FIRST; c < STRIP; c += REST) add_tile(p, y, x + c, count, tap, REST, sum + c * step, empty);
			}
}

// The sums as rows of plain weights.
VG_CLONES static void put_weights(const plan *p, const float *sum, int64_t first, int64_t strip, float *gw) {
	for (int64_t c = 0; c < STRIP; c++)
		for (int64_t k = 0; k < PAIR * VG_BLOCK; k++) {
			float *to = gw + ((first + k) * p->s.c + strip * STRIP + c) * p->taps;
			const float *from = sum + c * p->taps * PAIR * VG_BLOCK + k;
			for (int64_t tap = 0; tap < p->taps; tap++) to[tap] = from[tap * PAIR * VG_BLOCK];
		}
}

// A task is a strip of x's channels with a group of y's; each sum belongs to one, so that the number of threads does not matter.
static void outer_task(const plan *p, int64_t task, const vg_element *x, const vg_unit *y, vg_unit *packed, float *sum, float *gw) {
	const vg_outer *s = &p->s;
	const int64_t strip = task / p->groups, group = task % p->groups, pairs = s->k / (PAIR * VG_BLOCK);
	const int64_t lo = pairs * group / p->groups, hi = pairs * (group + 1) / p->groups;
	const int64_t area = s->y[0] * s->y[1] * p->units * VG_BLOCK, size = PAIR * VG_BLOCK * STRIP * p->taps;
	for (int64_t n = 0; n < s->n; n += p->samples) {
		const int64_t count = vg_min(p->samples, s->n - n);
		pack_x(p, x, strip, n, count, packed);
		for (int64_t pair = lo; pair < hi; pair++) {
			float *at = sum + (pair - lo) * size;
			add_samples(p, y + (n * s->k / VG_BLOCK + pair * PAIR) * area, packed, count, at, n == 0);
			if (n + count == s->n) put_weights(p, at, pair * PAIR * VG_BLOCK, strip, gw);
		}
	}
}

void VG_TYPED(vg_outer_products)(const vg_element *x, const vg_element *y, vg_outer s, int64_t threads, void *scratch, float *gw) {
	const plan p = plan_of(&s, threads);
	vg_unit *units = scratch, *packed = units + packed_y(&p);
	const int64_t own = packed_x(&p) + sums(&p), positions = s.y[0] * s.y[1];
#pragma omp parallel num_threads(threads)
	{
		if (VG_UNIT > 1) {
#pragma omp for schedule(static)
			for (int64_t i = 0; i < s.n * s.k / VG_BLOCK; i++)
				pack_y(&p, y + i * positions * s.y[2] * VG_BLOCK, units + i * positions * p.units * VG_BLOCK);
		}
		vg_unit *mine = packed + omp_get_thread_num() * own;
#pragma omp for schedule(dynamic)
		for (int64_t task = 0; task < p.strips * p.groups; task++)
			outer_task(&p, task, x, VG_UNIT > 1 ? units : (const vg_unit *)y, mine, (float *)mine + packed_x(&p), gw);
	}
}
