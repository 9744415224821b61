package onednn_test

import (
	"math"
	"testing"

	"videogan/nn/onednn"
)

func TestBF16(t *testing.T) {
	x := everyScale()
	half, back := make([]uint16, len(x)), make([]float32, len(x))
	onednn.ToBF16(at(x), len(x), at(half))
	onednn.FromBF16(at(half), len(half), at(back))
	for i, v := range x {
		// The neighbours among the numbers of eight bits, and the nearer one.
		bits := math.Float32bits(v)
		down, up := math.Float32frombits(bits&^0xffff), math.Float32frombits(bits&^0xffff+0x10000)
		want := down
		if rest := bits & 0xffff; rest > 0x8000 || rest == 0x8000 && bits&0x10000 != 0 {
			want = up
		}
		if v != v {
			if back[i] == back[i] {
				t.Fatalf("NaN %08x becomes %v", bits, back[i])
			}
		} else if back[i] != want {
			t.Fatalf("%v becomes %v, want %v", v, back[i], want)
		}
	}
}
