#include "winograd.h"

#include <omp.h>

#include "winograd_pack.h"

// A tile is TILE positions by PAIR blocks of the result's channels, as many as there are registers for; at the end REST positions, or one.
#ifdef VG_AVX2
enum { TILE = 6, REST = 2 };
#else
enum { TILE = 12, REST = 4 };
#endif
enum { PAIR = 2, WIDE = PAIR * VG_BLOCK, SIDE = 3, PRODUCTS = SIDE * SIDE };

// Results of four numbers whose moments are summed in float32 before they are added to those of float64.
enum { TILES_OF_FLOATS = 16 };

// Positions up to which samples are packed together; those of which weights are read at once, of several times or, at most, of a band of
// one; bytes of packed operands beyond which they are packed in turns.
enum { PACKED = 64, TOGETHER = 256, PACKED_BYTES = 3 << 20 };

// An axis: results of a class, which meet taps of one parity, are numbers (2q + i)·classes + class. Each of its products is a sum over
// `taps` sources of the operand.
typedef struct {
	const vg_axis *sources;
	int classes, taps, source[VG_WINOGRAD_SUMS]; // of class × product × tap
} axis;

static const vg_axis sources_of_y = {2, 5, 0, {-1, 0, 0, 1, 1}, {0, VG_NONE, 1, VG_NONE, 2}};
static const axis forward = {&vg_sources_of_x, 1, 2, {0, 1, 2, 3, 4, 5}};
static const axis backward = {&sources_of_y, 2, 1, {0, 1, 2, 2, 3, 4}};

// The results of one channel block in a sample's band, those of one turn: sums of what they are more than the first one, so that a mean
// far from 0 costs no digits of the variance, and of its squares.
typedef struct {
	vg_lanes shift;
	double first[VG_BLOCK], second[VG_BLOCK];
} moments;

typedef struct {
	vg_winograd s;
	vg_packing packing;
	const axis *axis;
	const float *weights, *bias;
	const int32_t *begin;
	const vg_meeting *meets;
	int act;
	float alpha;
	float *to;
	moments *moments; // sample × band × turn × block, or NULL
	int64_t rows, samples, blocks, times; // of positions; that are packed together; blocks of `from` that are; times of a group
	int64_t taps, turns;                  // of a product, along both axes; in which classes of heights are packed
} plan;

static plan plan_of(const float *from, vg_winograd s, int64_t threads) {
	const axis *x = s.by_input ? &backward : &forward;
	const int64_t rows = s.to[1] / (2 * x->classes), wide = s.to[2] / (2 * x->classes), times = (s.to[0] + s.period - 1) / s.period;
	plan p = {s, .axis = x, .rows = rows, .blocks = s.from_blocks, .taps = x->taps * x->taps, .turns = 1};
	p.samples = vg_min((s.n + threads - 1) / threads, vg_samples_for(PACKED, rows, wide));
	const int64_t high = vg_rows_for(TOGETHER, rows, wide);
	p.packing = vg_packing_of(from, s.from_blocks, s.from, x->sources, x->sources->sources, high, wide, p.samples);
	p.times = vg_max(1, vg_min(times, TOGETHER / (p.samples * high * wide)));
	const int64_t block = s.from[0] * p.packing.slice * (int64_t)sizeof(float);
	if (s.from_blocks * block <= PACKED_BYTES) return p;
	if (s.by_input) {
		p.packing = vg_packing_of(from, s.from_blocks, s.from, x->sources, SIDE, high, wide, p.samples);
		p.turns = x->classes;
	} else {
		p.blocks = vg_max(1, PACKED_BYTES / block);
		p.times = times; // whose sums wait
	}
	return p;
}

static int64_t packed_numbers(const plan *p) { return p->blocks * p->s.from[0] * p->packing.slice; }
static int64_t sum_numbers(const plan *p) { return PRODUCTS * p->s.to_blocks * p->times * p->packing.source; }

// The first source along height that is packed in a turn.
static int64_t first_source(const plan *p, int64_t turn) { return turn * (p->axis->sources->sources - p->packing.sources); }

static int64_t bands(const plan *p) { return (p->rows + p->packing.high - 1) / p->packing.high; }

VG_CLONES static void pack(const plan *p, int64_t turn, vg_piece piece, int64_t block, int64_t blocks, float *row, float *out) {
	if (p->turns > 1) vg_pack(&p->packing, &sources_of_y, first_source(p, turn), piece, block, blocks, row, out);
	else if (p->s.by_input) vg_pack(&p->packing, &sources_of_y, 0, piece, block, blocks, row, out);
	else vg_pack(&p->packing, &vg_sources_of_x, 0, piece, block, blocks, row, out);
}

