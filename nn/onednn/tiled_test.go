package onednn_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/cpu"
	"pgregory.net/rapid"

	"videogan/nn/onednn"
)

// tiledProducts visits every product of the weight gradient: indices of x and y in channel blocks of 16, and of w.
func tiledProducts(o onednn.Tiled, visit func(x, y, w int)) {
	size := func(v [3]int) int { return v[0] * v[1] * v[2] }
	for i := range o.Samples * size(o.Y) {
		n, at := i/size(o.Y), [3]int{i / o.Y[2] / o.Y[1] % o.Y[0], i / o.Y[2] % o.Y[1], i % o.Y[2]}
		for tap := range size(o.Kernel) {
			from, inside := 0, true
			for axis, k := range [3]int{tap / o.Kernel[2] / o.Kernel[1], tap / o.Kernel[2] % o.Kernel[1], tap % o.Kernel[2]} {
				p := at[axis]*o.Stride[axis] - o.Pad[axis] + k
				inside = inside && p >= 0 && p < o.X[axis]
				from = from*o.X[axis] + p
			}
			if !inside {
				continue
			}
			for c := range o.Channels {
				for k := range o.Outputs {
					visit(((n*o.Channels/16+c/16)*size(o.X)+from)*16+c%16,
						((n*o.Outputs/16+k/16)*size(o.Y)+i%size(o.Y))*16+k%16, (k*o.Channels+c)*size(o.Kernel)+tap)
				}
			}
		}
	}
}

// tiledSizes are how many numbers x, y and the weights have.
func tiledSizes(o onednn.Tiled) (x, y, w int) {
	x, y, w = o.Samples*o.Channels, o.Samples*o.Outputs, o.Outputs*o.Channels
	for i := range 3 {
		x, y, w = x*o.X[i], y*o.Y[i], w*o.Kernel[i]
	}
	return x, y, w
}

func TestTiledWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := onednn.Tiled{Samples: rapid.IntRange(1, 5).Draw(t, "samples"),
			Channels: 16 * rapid.IntRange(1, 2).Draw(t, "blocks"), Outputs: 32 * rapid.IntRange(1, 2).Draw(t, "pairs")}
		for i := range 3 {
			o.Y[i] = rapid.IntRange(1, 4).Draw(t, "y")
			o.Kernel[i] = rapid.IntRange(1, 4).Draw(t, "kernel")
			o.Stride[i] = rapid.IntRange(1, 2).Draw(t, "stride")
			o.Pad[i] = rapid.IntRange(0, o.Kernel[i]-1).Draw(t, "pad")
			o.X[i] = max(1, (o.Y[i]-1)*o.Stride[i]+o.Kernel[i]-2*o.Pad[i]+rapid.IntRange(0, o.Stride[i]-1).Draw(t, "left over"))
		}
		if !o.Fits(onednn.BackwardWeights) {
			t.Fatalf("%+v does not fit", o)
		}
		threads := rapid.IntRange(1, 3).Draw(t, "threads")
		rng := random(rapid.Uint64().Draw(t, "seed"))
		nx, ny, nw := tiledSizes(o)
		half := map[string][]uint16{}
		wide := map[string][]float32{"x": normals(rng, nx, 0, 1), "y": normals(rng, ny, 0, 1)}
		for name, v := range wide { // numbers that both kernels get
			half[name] = make([]uint16, len(v))
			onednn.ToBF16(at(v), len(v), unsafe.Pointer(&half[name][0]))
			onednn.FromBF16(unsafe.Pointer(&half[name][0]), len(v), at(v))
		}
		want := make([]float64, nw)
		tiledProducts(o, func(x, y, w int) { want[w] += float64(wide["x"][x]) * float64(wide["y"][y]) })
		check := func(what string, got []float32) {
			t.Helper()
			for i, v := range want {
				if !(math.Abs(v-float64(got[i])) <= 2e-5*max(math.Abs(v), 1)) {
					t.Fatalf("%+v, %d threads: %s %d is %v, want %v", o, threads, what, i, got[i], v)
				}
			}
		}
		got, scratch := nans(nw), nans(o.Scratch(onednn.BackwardWeights, threads)/4)
		o.Weights(at(wide["x"]), at(wide["y"]), threads, at(scratch), at(got))
		check("float32 weight", got)

		if !cpu.X86.HasAVX512BF16 {
			return
		}
		got, scratch = nans(nw), nans(o.ScratchBF16(onednn.BackwardWeights, threads)/4)
		o.WeightsBF16(unsafe.Pointer(&half["x"][0]), unsafe.Pointer(&half["y"][0]), threads, at(scratch), at(got))
		check("bfloat16 weight", got)
	})
}

