// The same over bfloat16, where the processor multiplies such.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC target("arch=x86-64-v4,avx512bf16")
#define VG_CLONES
#endif
#define VG_BF16
#include "block_weights.c"
