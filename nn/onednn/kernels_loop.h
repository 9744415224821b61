// How the kernels are written: a plain function fills a struct of arguments and
// hands it with a worker to vg_for, which splits the work over OpenMP's threads.
// The worker is compiled for several vector units and chosen when the program
// starts. (The body of an OpenMP region is a function of its own, which would
// not inherit target_clones.)
#ifndef VG_KERNELS_LOOP_H
#define VG_KERNELS_LOOP_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels.h"

// Go's cgo accepts no command-line options for these. Nobody reads errno or the
// exception flags; with them loops with comparisons or roots stay scalar.
#pragma GCC optimize("no-math-errno", "no-trapping-math")
extern float sqrtf(float) __attribute__((const));

#ifdef VG_CLONES
#elif defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
#define VG_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VG_CLONES
#endif

#define VG_INLINE static inline __attribute__((always_inline))

// A cloned function that stays one: its variables get registers, which those of a
// caller with calls in its loop may not.
#define VG_CLONED_LOOP VG_CLONES static __attribute__((noinline))

// Iterations of the next loop are independent: arrays are equal or apart.
#define VG_INDEPENDENT _Pragma("GCC ivdep")

// Numbers below which threads cost more than they save.
enum { VG_SERIAL = 1 << 14 };

// A worker does items lo … hi-1.
typedef void (*vg_worker)(const void *args, int64_t lo, int64_t hi);

// Runs the worker over n items of about `each` numbers.
void vg_for(int64_t n, int64_t each, vg_worker work, const void *args);

VG_INLINE int64_t vg_min(int64_t a, int64_t b) { return a < b ? a : b; }
VG_INLINE int64_t vg_max(int64_t a, int64_t b) { return a > b ? a : b; }

VG_INLINE float vg_activate(float v, int act, float alpha) {
	switch (act) {
	case VG_ACT_RELU: return v <= 0 ? 0 : v; // NaN stays
	case VG_ACT_LEAKY_RELU: return v <= 0 ? alpha * v : v;
	default: return v;
	}
}

// The activation's slope where its value is y; NaN where y is.
VG_INLINE float vg_slope(float y, int act, float alpha) {
	const float above = y > 0 ? 1 : y;
	switch (act) {
	case VG_ACT_RELU: return y <= 0 ? 0 : above;
	case VG_ACT_LEAKY_RELU: return y <= 0 ? alpha : above;
	default: return 1;
	}
}

#endif
