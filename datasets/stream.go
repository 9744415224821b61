package datasets

import "math/rand/v2"

// reseed sets a generator to the stream that belongs to batch k of a seed. Both words are scrambled first: the plain
// numbers of neighbouring batches would start PCG in neighbouring states.
func reseed(pcg *rand.PCG, seed, k uint64) {
	pcg.Seed(scramble(seed), scramble(scramble(seed)+k))
}

// scramble is the finalizer of SplitMix64 (Steele, Lea, Flood 2014), a bijection.
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
