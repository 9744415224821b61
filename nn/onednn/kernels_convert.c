#include "kernels_math.h"

typedef struct {
	const float *src;
	uint16_t *dst;
} to_args;

VG_CLONES static void to_worker(const void *args, int64_t lo, int64_t hi) {
	const to_args a = *(const to_args *)args;
	VG_INDEPENDENT
	for (int64_t i = lo; i < hi; i++) a.dst[i] = vg_bf16_of(a.src[i]);
}

void vg_to_bf16(const float *src, int64_t n, uint16_t *dst) {
	const to_args a = {src, dst};
	vg_for(n, 1, to_worker, &a);
}

typedef struct {
	const uint16_t *src;
	float *dst;
} from_args;

VG_CLONES static void from_worker(const void *args, int64_t lo, int64_t hi) {
	const from_args a = *(const from_args *)args;
	VG_INDEPENDENT
	for (int64_t i = lo; i < hi; i++) a.dst[i] = vg_float_of((uint32_t)a.src[i] << 16);
}

void vg_from_bf16(const uint16_t *src, int64_t n, float *dst) {
	const from_args a = {src, dst};
	vg_for(n, 1, from_worker, &a);
}