// One of a class's products, at one time: its operands from the first block on, and where in a slice each tap's source lies.
typedef struct {
	const float *packed, *weights;
	int64_t blocks, more, time, source[4];
} product;

// Adds a product at `count` positions to sums of position × channel of the pair.
VG_INLINE void add_tile(const plan *p, const product *m, int64_t position, const int64_t taps, const int64_t count, float *sum) {
	const int64_t slice = p->packing.slice;
	vg_lanes a[TILE] = {0}, b[TILE] = {0};
	for (int i = 0; i < count && m->more; i++) {
		a[i] = *(const vg_lanes *)(sum + i * WIDE);
		b[i] = *(const vg_lanes *)(sum + i * WIDE + VG_BLOCK);
	}
	const float *packed = m->packed + position * VG_BLOCK, *weights = m->weights;
	for (int64_t r = 0; r < m->blocks; r++, packed += p->s.from[0] * slice, weights += p->s.taps * taps * VG_BLOCK * WIDE)
		for (int64_t i = p->begin[m->time]; i < p->begin[m->time + 1]; i++)
			for (int64_t tap = 0; tap < taps; tap++) {
				const float *x = packed + p->meets[i].position * slice + m->source[tap];
				const float *w = weights + (p->meets[i].tap * taps + tap) * VG_BLOCK * WIDE;
				for (int64_t c = 0; c < VG_BLOCK; c++, x++, w += WIDE) {
					const vg_lanes v = *(const vg_lanes_at *)w, z = *(const vg_lanes_at *)(w + VG_BLOCK);
					for (int j = 0; j < count; j++) {
						a[j] += v * x[j * VG_BLOCK];
						b[j] += z * x[j * VG_BLOCK];
					}
				}
			}
	for (int i = 0; i < count; i++) {
		*(vg_lanes *)(sum + i * WIDE) = a[i];
		*(vg_lanes *)(sum + i * WIDE + VG_BLOCK) = b[i];
	}
}

VG_INLINE void add_positions(const plan *p, const product *m, int64_t positions, const int64_t taps, float *sum) {
	for (int64_t i = 0, tile; i < positions; i += tile, sum += tile * WIDE) {
		const int64_t left = positions - i;
		if (left >= TILE) add_tile(p, m, i, taps, tile = TILE, sum);
		else if (left >= REST) add_tile(p, m, i, taps, tile = REST, sum);
		else add_tile(p, m, i, taps, tile = 1, sum);
	}
}

// Results that one after the other become complete: times first, first + period, … below end, of a class of both axes.
typedef struct {
	int64_t first, end, turn, class;
} group;

// Adds the products of packed blocks to the group's sums: product × pair × time × position × channel of the pair.
VG_CLONES static void add_products(const plan *p, group g, int64_t positions, int64_t block, int64_t blocks, const float *packed, float *sum) {
	const vg_winograd *s = &p->s;
	const axis *x = p->axis;
	const int64_t side = SIDE * x->classes, pairs = s->to_blocks / PAIR, size = s->taps * p->taps * VG_BLOCK * WIDE;
	const int64_t all = vg_product_numbers(s->from_blocks * VG_BLOCK, s->taps, s->by_input);
	for (int64_t i = 0; i < PRODUCTS; i++) {
		const int64_t high = g.class / x->classes * SIDE + i / SIDE, wide = g.class % x->classes * SIDE + i % SIDE;
		product m = {packed, NULL, blocks, block > 0};
		for (int64_t tap = 0; tap < p->taps; tap++)
			m.source[tap] = ((x->source[high * x->taps + tap / x->taps] - first_source(p, g.turn)) * x->sources->sources + x->source[wide * x->taps + tap % x->taps]) * p->packing.source;
		for (int64_t pair = 0; pair < pairs; pair++) {
			m.weights = p->weights + (pair * side * side + high * side + wide) * all + block * size;
			for (m.time = g.first; m.time < g.end; m.time += s->period, sum += PAIR * p->packing.source)
				if (p->taps == 1) add_positions(p, &m, positions, 1, sum);
				else add_positions(p, &m, positions, 4, sum);
		}
	}
}

