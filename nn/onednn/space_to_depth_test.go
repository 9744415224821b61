package onednn

import (
	"fmt"
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// foldNaively is the definition: deep[n, p·C + c, j] = x[n, c, 2j - 1 + p] along
// each strided axis, zero outside, for plain tensors.
func foldNaively(f Fold, x []float32) []float32 {
	deep := f.DeepSizes()
	out := make([]float32, f.Samples*f.Channels*f.Parities()*product(deep))
	parities := make([]int, len(f.Sizes))
	for i, s := range f.Strided {
		parities[i] = 1
		if s {
			parities[i] = 2
		}
	}
	at := 0
	for n := range f.Samples {
		each(parities, func(p []int) {
			for c := range f.Channels {
				each(deep, func(j []int) {
					from, inside := n*f.Channels+c, true
					for i, s := range f.Strided {
						position := j[i]
						if s {
							position = 2*j[i] - 1 + p[i]
						}
						inside = inside && position >= 0 && position < f.Sizes[i]
						from = from*f.Sizes[i] + position
					}
					if inside {
						out[at] = x[from]
					}
					at++
				})
			}
		})
	}
	return out
}

// block stores a plain tensor N×C×positions in channel blocks of b, with zeros
// in the padding.
func block(x []float32, samples, channels, b int) []float32 {
	if b == 1 {
		return x
	}
	positions, blocks := len(x)/samples/channels, (channels+b-1)/b
	out := make([]float32, samples*blocks*positions*b)
	for n := range samples {
		for c := range channels {
			for s := range positions {
				out[((n*blocks+c/b)*positions+s)*b+c%b] = x[(n*channels+c)*positions+s]
			}
		}
	}
	return out
}

func drawFold(t *rapid.T) (f Fold, bx, bd int) {
	f.Samples, f.Channels = rapid.IntRange(1, 3).Draw(t, "samples"), rapid.SampledFrom([]int{1, 3, 8, 16, 20}).Draw(t, "channels")
	largest := []int{7, 7, 37} // rows of several vectors
	for i, most := range largest[:rapid.IntRange(1, 3).Draw(t, "axes")] {
		f.Sizes = append(f.Sizes, rapid.IntRange(1, most).Draw(t, fmt.Sprint("size", i)))
		f.Strided = append(f.Strided, rapid.Bool().Draw(t, fmt.Sprint("strided", i)))
	}
	blocks := rapid.SampledFrom([]int{1, 8, 16})
	bx, bd = blocks.Draw(t, "block of x"), blocks.Draw(t, "block of deep")
	if rapid.Bool().Draw(t, "channels last") {
		bd = f.Channels * f.Parities()
	}
	return f, bx, bd
}

func numbers(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i + 1)
	}
	return v
}

func at(v []float32) unsafe.Pointer { return unsafe.Pointer(&v[0]) }

func TestSpaceToDepth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, bx, bd := drawFold(t)
		x := numbers(f.Samples * f.Channels * product(f.Sizes))
		want := block(foldNaively(f, x), f.Samples, f.Channels*f.Parities(), bd)
		got := make([]float32, len(want))
		SpaceToDepth(f, bx, bd, at(block(x, f.Samples, f.Channels, bx)), at(got))
		if !slices.Equal(got, want) {
			t.Fatalf("%+v, blocks %d and %d: got %v, want %v", f, bx, bd, got, want)
		}
	})
}

// Every number of x has exactly one place in the deep tensor, so the adjoint
// brings it back.
func TestDepthToSpaceInverts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, bx, bd := drawFold(t)
		x := numbers(f.Samples * f.Channels * product(f.Sizes))
		deep := block(foldNaively(f, x), f.Samples, f.Channels*f.Parities(), bd)
		want := block(x, f.Samples, f.Channels, bx)
		got := make([]float32, len(want))
		DepthToSpace(f, bd, bx, at(deep), at(got))
		if !slices.Equal(got, want) {
			t.Fatalf("%+v, blocks %d and %d: got %v, want %v", f, bd, bx, got, want)
		}
	})
}

// The folded convolution is the convolution: y[i] = Σ x[2i - 1 + k]·w[k].
func TestFoldedConvolution(t *testing.T) {
	const size = 7
	x, w := numbers(size), []float32{2, -3, 5, 7}
	f := Fold{Samples: 1, Channels: 1, Sizes: []int{size}, Strided: []bool{true}}
	folded := make([]float32, len(w))
	GatherRows(at(w), 1, f.Taps([]int{4}), at(folded))
	deep, positions := foldNaively(f, x), f.DeepSizes()[0]
	for i := range size / 2 {
		var want, got float32
		for k, v := range w {
			if p := 2*i - 1 + k; p >= 0 && p < size {
				want += x[p] * v
			}
		}
		for p := range 2 {
			for q := range 2 {
				got += deep[p*positions+i+q] * folded[p*2+q]
			}
		}
		if got != want {
			t.Errorf("y[%d] = %v, want %v", i, got, want)
		}
	}
	back := make([]float32, len(w))
	ScatterRows(at(folded), 1, f.Taps([]int{4}), at(back))
	if !slices.Equal(back, w) {
		t.Errorf("scattered weights %v, want %v", back, w)
	}
}
