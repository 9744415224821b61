package onednn

// #include "kernels.h"
import "C"

import "unsafe"

// PhiloxNormal draws n standard normal numbers. Elements 4b … 4b+3 come from the
// four words of Philox4x32-10 for the counter (counter low, counter high, b low,
// b high) under the key, by Box and Muller.
func PhiloxNormal(out unsafe.Pointer, n int, key [2]uint32, counter uint64) {
	C.vg_philox_normal(f32(out), C.int64_t(n), C.uint32_t(key[0]), C.uint32_t(key[1]), C.uint64_t(counter))
}

// PhiloxBernoulli sets each of n numbers to one with probability p, else to 0: to
// one where its word, as of PhiloxNormal, is less than p·2³².
func PhiloxBernoulli(out unsafe.Pointer, n int, key [2]uint32, counter uint64, p, one float64) {
	C.vg_philox_bernoulli(f32(out), C.int64_t(n), C.uint32_t(key[0]), C.uint32_t(key[1]), C.uint64_t(counter), C.double(p), C.double(one))
}
