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

// tiledProducts visits every product of the convolution: indices of x and y in channel blocks, and of w.
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
					b := o.Block
					visit(((n*o.Channels/b+c/b)*size(o.X)+from)*b+c%b,
						((n*o.Outputs/b+k/b)*size(o.Y)+i%size(o.Y))*b+k%b, (k*o.Channels+c)*size(o.Kernel)+tap)
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

// drawTiled draws a convolution that the kernels of a direction take.
func drawTiled(t *rapid.T, d onednn.Direction) onednn.Tiled {
	blocks := []int{16}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		blocks = append(blocks, 8)
	}
	o := onednn.Tiled{Block: rapid.SampledFrom(blocks).Draw(t, "block"), Samples: rapid.IntRange(1, 5).Draw(t, "samples")}
	result, other := 2*o.Block*rapid.IntRange(1, 2).Draw(t, "pairs"), o.Block*rapid.IntRange(1, 3).Draw(t, "blocks")
	o.Channels, o.Outputs = other, result
	switch d {
	case onednn.BackwardData:
		o.Channels, o.Outputs = result, other
	case onednn.BackwardWeights:
		o.Channels = 16 * rapid.IntRange(1, 2).Draw(t, "strips")
	}
	for i := range 3 {
		o.Y[i] = rapid.IntRange(1, 4).Draw(t, "y")
		o.Kernel[i] = rapid.IntRange(1, 4).Draw(t, "kernel")
		o.Stride[i] = rapid.IntRange(1, 2).Draw(t, "stride")
		o.Pad[i] = rapid.IntRange(0, o.Kernel[i]-1).Draw(t, "pad")
		o.X[i] = max(1, (o.Y[i]-1)*o.Stride[i]+o.Kernel[i]-2*o.Pad[i]+rapid.IntRange(0, o.Stride[i]-1).Draw(t, "left over"))
	}
	if !o.Fits(d) {
		t.Fatalf("%+v does not fit", o)
	}
	return o
}

func TestTiledWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawTiled(t, onednn.BackwardWeights)
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

		if !cpu.X86.HasAVX512BF16 || o.Block != 16 {
			return
		}
		got, scratch = nans(nw), nans(o.ScratchBF16(onednn.BackwardWeights, threads)/4)
		o.WeightsBF16(unsafe.Pointer(&half["x"][0]), unsafe.Pointer(&half["y"][0]), threads, at(scratch), at(got))
		check("bfloat16 weight", got)
	})
}

// Forward and by x, over tiles of many samples and few.
func TestTiledMultiply(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom([]onednn.Direction{onednn.Forward, onednn.BackwardData}).Draw(t, "direction")
		o := drawTiled(t, d)
		o.Samples = rapid.IntRange(1, 11).Draw(t, "samples of tiles")
		checkTiledMultiply(t, o, d, rapid.IntRange(1, 3).Draw(t, "threads"), rapid.Uint64().Draw(t, "seed"))
	})
}

// Maps so large that the samples pass by in several pieces.
func TestTiledMultiplyPieces(t *testing.T) {
	for _, samples := range []int{8, 16, 17, 26} {
		o := onednn.Tiled{Block: 16, Samples: samples, Channels: 32, Outputs: 32, X: [3]int{1, 12, 18}, Y: [3]int{1, 12, 18},
			Kernel: [3]int{1, 1, 2}, Stride: [3]int{1, 1, 1}, Pad: [3]int{0, 0, 1}}
		checkTiledMultiply(t, o, onednn.Forward, 2, 1)
		if o.Block = 8; cpu.X86.HasAVX2 && cpu.X86.HasFMA {
			checkTiledMultiply(t, o, onednn.BackwardData, 2, 2)
		}
	}
}