// nans is memory in which whatever is read before it was written shows.
func nans(n int) []float32 { return slices.Repeat([]float32{float32(math.NaN())}, n) }

func TestTiledInside(t *testing.T) {
	o := onednn.Tiled{X: [3]int{2, 8, 8}, Y: [3]int{1, 4, 4}, Kernel: [3]int{4, 4, 4}, Stride: [3]int{2, 2, 2}, Pad: [3]int{1, 1, 1}}
	if got, want := o.Inside(), [3]float64{0.5, 0.875, 0.875}; got != want { // of 4 two, of 16 all but the first and the last
		t.Errorf("%+v: inside are %v, want %v", o, got, want)
	}
}

func BenchmarkTiledWeights(b *testing.B) {
	cube := [3]int{4, 4, 4}
	for _, o := range []onednn.Tiled{
		{Samples: 32, Channels: 256, Outputs: 512, X: [3]int{2, 8, 8}, Kernel: cube},
		{Samples: 16, Channels: 256, Outputs: 512, X: [3]int{4, 8, 8}, Kernel: cube},
		{Samples: 16, Channels: 128, Outputs: 256, X: [3]int{8, 16, 16}, Kernel: cube},
		{Samples: 16, Channels: 64, Outputs: 128, X: [3]int{16, 32, 32}, Kernel: cube},
		{Samples: 512, Channels: 256, Outputs: 512, X: [3]int{1, 8, 8}, Kernel: [3]int{1, 4, 4}},
		{Samples: 512, Channels: 128, Outputs: 256, X: [3]int{1, 16, 16}, Kernel: [3]int{1, 4, 4}},
		{Samples: 512, Channels: 64, Outputs: 128, X: [3]int{1, 32, 32}, Kernel: [3]int{1, 4, 4}},
		{Samples: 512, Channels: 32, Outputs: 64, X: [3]int{1, 64, 64}, Kernel: [3]int{1, 4, 4}},
	} {
		for i := range 3 {
			o.Stride[i], o.Y[i] = 1, o.X[i]
			if o.Kernel[i] == 4 {
				o.Stride[i], o.Pad[i], o.Y[i] = 2, 1, o.X[i]/2
			}
		}
		nx, ny, nw := tiledSizes(o)
		x, y, gw := make([]float32, nx), make([]float32, ny), make([]float32, nw)
		threads := onednn.Threads()
		scratch := make([]float32, max(o.Scratch(onednn.BackwardWeights, threads), o.ScratchBF16(onednn.BackwardWeights, threads))/4)
		flops := 2 * float64(o.Samples*o.Y[0]*o.Y[1]*o.Y[2]) * float64(nw)
		for _, k := range []struct {
			name string
			run  func()
		}{
			{"float32", func() { o.Weights(at(x), at(y), threads, at(scratch), at(gw)) }},
			{"bfloat16", func() { o.WeightsBF16(at(x), at(y), threads, at(scratch), at(gw)) }},
		} {
			b.Run(fmt.Sprintf("%s/%d×%v", k.name, o.Channels, o.X), func(b *testing.B) {
				if k.name == "bfloat16" && !cpu.X86.HasAVX512BF16 {
					b.Skip("this CPU has no avx512_bf16")
				}
				for range b.N {
					k.run()
				}
				b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
