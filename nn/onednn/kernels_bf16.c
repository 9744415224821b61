// The kernels over bfloat16 tensors. They run where the processor multiplies such,
// so there are no clones for others.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC target("arch=x86-64-v4,avx512bf16")
#define VG_CLONES
#endif
#define VG_BF16
#include "kernels_batchnorm.c"
#include "kernels_batchnorm_grad.c"
#include "kernels_channel_sum.c"

typedef struct {
	float alpha;
	const uint16_t *y, *gy;
	uint16_t *gx;
} slope_args;

VG_CLONES static void slope_worker(const void *args, int64_t lo, int64_t hi) {
	const slope_args a = *(const slope_args *)args;
	VG_INDEPENDENT
	for (int64_t i = lo; i < hi; i++) {
		const float g = vg_get(a.gy + i), y = vg_get(a.y + i), above = y > 0 ? 1 : y;
		a.gx[i] = vg_bf16_of(g * (y <= 0 ? a.alpha : above));
	}
}

void vg_slope_bf16(int act, double alpha, const uint16_t *y, const uint16_t *gy, uint16_t *gx, int64_t n) {
	const slope_args a = {act == VG_ACT_RELU ? 0 : alpha, y, gy, gx};
	vg_for(n, 1, slope_worker, &a);
}