func checkTiledMultiply(t rapid.TB, o onednn.Tiled, d onednn.Direction, threads int, seed uint64) {
	t.Helper()
	rng := random(seed)
	nx, ny, nw := tiledSizes(o)
	from, to, channels := nx, ny, o.Outputs
	if d == onednn.BackwardData {
		from, to, channels = ny, nx, o.Channels
	}
	operand, w, bias := normals(rng, from, 0, 1), normals(rng, nw, 0, 1), normals(rng, channels, 0, 1)
	blocked, want := make([]float32, nw), make([]float64, to)
	taps, b, positions := nw/o.Channels/o.Outputs, o.Block, to/channels/o.Samples
	for i := range want {
		want[i] = float64(bias[i/(b*positions)*b%channels+i%b])
	}
	tiledProducts(o, func(x, y, i int) {
		k, c, tap := i/taps/o.Channels, i/taps%o.Channels, i%taps
		first, last := c%b, k%b // along the axes of a block
		if d == onednn.BackwardData {
			first, last, x, y = last, first, y, x
		}
		blocked[((k/b*(o.Channels/b)+c/b)*taps+tap)*b*b+first*b+last] = w[i]
		want[y] += float64(operand[x]) * float64(w[i])
	})
	got, scratch := nans(to), nans(o.Scratch(d, threads)/4)
	o.Multiply(d, o.Meetings(d), at(operand), at(blocked), at(bias), onednn.ActLeakyReLU, 0.5, threads, at(scratch), at(got))
	for i, v := range want {
		if v < 0 {
			v /= 2
		}
		if !(math.Abs(v-float64(got[i])) <= 1e-4*max(math.Abs(v), 1)) {
			t.Fatalf("%+v, %d threads: number %d is %v, want %v", o, threads, i, got[i], v)
		}
	}
}

// nans is memory in which whatever is read before it was written shows.
func nans(n int) []float32 { return slices.Repeat([]float32{float32(math.NaN())}, n) }

func TestTiledInside(t *testing.T) {
	o := onednn.Tiled{X: [3]int{2, 8, 8}, Y: [3]int{1, 4, 4}, Kernel: [3]int{4, 4, 4}, Stride: [3]int{2, 2, 2}, Pad: [3]int{1, 1, 1}}
	if got, want := o.Inside(), [3]float64{0.5, 0.875, 0.875}; got != want { // of 4 two, of 16 all but the first and the last
		t.Errorf("%+v: inside are %v, want %v", o, got, want)
	}
}

// halved is o with stride 2 and padding 1 along axes of 4 taps, and what follows from that.
func halved(o onednn.Tiled) onednn.Tiled {
	for i := range 3 {
		o.Stride[i], o.Y[i] = 1, o.X[i]
		if o.Kernel[i] == 4 {
			o.Stride[i], o.Pad[i], o.Y[i] = 2, 1, o.X[i]/2
		}
	}
	return o
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
		o = halved(o)
		o.Block = 16 // needs the most scratch memory
		nx, ny, nw := tiledSizes(o)
		x, y, gw := make([]float32, nx), make([]float32, ny), make([]float32, nw)
		threads := onednn.Threads()
		scratch := make([]float32, max(o.Scratch(onednn.BackwardWeights, threads), o.ScratchBF16(onednn.BackwardWeights, threads))/4)
		flops := 2 * float64(o.Samples*o.Y[0]*o.Y[1]*o.Y[2]) * float64(nw)
		for _, k := range []struct {
			name  string
			block int
			run   func()
		}{
			{"float32", 16, func() { o.Weights(at(x), at(y), threads, at(scratch), at(gw)) }},
			{"avx2", 8, func() { o.Weights(at(x), at(y), threads, at(scratch), at(gw)) }},
			{"bfloat16", 16, func() { o.WeightsBF16(at(x), at(y), threads, at(scratch), at(gw)) }},
		} {
			b.Run(fmt.Sprintf("%s/%d×%v", k.name, o.Channels, o.X), func(b *testing.B) {
				if k.name == "bfloat16" && !cpu.X86.HasAVX512BF16 {
					b.Skip("this CPU has no avx512_bf16")
				}
				o.Block = k.block
				for range b.N {
					k.run()
				}
				b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
