package onednn_test

import (
	"math"
	"testing"

	"videogan/nn/onednn"
)

func TestBytesToFloat(t *testing.T) {
	for _, n := range []int{1, 31, 40_000} {
		src, want := make([]byte, n), make([]float32, n)
		for i := range src {
			src[i] = byte(i)
			want[i] = float32(float64(src[i])*2/255 - 1)
		}
		dst := dirty(n)
		onednn.BytesToFloat(at(src), n, 2.0/255, -1, at(dst))
		near(t, "bytes", dst, want, 2e-7, 1)
	}
}

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
