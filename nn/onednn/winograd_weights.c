#include "winograd.h"

#include "kernels_transpose.h"
#include "winograd_pack.h"

// AHEAD is the distance at which weights are fetched: rows of them are too short for the processor to foresee the next one.
enum { SUMS = VG_WINOGRAD_SUMS, LANES = 8, WIDE = 2 * VG_BLOCK, NONE = -1, AHEAD = 4 };

// The taps of an axis that each sum holds.
static const int forward_taps[SUMS][2] = {{0, NONE}, {1, NONE}, {0, 2}, {1, 3}, {2, NONE}, {3, NONE}};
static const int backward_taps[SUMS][2] = {{3, NONE}, {3, 1}, {1, NONE}, {2, NONE}, {2, 0}, {0, NONE}};

typedef struct {
	const float *w;
	int64_t to_step, from_step; // between channels in w
	int64_t from, taps, by_input;
	float *out;
} weight_args;

VG_INLINE vg_f8 sum_of(const vg_f8 *v, int64_t step, const int taps[2]) {
	return taps[1] == NONE ? v[taps[0] * step] : v[taps[0] * step] + v[taps[1] * step];
}

// The sums between one channel of the operand and LANES of the result, to out + places[height][width].
VG_INLINE void sum_taps(const float *w, int64_t step, const int (*taps)[2], int64_t places[SUMS][SUMS], float *out) {
	vg_f8 v[2 * LANES], rows[4][SUMS];
	vg_transpose(w, step, v);
	vg_transpose(w + LANES, step, v + LANES);
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < SUMS; j++) rows[i][j] = sum_of(v + i * 4, 1, taps[j]);
	for (int i = 0; i < SUMS; i++)
		for (int j = 0; j < SUMS; j++) vg_store8(out + places[i][j], sum_of(&rows[0][j], SUMS, taps[i]));
}

// Channel j % B of the operand at time j / B, for the first channel of the result.
VG_INLINE const float *taps_at(const weight_args *a, const float *w, int64_t j) {
	return w + j % VG_BLOCK * a->from_step + j / VG_BLOCK * 2 * LANES;
}

// Items are blocks of the operand with pairs of the result's.
VG_INLINE void weight_range(const weight_args a, const int (*sums)[2], int64_t lo, int64_t hi) {
	const int64_t blocks = a.from / VG_BLOCK, each = a.by_input ? 1 : 2, products = SUMS / each;
	const int64_t tap = VG_BLOCK * WIDE, time = each * each * tap, block = a.taps * time, product = vg_product_numbers(a.from, a.taps, a.by_input);
	int64_t places[SUMS][SUMS];
	for (int64_t i = 0; i < SUMS; i++)
		for (int64_t j = 0; j < SUMS; j++)
			places[i][j] = (i / each * products + j / each) * product + (i % each * each + j % each) * tap;
	for (int64_t i = lo; i < hi; i++) {
		const float *w = a.w + i / blocks * WIDE * a.to_step + i % blocks * VG_BLOCK * a.from_step;
		float *out = a.out + i / blocks * products * products * product + i % blocks * block;
		for (int64_t j = 0; j < a.taps * VG_BLOCK; j++) {
			for (int64_t k = 0; k < WIDE; k++) __builtin_prefetch(taps_at(&a, w, j + AHEAD) + k * a.to_step);
			for (int64_t k = 0; k < WIDE; k += LANES)
				sum_taps(taps_at(&a, w, j) + k * a.to_step, a.to_step, sums, places, out + j / VG_BLOCK * time + j % VG_BLOCK * WIDE + k);
		}
	}
}

VG_CLONES static void weight_worker(const void *args, int64_t lo, int64_t hi) {
	const weight_args *a = args;
	if (a->by_input) weight_range(*a, backward_taps, lo, hi);
	else weight_range(*a, forward_taps, lo, hi);
}

int64_t VG_TYPED(vg_winograd_weight_numbers)(int64_t k, int64_t c, int64_t taps, int64_t by_input) {
	const int64_t products = by_input ? SUMS * SUMS : SUMS * SUMS / 4;
	return (by_input ? c : k) / WIDE * products * vg_product_numbers(by_input ? k : c, taps, by_input);
}

void VG_TYPED(vg_winograd_weights)(const float *w, int64_t k, int64_t c, int64_t taps, int64_t by_input, float *out) {
	const int64_t channel = 2 * LANES * taps;
	weight_args a = {w, c * channel, channel, c, taps, by_input, out};
	if (by_input) a = (weight_args){w, channel, c * channel, k, taps, by_input, out};
	vg_for(k * c / (WIDE * VG_BLOCK), WIDE * VG_BLOCK * channel, weight_worker, &a);
}
