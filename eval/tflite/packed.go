package tflite

import "math"

// maxProducts is how many products of two centred 8-bit numbers (at most 255·128 each) a 32-bit sum always holds.
const maxProducts = math.MaxInt32 / (255 * 128)

// packed is a kernel of K output channels and n numbers each, two channels in one 64-bit number: x·(a + b·2³²) is both
// products at once, and as long as neither sum leaves 32 bits they come apart again exactly. Plain Go multiplies no more
// than one pair of numbers at a time; so it multiplies two.
type packed struct {
	n     int        // numbers that an output is made of
	pairs [][4]int64 // blocks of eight channels: n times four pairs; channels beyond K are 0
}

// pack lays out a kernel of K×n numbers.
func pack(weights []int32, channels, n int) packed {
	p := packed{n: n, pairs: make([][4]int64, (channels+7)/8*n)}
	for k := range channels {
		for i, w := range weights[k*n : (k+1)*n] {
			p.pairs[k/8*n+i][k%8/2] += int64(w) << (32 * (k % 2))
		}
	}
	return p
}

// dot is four pairs of sums of products.
func dot(pairs [][4]int64, x []int64) (a, b, c, d int64) {
	pairs = pairs[:len(x)]
	for i, v := range x {
		w := &pairs[i]
		a += v * w[0]
		b += v * w[1]
		c += v * w[2]
		d += v * w[3]
	}
	return a, b, c, d
}

// products fills the channels of an output position with the rounded sums over what the kernel reads there.
func (l *layer) products(out []int32, x []int64) {
	for first := 0; first < len(out); first += 8 {
		a, b, c, d := dot(l.pairs[first/8*l.n:][:l.n], x)
		for i, pair := range [4]int64{a, b, c, d} {
			k := first + 2*i
			if k >= len(out) {
				return
			}
			low := int32(pair)
			out[k] = l.round(float64(low+l.bias[k]) * l.factors[k])
			if k+1 < len(out) {
				high := int32((pair - int64(low)) >> 32)
				out[k+1] = l.round(float64(high+l.bias[k+1]) * l.factors[k+1])
			}
		}
	}
}
