package onednn_test

import (
	"math"
	"testing"

	"videogan/nn"
	"videogan/nn/onednn"
)

// word is the number w for which Bernoulli of w/2³² gives 0 and of (w+1)/2³² gives 1.
func word(t *testing.T, key [2]uint32, counter uint64, index int, w uint32) {
	t.Helper()
	v := make([]float32, index+1)
	for _, test := range []struct{ p, want float64 }{{float64(w), 0}, {float64(w) + 1, 3}} {
		onednn.PhiloxBernoulli(at(v), len(v), key, counter, test.p/(1<<32), 3)
		if float64(v[index]) != test.want {
			t.Errorf("word %d under key %x and counter %x is not %08x", index, key, counter, w)
		}
	}
}

// Known answers of Random123's kat_vectors, as far as a counter whose upper half
// counts blocks can reach them.
func TestPhiloxWords(t *testing.T) {
	for i, w := range []uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8} {
		word(t, [2]uint32{0, 0}, 0, i, w)
	}
}

// nn's operations draw in Go, the compiled programs here: the same numbers.
func TestPhiloxMatchesReference(t *testing.T) {
	for _, n := range []int{1, 3, 255, 256, 257, 70_001} {
		state := &nn.RandomState{Seed: 0x9123456789abcdef, Counter: 0xfedcba9876543210}
		const id = 0x1122334455667788
		got, want := append(dirty(n), -1), make([]float32, n)

		(&nn.RandomOp{Kind: nn.Gaussian, State: state, ID: id}).Draw(want)
		onednn.PhiloxNormal(at(got), n, state.Key(id), state.Counter)
		near(t, "normal", got, want, 1e-6, 3)
		if got[n] != -1 {
			t.Errorf("%d normal numbers: one more is written", n)
		}
		for _, p := range []float64{0, 0.3, 0.5, 1} {
			(&nn.RandomOp{Kind: nn.Bernoulli, P: p, State: state, ID: id}).Draw(want)
			onednn.PhiloxBernoulli(at(got), n, state.Key(id), state.Counter, p, 1)
			near(t, "bernoulli", got, want, 0, 0)
		}
	}
}

func TestPhiloxNormalIsNormal(t *testing.T) {
	const n = 1 << 20
	v := make([]float32, n)
	onednn.PhiloxNormal(at(v), n, [2]uint32{1, 2}, 3)
	var powers [5]float64
	for _, x := range v {
		for k := range powers {
			powers[k] += math.Pow(float64(x), float64(k)) / n
		}
	}
	for k, want := range []float64{1, 0, 1, 0, 3} {
		if math.Abs(powers[k]-want) > 0.03 {
			t.Errorf("moment %d is %v, want %v", k, powers[k], want)
		}
	}
}
