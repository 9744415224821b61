package onednn_test

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/cpu"
	"pgregory.net/rapid"

	"videogan/nn/onednn"
)

func TestWeightBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, c := 16*rapid.IntRange(1, 3).Draw(t, "k"), 16*rapid.IntRange(1, 3).Draw(t, "c")
		kernel := rapid.SampledFrom([][]int{{4, 4}, {2, 4}, {4, 4, 4}, {2, 2, 2}}).Draw(t, "kernel")
		direction := rapid.SampledFrom([]onednn.Direction{onednn.Forward, onednn.BackwardData}).Draw(t, "direction")
		half := rapid.Bool().Draw(t, "half") && cpu.X86.HasAVX512BF16
		taps := 1
		for _, n := range kernel {
			taps *= n
		}
		w := normals(random(rapid.Uint64().Draw(t, "seed")), k*c*taps, 0, 1)
		d := onednn.BlockedWeights(direction, 16, half, append([]int{k, c}, kernel...)...)
		out := nans(len(w))
		blocks, ok := onednn.WeightBlocksOf(d)
		if !ok {
			t.Fatalf("%v is no layout of weights", d)
		}
		blocks.Reorder(at(w), at(out))
		got := out
		if half {
			got = make([]float32, len(w))
			onednn.FromBF16(unsafe.Pointer(&out[0]), len(w), at(got))
			for i, v := range w { // rounded alike
				var b uint16
				onednn.ToBF16(at([]float32{v}), 1, unsafe.Pointer(&b))
				onednn.FromBF16(unsafe.Pointer(&b), 1, at(w[i:i+1]))
			}
		}
		for i, v := range w {
			o, l := i/taps%c%16, i/taps/c%16 // along the axes of a block: the last one is k's
			if direction == onednn.BackwardData {
				o, l = l, o
			}
			at := o*16 + l
			if half {
				at = o/2*32 + l*2 + o%2
			}
			at += ((i/taps/c/16*(c/16)+i/taps%c/16)*taps + i%taps) * 256
			if got[at] != v {
				t.Fatalf("%v: weight %d is %v at %d, want %v", d, i, got[at], at, v)
			}
		}
	})
}

func TestWeightBlocksOf(t *testing.T) {
	for _, row := range []struct {
		reason string
		d      onednn.Descriptor
		want   bool
	}{
		{"whole blocks", onednn.BlockedWeights(onednn.Forward, 16, false, 32, 16, 4, 4, 4), true},
		{"by input", onednn.BlockedWeights(onednn.BackwardData, 16, false, 32, 16, 4, 4), true},
		{"blocks of 8", onednn.BlockedWeights(onednn.Forward, 8, false, 32, 16, 4, 4, 4), false},
		{"a block that is not full", onednn.BlockedWeights(onednn.Forward, 16, false, 32, 24, 4, 4, 4), false},
		{"taps that fill no vector", onednn.BlockedWeights(onednn.Forward, 16, false, 32, 16, 3, 3), false},
		{"plain", onednn.Dense(32, 16, 4, 4, 4), false},
		{"too few axes", onednn.Dense(32, 16, 8), false},
	} {
		if _, got := onednn.WeightBlocksOf(row.d); got != row.want {
			t.Errorf("%s: %v: %v, want %v", row.reason, row.d, got, row.want)
		}
	}
}
