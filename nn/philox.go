package nn

import "math"

// RandomState is where dropout and noise of a graph take their numbers from. They are a pure function of
// Seed, Counter, the identity of the operation and the index of the element: nothing is carried along, so
// that any order or number of threads gives the same values, and a checkpoint is two numbers.
//
// The owner changes Counter (once a step) to get fresh numbers; a graph run twice with the same Counter sees
// the same. Graphs that share a RandomState and a layer's path share its noise within a step.
//
// The generator is Philox4x32-10. Block b of operation id is Philox of the counter
// (Counter low, Counter high, b low, b high) under the Key of id; its four words belong to elements 4b … 4b+3.
type RandomState struct {
	Seed, Counter uint64
}

// Key returns Philox's two key words for operation id: the low and high halves of
// id XOR the SplitMix64 finalizer of Seed.
func (r *RandomState) Key(id uint64) [2]uint32 {
	z := r.Seed + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z>>31 ^ id
	return [2]uint32{uint32(z), uint32(z >> 32)}
}

// block returns the four words of elements 4b … 4b+3 under key.
func (r *RandomState) block(key [2]uint32, b uint64) [4]uint32 {
	return philox([4]uint32{uint32(r.Counter), uint32(r.Counter >> 32), uint32(b), uint32(b >> 32)}, key)
}

// philox is Philox4x32 with 10 rounds.
//
// Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", Sec. 3.3 and its library Random123.
func philox(counter [4]uint32, key [2]uint32) [4]uint32 {
	// Single variables stay in registers, which Go's arrays do not.
	c0, c1, c2, c3 := counter[0], counter[1], counter[2], counter[3]
	k0, k1 := key[0], key[1]
	for range 10 {
		p0, p1 := 0xd2511f53*uint64(c0), 0xcd9e8d57*uint64(c2)
		c0, c1, c2, c3 = uint32(p1>>32)^c1^k0, uint32(p1), uint32(p0>>32)^c3^k1, uint32(p0)
		k0 += 0x9e3779b9
		k1 += 0xbb67ae85
	}
	return [4]uint32{c0, c1, c2, c3}
}

// normals turns four random words into four independent standard normal numbers (Box and Muller 1958). A word
// w stands for the uniform number (w + ½)/2³², which is never 0 or 1: no result exceeds 6.77 in size.
func normals(w [4]uint32) (n [4]float64) {
	for i := 0; i < 4; i += 2 {
		radius := math.Sqrt(-2 * math.Log((float64(w[i])+0.5)/(1<<32)))
		sin, cos := math.Sincos(2 * math.Pi * (float64(w[i+1]) + 0.5) / (1 << 32))
		n[i], n[i+1] = radius*cos, radius*sin
	}
	return n
}

// bernoulli turns a random word into 1 with probability p, else 0.
func bernoulli(w uint32, p float64) float64 {
	if float64(w) < p*(1<<32) {
		return 1
	}
	return 0
}
