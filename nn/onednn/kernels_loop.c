#include "kernels_loop.h"

#include <omp.h>

void vg_for(int64_t n, int64_t each, vg_worker work, const void *args) {
	if (n <= 0) return;
	if (n == 1 || n * each < VG_SERIAL) {
		work(args, 0, n);
		return;
	}
#pragma omp parallel
	{
		const int64_t thread = omp_get_thread_num(), threads = omp_get_num_threads();
		const int64_t lo = n * thread / threads, hi = n * (thread + 1) / threads;
		if (lo < hi) work(args, lo, hi);
	}
}
