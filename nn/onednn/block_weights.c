#include "block_weights.h"

#include "kernels_element.h"
#include "kernels_transpose.h"

enum { SIDE = 16, TAPS = 8 };

#ifdef VG_BF16
// Numbers of a and b side by side.
VG_INLINE void put_pairs(vg_f8 a, vg_f8 b, vg_element *to) {
#ifdef __AVX512BF16__
	const __m256i low = _mm256_cvtepu16_epi32((__m128i)_mm256_cvtneps_pbh((__m256)a));
	const __m256i high = _mm256_cvtepu16_epi32((__m128i)_mm256_cvtneps_pbh((__m256)b));
	_mm256_storeu_si256((__m256i_u *)to, _mm256_or_si256(low, _mm256_slli_epi32(high, 16)));
#else
	for (int i = 0; i < 8; i++) {
		to[2 * i] = vg_bf16_of(a[i]);
		to[2 * i + 1] = vg_bf16_of(b[i]);
	}
#endif
}
#endif

typedef struct {
	const float *w;
	int64_t c, taps, by_input;
	vg_element *out;
} block_args;

// Eight taps of a block, so that what is written stays near: channels of the last axis lie `last` apart in w, those of the other one `other`.
VG_INLINE void block_taps(const float *w, int64_t last, int64_t other, vg_element *out) {
#ifdef VG_BF16
	for (int64_t l = 0; l < SIDE; l += 8) // eight rows of w at a time: cache lines of sixteen meet in one set
		for (int64_t o = 0; o < SIDE; o += 2) {
			vg_f8 v[8], next[8];
			vg_transpose(w + o * other + l * last, last, v);
			vg_transpose(w + (o + 1) * other + l * last, last, next);
			for (int tap = 0; tap < TAPS; tap++) put_pairs(v[tap], next[tap], out + tap * SIDE * SIDE + o * SIDE + l * 2);
		}
#else
	for (int64_t o = 0; o < SIDE; o++)
		for (int64_t l = 0; l < SIDE; l += 8) {
			vg_f8 v[8];
			vg_transpose(w + o * other + l * last, last, v);
			for (int tap = 0; tap < TAPS; tap++) vg_store8(out + tap * SIDE * SIDE + o * SIDE + l, v[tap]);
		}
#endif
}

VG_CLONES static void block_worker(const void *args, int64_t lo, int64_t hi) {
	const block_args a = *(const block_args *)args;
	const int64_t row = a.c * a.taps, blocks = a.c / SIDE;
	for (int64_t i = lo; i < hi; i++) {
		const float *w = a.w + i / blocks * SIDE * row + i % blocks * SIDE * a.taps;
		for (int64_t tap = 0; tap < a.taps; tap += TAPS)
			block_taps(w + tap, a.by_input ? a.taps : row, a.by_input ? row : a.taps, a.out + (i * a.taps + tap) * SIDE * SIDE);
	}
}

void VG_TYPED(vg_block_weights)(const float *w, int64_t k, int64_t c, int64_t taps, int by_input, vg_element *out) {
	const block_args a = {w, c, taps, by_input, out};
	vg_for(k / SIDE * (c / SIDE), SIDE * SIDE * taps, block_worker, &a);
}
