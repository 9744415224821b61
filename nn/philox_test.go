package nn

import (
	"math"
	"testing"
)

func TestPhiloxKnownAnswers(t *testing.T) {
	// Source: Random123, tests/kat_vectors, the lines "philox4x32 10".
	for _, test := range []struct {
		reason        string
		counter, want [4]uint32
		key           [2]uint32
	}{
		{"zeros", [4]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, [2]uint32{}},
		{"ones", [4]uint32{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
			[4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}, [2]uint32{0xffffffff, 0xffffffff}},
		{"digits of pi", [4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}, [2]uint32{0xa4093822, 0x299f31d0}},
	} {
		if got := philox(test.counter, test.key); got != test.want {
			t.Errorf("%s: %08x, want %08x", test.reason, got, test.want)
		}
	}
}

func TestNormalsMoments(t *testing.T) {
	r := &RandomState{Seed: 5, Counter: 9}
	key := r.Key(3)
	const blocks = 50_000
	n := float64(4 * blocks)
	var moments [5]float64
	var previous, neighbours float64
	for b := range uint64(blocks) {
		for _, v := range normals(r.block(key, b)) {
			for k, power := 1, v; k <= 4; k, power = k+1, power*v {
				moments[k] += power / n
			}
			neighbours += v * previous / n
			previous = v
		}
	}
	// Bounds are five standard errors of each mean: its variance is (E x²ᵏ - (E xᵏ)²)/n.
	for _, test := range []struct {
		what            string
		got, want, vari float64
	}{
		{"mean", moments[1], 0, 1},
		{"variance", moments[2], 1, 2},
		{"skewness", moments[3], 0, 15},
		{"kurtosis", moments[4], 3, 96},
		{"correlation of neighbours", neighbours, 0, 1},
	} {
		if d := math.Abs(test.got - test.want); d > 5*math.Sqrt(test.vari/n) {
			t.Errorf("%s is %g, want %g", test.what, test.got, test.want)
		}
	}
}

// The largest and smallest words stay finite and within what normals promises.
func TestNormalsExtremes(t *testing.T) {
	for _, word := range []uint32{0, 1, 1 << 31, math.MaxUint32} {
		for i, v := range normals([4]uint32{word, word, word, 0}) {
			if !(math.Abs(v) <= 6.77) {
				t.Errorf("word %#x, number %d: %g", word, i, v)
			}
		}
	}
}

func TestBernoulliEdges(t *testing.T) {
	for _, test := range []struct {
		word    uint32
		p, want float64
	}{
		{0, 0, 0},
		{0, 1e-9, 1},
		{math.MaxUint32, 1, 1},
		{1<<31 - 1, 0.5, 1},
		{1 << 31, 0.5, 0},
	} {
		if got := bernoulli(test.word, test.p); got != test.want {
			t.Errorf("word %#x with probability %g: %g, want %g", test.word, test.p, got, test.want)
		}
	}
}

// Every bit of the counter and of the block's index reaches the generator, where RandomState says.
func TestRandomStateBlocks(t *testing.T) {
	r := &RandomState{Seed: 1, Counter: 0x0123456789abcdef}
	key := r.Key(2)
	want := philox([4]uint32{0x89abcdef, 0x01234567, 0x76543210, 0xfedcba98}, key)
	if got := r.block(key, 0xfedcba9876543210); got != want {
		t.Errorf("block is %08x, want %08x", got, want)
	}
}

func TestRandomStateKeys(t *testing.T) {
	seen := map[[2]uint32]bool{}
	for seed := range uint64(20) {
		for id := range uint64(20) {
			seen[(&RandomState{Seed: seed}).Key(id)] = true
		}
	}
	if len(seen) != 400 {
		t.Errorf("%d keys of 400 pairs of seed and operation", len(seen))
	}
}
