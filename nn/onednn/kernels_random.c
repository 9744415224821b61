#include "kernels_math.h"

enum { BATCH = 64 }; // blocks of four words

typedef struct {
	float *out;
	int64_t n;
	uint32_t key[2];
	uint64_t counter, limit; // a Bernoulli number is `one` where its word is below the limit
	float one;
} random_args;

// Words of BATCH blocks from `first` on by Philox4x32-10, Salmon et al. 2011.
VG_INLINE void philox(const random_args *a, uint64_t first, uint32_t words[4][BATCH]) {
	const uint32_t low = first, high = first >> 32;
	for (uint32_t i = 0; i < BATCH; i++) {
		uint32_t c0 = a->counter, c1 = a->counter >> 32, c2 = low + i, c3 = high + (low + i < low);
		uint32_t k0 = a->key[0], k1 = a->key[1];
		for (int round = 0; round < 10; round++) {
			const uint64_t p0 = (uint64_t)0xd2511f53 * c0, p1 = (uint64_t)0xcd9e8d57 * c2;
			c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
			c1 = (uint32_t)p1;
			c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
			c3 = (uint32_t)p0;
			k0 += 0x9e3779b9;
			k1 += 0xbb67ae85;
		}
		words[0][i] = c0;
		words[1][i] = c1;
		words[2][i] = c2;
		words[3][i] = c3;
	}
}

// Writes numbers[k][i] to element 4·(first + i) + k, as far as there are elements.
VG_INLINE void interleave(const random_args *a, int64_t first, float numbers[4][BATCH]) {
	float *out = a->out + 4 * first;
	const int64_t n = vg_min(4 * BATCH, a->n - 4 * first);
	if (n == 4 * BATCH) {
		for (int i = 0; i < BATCH; i++)
			for (int k = 0; k < 4; k++) out[4 * i + k] = numbers[k][i];
		return;
	}
	for (int64_t i = 0; i < n; i++) out[i] = numbers[i % 4][i / 4];
}

// (w + ½)/2³², rounded once.
VG_INLINE float uniform(uint32_t w) {
	return ((float)(int32_t)(w >> 16) * 65536 + ((float)(int32_t)(w & 0xffff) + 0.5f)) * 0x1p-32f;
}

// √(-2 log u) for u = (w + ½)/2³², by log(1 - (1 - u)) where u is near 1.
VG_INLINE float radius(uint32_t w) {
	const float near = vg_log1p(-uniform(~w)), far = vg_log(uniform(w));
	return sqrtf(-2 * (w >> 31 ? near : far));
}

// The cosine and the sine of 2π·(w + ½)/2³², by Cephes's polynomials in the angle
// from the nearest quarter turn.
VG_INLINE void direction(uint32_t w, float *cosine, float *sine) {
	const uint32_t quarter = (w + 0x20000000) >> 30;
	const float t = ((float)(int32_t)(w - (quarter << 30)) + 0.5f) * 1.46291807926715968e-9f, z = t * t;
	float s = -1.9515295891e-4f;
	s = s * z + 8.3321608736e-3f;
	s = s * z - 1.6666654611e-1f;
	s = s * z * t + t;
	float c = 2.443315711809948e-5f;
	c = c * z - 1.388731625493765e-3f;
	c = c * z + 4.166664568298827e-2f;
	c = c * z * z - 0.5f * z + 1;
	const float a = quarter & 1 ? s : c, b = quarter & 1 ? c : s;
	*cosine = (quarter + 1) & 2 ? -a : a;
	*sine = quarter & 2 ? -b : b;
}

// Items are batches.
VG_CLONES static void normal_worker(const void *args, int64_t lo, int64_t hi) {
	const random_args a = *(const random_args *)args;
	for (int64_t first = lo * BATCH; first < hi * BATCH; first += BATCH) {
		uint32_t words[4][BATCH];
		float numbers[4][BATCH];
		philox(&a, first, words);
		for (int k = 0; k < 4; k += 2)
			for (int i = 0; i < BATCH; i++) { // Box and Muller 1958
				const float r = radius(words[k][i]);
				float c, s;
				direction(words[k + 1][i], &c, &s);
				numbers[k][i] = r * c;
				numbers[k + 1][i] = r * s;
			}
		interleave(&a, first, numbers);
	}
}

VG_CLONES static void bernoulli_worker(const void *args, int64_t lo, int64_t hi) {
	const random_args a = *(const random_args *)args;
	const uint32_t last = a.limit - 1;
	const float one = a.limit > 0 ? a.one : 0;
	for (int64_t first = lo * BATCH; first < hi * BATCH; first += BATCH) {
		uint32_t words[4][BATCH];
		float numbers[4][BATCH];
		philox(&a, first, words);
		for (int k = 0; k < 4; k++)
			for (int i = 0; i < BATCH; i++) numbers[k][i] = words[k][i] <= last ? one : 0;
		interleave(&a, first, numbers);
	}
}

static void draw(const random_args *a, vg_worker work) {
	vg_for((a->n + 4 * BATCH - 1) / (4 * BATCH), 4 * BATCH * 8, work, a);
}

void vg_philox_normal(float *out, int64_t n, uint32_t key0, uint32_t key1, uint64_t counter) {
	const random_args a = {out, n, {key0, key1}, counter, 0, 1};
	draw(&a, normal_worker);
}

void vg_philox_bernoulli(float *out, int64_t n, uint32_t key0, uint32_t key1, uint64_t counter, double p, double one) {
	const double limit = ceil(fmin(fmax(p, 0), 1) * 0x1p32); // w < limit is w < p·2³² for whole w
	const random_args a = {out, n, {key0, key1}, counter, limit, one};
	draw(&a, bernoulli_worker);
}