// The first result, from sums `step` apart.
VG_INLINE vg_lanes first_result(const float *m, int64_t step) {
	return *(const vg_lanes *)m + *(const vg_lanes *)(m + step) + (*(const vg_lanes *)(m + 3 * step) + *(const vg_lanes *)(m + 4 * step));
}

// Where the results of a class at one time go: the first one, and how far the next ones to the right and below are.
typedef struct {
	float *to;
	int64_t right, down, high, wide;
} target;

VG_INLINE void put(vg_lanes v, int act, float alpha, float *to) {
	if (act)
		for (int i = 0; i < VG_BLOCK; i++) to[i] = vg_activate(v[i], act, alpha);
	else *(vg_lanes_at *)to = v;
}

VG_INLINE void add_moment(vg_lanes v, double *sum) {
	float lanes[VG_BLOCK];
	*(vg_lanes_at *)lanes = v;
	for (int c = 0; c < VG_BLOCK; c += 8) *(vg_d8_at *)(sum + c) += vg_load8d(lanes + c);
}

// Puts the results of one block from sums `step` apart, and adds to its moments those of a few rows after the others.
VG_INLINE void put_plane(const float *m, int64_t step, target t, vg_lanes bias, int act, float alpha, moments *own, const int summed) {
	const int64_t rows = vg_max(1, TILES_OF_FLOATS / t.wide);
	for (int64_t top = 0; top < t.high; top += rows) {
		vg_lanes first[4] = {0}, second[4] = {0};
		for (int64_t h = top; h < vg_min(top + rows, t.high); h++, t.to += 2 * t.down) {
			float *to = t.to;
			for (int64_t w = 0; w < t.wide; w++, to += 2 * t.right, m += WIDE) {
				vg_lanes v[PRODUCTS];
				for (int k = 0; k < PRODUCTS; k++) v[k] = *(const vg_lanes *)(m + k * step);
				const vg_lanes sums = v[3] + v[4] + bias, differences = v[4] - v[5] + bias;
				const vg_lanes y[4] = {v[0] + v[1] + sums, v[1] - v[2] + differences, sums - v[6] - v[7], differences - v[7] + v[8]};
				for (int k = 0; k < 4; k++) {
					put(y[k], act, alpha, to + k / 2 * t.down + k % 2 * t.right);
					if (!summed) continue;
					const vg_lanes d = y[k] - own->shift;
					first[k] += d;
					second[k] += d * d;
				}
			}
		}
		if (!summed) continue;
		add_moment(first[0] + first[1] + (first[2] + first[3]), own->first);
		add_moment(second[0] + second[1] + (second[2] + second[3]), own->second);
	}
}

// The results of a piece from the group's sums.
VG_CLONES static void put_results(const plan *p, group g, vg_piece piece, const float *sum) {
	const vg_winograd *s = &p->s;
	const int64_t times = (g.end - g.first + s->period - 1) / s->period, step = s->to_blocks / PAIR * times * PAIR * p->packing.source;
	const int64_t line = s->to[2] * VG_BLOCK, plane = s->to[1] * line, classes = p->axis->classes, wide = p->packing.wide;
	const int64_t right = classes * VG_BLOCK, down = classes * line;
	const int act = p->act;
	const float alpha = p->alpha;
	for (int64_t i = 0; i < s->to_blocks / PAIR * times; i++, sum += PAIR * p->packing.source)
		for (int64_t j = 0; j < piece.count * PAIR; j++) {
			const int64_t block = i / times * PAIR + j % PAIR, time = g.first + i % times * s->period;
			const float *m = sum + j / PAIR * p->packing.each * WIDE + j % PAIR * VG_BLOCK;
			float *row = p->to + (((piece.n + j / PAIR) * s->to_blocks + block) * s->to[0] + time) * plane + piece.top * 2 * down;
			row += g.class / classes * line + g.class % classes * VG_BLOCK;
			vg_lanes bias = {0};
			if (p->bias) bias = *(const vg_lanes_at *)(p->bias + block * VG_BLOCK);
			const target t = {row, right, down, piece.high, wide};
			if (!p->moments) {
				if (act) put_plane(m, step, t, bias, act, alpha, NULL, 0);
				else put_plane(m, step, t, bias, 0, 0, NULL, 0);
				continue;
			}
			const int64_t band = (piece.n + j / PAIR) * bands(p) + piece.top / p->packing.high;
			moments *own = p->moments + (band * p->turns + g.turn) * s->to_blocks + block;
			if (time == 0 && g.class == g.turn * (classes * classes / p->turns)) *own = (moments){first_result(m, step) + bias};
			put_plane(m, step, t, bias, 0, 0, own, 1);
		}
}

