// The same for AVX2, whose registers hold 8 lanes.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC target("arch=x86-64-v3")
#define VG_CLONES
#endif
#define VG_AVX2
#include "spectral_factor.c"