// Combines the moments of a block by the rule of Chan, Golub and LeVeque (1983).
VG_CLONES static void put_statistics(const plan *p, int64_t block, float *mean, float *var) {
	const int64_t classes = p->axis->classes * p->axis->classes / p->turns, row = 4 * classes * p->packing.wide * p->s.to[0];
	double count = 0, centre[VG_BLOCK] = {0}, squares[VG_BLOCK] = {0};
	for (int64_t i = 0; i < p->s.n * bands(p) * p->turns; i++) {
		const moments *own = p->moments + i * p->s.to_blocks + block;
		const int64_t top = i / p->turns % bands(p) * p->packing.high;
		const double more = row * vg_min(p->packing.high, p->rows - top), total = count + more;
		for (int c = 0; c < VG_BLOCK; c++) {
			const double d = own->first[c] / more, delta = own->shift[c] + d - centre[c], rest = own->second[c] - own->first[c] * d;
			squares[c] += (rest < 0 ? 0 : rest) + delta * delta * count * more / total; // less than 0 by rounding
			centre[c] += delta * more / total;
		}
		count = total;
	}
	for (int c = 0; c < VG_BLOCK; c++) {
		mean[block * VG_BLOCK + c] = centre[c];
		var[block * VG_BLOCK + c] = squares[c] / count;
	}
}

// The results of a piece, those of one turn.
static void put_piece(const plan *p, vg_piece piece, int64_t turn, float *row, float *packed, float *sum) {
	const vg_winograd *s = &p->s;
	const int64_t classes = p->axis->classes * p->axis->classes / p->turns;
	const int64_t positions = piece.count * piece.high * p->packing.wide;
	if (p->blocks == s->from_blocks) pack(p, turn, piece, 0, p->blocks, row, packed);
	for (int64_t phase = 0; phase < vg_min(s->period, s->to[0]); phase++)
		for (int64_t time = phase; time < s->to[0]; time += p->times * s->period)
			for (int64_t class = turn * classes; class < (turn + 1) * classes; class++) {
				const group g = {time, vg_min(s->to[0], time + p->times * s->period), turn, class};
				for (int64_t block = 0; block < s->from_blocks; block += p->blocks) {
					const int64_t blocks = vg_min(p->blocks, s->from_blocks - block);
					if (p->blocks < s->from_blocks) pack(p, turn, piece, block, blocks, row, packed);
					add_products(p, g, positions, block, blocks, packed, sum);
				}
				put_results(p, g, piece, sum);
			}
}

int64_t VG_TYPED(vg_winograd_moments)(vg_winograd s, int64_t threads) {
	const plan p = plan_of(NULL, s, threads);
	return s.n * bands(&p) * p.turns * s.to_blocks * (int64_t)sizeof(moments);
}

int64_t VG_TYPED(vg_winograd_scratch)(vg_winograd s, int64_t threads) {
	const plan p = plan_of(NULL, s, threads);
	return threads * (vg_pack_row(&p.packing) + packed_numbers(&p) + sum_numbers(&p)) * (int64_t)sizeof(float);
}

void VG_TYPED(vg_winograd_products)(const float *from, const float *weights, const float *bias, vg_winograd s, const int32_t *begin,
				    const vg_meeting *meets, int act, double alpha, int64_t threads, void *scratch, float *to, vg_statistics statistics) {
	plan p = plan_of(from, s, threads);
	p.weights = weights, p.bias = bias, p.begin = begin, p.meets = meets, p.act = act, p.alpha = alpha, p.to = to;
	p.moments = statistics.moments;
	const int64_t pieces = vg_pieces_of(&p.packing, s.n, p.rows, p.samples), own = vg_pack_row(&p.packing) + packed_numbers(&p) + sum_numbers(&p);
#pragma omp parallel num_threads(threads)
	{
		float *row = (float *)scratch + omp_get_thread_num() * own, *packed = row + vg_pack_row(&p.packing), *sum = packed + packed_numbers(&p);
#pragma omp for schedule(dynamic)
		for (int64_t task = 0; task < pieces * p.turns; task++)
			put_piece(&p, vg_piece_of(&p.packing, s.n, p.rows, p.samples, task / p.turns), task % p.turns, row, packed, sum);
		if (p.moments) {
#pragma omp for
			for (int64_t block = 0; block < s.to_blocks; block++) put_statistics(&p, block, statistics.mean, statistics.var);
		}
	}
}
