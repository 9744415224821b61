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

// drawWinograd draws a convolution that the kernels of a direction take.
func drawWinograd(t *rapid.T, d onednn.Direction) onednn.Winograd {
	blocks := []int{16}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		blocks = append(blocks, 8)
	}
	o := onednn.Tiled{Block: rapid.SampledFrom(blocks).Draw(t, "block"), Samples: rapid.IntRange(1, 7).Draw(t, "samples")}
	o.Channels, o.Outputs = o.Block*rapid.IntRange(1, 2).Draw(t, "blocks"), 2*o.Block*rapid.IntRange(1, 2).Draw(t, "pairs")
	if d == onednn.BackwardData {
		o.Channels, o.Outputs = o.Outputs, o.Channels
	}
	o.Y = [3]int{rapid.IntRange(1, 3).Draw(t, "times"), 2 * rapid.IntRange(1, 2).Draw(t, "half of height"), 2 * rapid.IntRange(1, 4).Draw(t, "half of width")}
	o.Kernel = [3]int{rapid.IntRange(1, 4).Draw(t, "taps of time"), 4, 4}
	o.Stride = [3]int{rapid.IntRange(1, 2).Draw(t, "stride of time"), 2, 2}
	o.Pad = [3]int{rapid.IntRange(0, o.Kernel[0]-1).Draw(t, "pad of time"), 1, 1}
	o.X = [3]int{max(1, (o.Y[0]-1)*o.Stride[0]+o.Kernel[0]-2*o.Pad[0]+rapid.IntRange(0, o.Stride[0]-1).Draw(t, "left over")), 2 * o.Y[1], 2 * o.Y[2]}
	w := onednn.Winograd{Tiled: o}
	if !w.Fits(d) {
		t.Fatalf("%+v does not fit", o)
	}
	return w
}

func checkWinograd(t rapid.TB, o onednn.Winograd, d onednn.Direction, threads int, seed uint64) {
	t.Helper()
	rng := random(seed)
	nx, ny, nw := tiledSizes(o.Tiled)
	from, to, channels := nx, ny, o.Outputs
	if d == onednn.BackwardData {
		from, to, channels = ny, nx, o.Channels
	}
	operand, w, bias := normals(rng, from, 0, 1), normals(rng, nw, 0, 1), normals(rng, channels, 0, 1)
	want, positions := make([]float64, to), to/channels/o.Samples
	for i := range want {
		want[i] = float64(bias[i/(o.Block*positions)*o.Block%channels+i%o.Block])
	}
	tiledProducts(o.Tiled, func(x, y, i int) {
		if d == onednn.BackwardData {
			x, y = y, x
		}
		want[y] += float64(operand[x]) * float64(w[i])
	})
	weights := nans(o.WeightNumbers(d))
	o.Transform(d, at(w), at(weights))
	got, scratch := nans(to), nans(o.Scratch(d, threads)/4)
	checkWinogradStatistics(t, o, d, threads, at(operand), at(weights), at(bias), channels, to)
	o.Multiply(d, o.Meetings(d), at(operand), at(weights), at(bias), onednn.ActLeakyReLU, 0.5, threads, at(scratch), at(got))
	tolerance := 1e-5 * math.Sqrt(float64(nw/channels)) // of a sum of so many products
	for i, v := range want {
		if v < 0 {
			v /= 2
		}
		if !(math.Abs(v-float64(got[i])) <= tolerance) {
			t.Fatalf("%+v, direction %v, %d threads: number %d is %v, want %v", o, d, threads, i, got[i], v)
		}
	}
}

// The statistics taken on the way are those of the result, which is Multiply's; their bits do not depend on the threads.
func checkWinogradStatistics(t rapid.TB, o onednn.Winograd, d onednn.Direction, threads int, operand, weights, bias unsafe.Pointer, channels, size int) {
	t.Helper()
	run := func(threads int) (y, statistics []float32) {
		y, statistics = nans(size), nans(2*channels)
		scratch, moments := nans(o.Scratch(d, threads)/4), nans(o.Moments(d, threads)/4)
		o.MultiplyWithStatistics(d, o.Meetings(d), operand, weights, bias, threads, at(scratch), at(y),
			onednn.Statistics{Moments: at(moments), Mean: at(statistics), Variance: at(statistics[channels:])})
		return y, statistics
	}
	y, got := run(threads)
	plain, scratch := nans(size), nans(o.Scratch(d, threads)/4)
	o.Multiply(d, o.Meetings(d), operand, weights, bias, onednn.ActNone, 0, threads, at(scratch), at(plain))
	for i := range y {
		if math.Abs(float64(y[i]-plain[i])) > 1e-5*math.Abs(float64(plain[i]))+1e-6 {
			t.Fatalf("%+v, direction %v: number %d is %v with statistics and %v without", o, d, i, y[i], plain[i])
		}
	}
	if _, alone := run(1); !slices.Equal(got, alone) {
		t.Fatalf("%+v, direction %v: statistics by %d threads and by one differ", o, d, threads)
	}
	positions := size / channels / o.Samples
	for c := range channels {
		visit := func(do func(v float64)) {
			for n := range o.Samples {
				for i := range positions {
					do(float64(y[((n*channels/o.Block+c/o.Block)*positions+i)*o.Block+c%o.Block]))
				}
			}
		}
		var mean, variance float64
		count := float64(o.Samples * positions)
		visit(func(v float64) { mean += v / count })
		visit(func(v float64) { variance += (v - mean) * (v - mean) / count })
		if !(math.Abs(mean-float64(got[c])) <= 1e-6*math.Sqrt(variance+mean*mean)) || !(math.Abs(variance-float64(got[channels+c])) <= 2e-6*variance) {
			t.Fatalf("%+v, direction %v: mean %v and variance %v of channel %d, want %v and %v", o, d, got[c], got[channels+c], c, mean, variance)
		}
	}
}

func TestWinograd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom([]onednn.Direction{onednn.Forward, onednn.BackwardData}).Draw(t, "direction")
		checkWinograd(t, drawWinograd(t, d), d, rapid.IntRange(1, 3).Draw(t, "threads"), rapid.Uint64().Draw(t, "seed"))
	})
}

func checkWinogradWeights(t rapid.TB, o onednn.Winograd, threads int, seed uint64) {
	t.Helper()
	rng := random(seed)
	nx, ny, nw := tiledSizes(o.Tiled)
	x, y, want := normals(rng, nx, 0, 1), normals(rng, ny, 0, 1), make([]float64, nw)
	tiledProducts(o.Tiled, func(i, j, w int) { want[w] += float64(x[i]) * float64(y[j]) })
	got, scratch := nans(nw), nans(o.Scratch(onednn.BackwardWeights, threads)/4)
	o.Weights(at(x), at(y), threads, at(scratch), at(got))
	tolerance := 1e-5 * math.Sqrt(float64(ny/o.Outputs))
	for i, v := range want {
		if !(math.Abs(v-float64(got[i])) <= tolerance) {
			t.Fatalf("%+v, %d threads: weight %d is %v, want %v", o, threads, i, got[i], v)
		}
	}
}

func TestWinogradWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawWinograd(t, onednn.BackwardWeights)
		checkWinogradWeights(t, o, rapid.IntRange(1, 5).Draw(t, "threads"), rapid.Uint64().Draw(t, "seed"))
	})
}

// Samples that stay in registers in turns, the last one alone.
func TestWinogradWeightsTurns(t *testing.T) {
	o := onednn.Winograd{Tiled: onednn.Tiled{Block: 16, Samples: 7, Channels: 16, Outputs: 32, X: [3]int{2, 16, 16}, Y: [3]int{2, 8, 8},
		Kernel: [3]int{1, 4, 4}, Stride: [3]int{1, 2, 2}, Pad: [3]int{0, 1, 1}}}
	checkWinogradWeights(t, o, 2, 1)
}

// So many channels and times that blocks of channels, or classes of heights, take turns.
func TestWinogradTurns(t *testing.T) {
	o := onednn.Winograd{Tiled: onednn.Tiled{Block: 16, Samples: 1, Channels: 32, Outputs: 32, X: [3]int{16, 32, 32}, Y: [3]int{16, 16, 16},
		Kernel: [3]int{1, 4, 4}, Stride: [3]int{1, 2, 2}, Pad: [3]int{0, 1, 1}}}
	checkWinograd(t, o, onednn.Forward, 2, 1)
	o.Outputs, o.X, o.Y = 256, [3]int{8, 16, 16}, [3]int{8, 8, 8}
	checkWinograd(t, o, onednn.BackwardData, 2, 1)
}

// Images so large that bands of them are packed, the last one of fewer rows.
func TestWinogradBands(t *testing.T) {
	o := onednn.Winograd{Tiled: onednn.Tiled{Block: 16, Samples: 2, Channels: 32, Outputs: 32, X: [3]int{1, 72, 80}, Y: [3]int{1, 36, 40},
		Kernel: [3]int{1, 4, 4}, Stride: [3]int{1, 2, 2}, Pad: [3]int{0, 1, 1}}}
	checkWinograd(t, o, onednn.Forward, 2, 1)
	checkWinograd(t, o, onednn.BackwardData, 2, 1)
	checkWinogradWeights(t, o, 2, 1)
}

// A sample's result is the same in every batch and for every number of threads.
func TestWinogradBatches(t *testing.T) {
	for _, d := range []onednn.Direction{onednn.Forward, onednn.BackwardData} {
		o := onednn.Winograd{Tiled: onednn.Tiled{Block: 16, Samples: 9, Channels: 32, Outputs: 32, X: [3]int{4, 16, 16}, Y: [3]int{2, 8, 8},
			Kernel: [3]int{4, 4, 4}, Stride: [3]int{2, 2, 2}, Pad: [3]int{1, 1, 1}}}
		rng := random(3)
		nx, ny, nw := tiledSizes(o.Tiled)
		from, to := nx, ny
		if d == onednn.BackwardData {
			from, to = to, from
		}
		operand, w, weights := normals(rng, from, 0, 1), normals(rng, nw, 0, 1), nans(o.WeightNumbers(d))
		o.Transform(d, at(w), at(weights))
		run := func(samples, threads int) []float32 {
			o := o
			o.Samples = samples
			got, scratch := nans(to/9*samples), nans(o.Scratch(d, threads)/4)
			o.Multiply(d, o.Meetings(d), at(operand), at(weights), nil, onednn.ActNone, 0, threads, at(scratch), at(got))
			return got
		}
		all := run(9, 2)
		for _, c := range [][2]int{{1, 2}, {2, 1}, {5, 3}, {9, 4}} {
			if got := run(c[0], c[1]); !slices.Equal(got, all[:len(got)]) {
				t.Errorf("direction %v: the first %d samples by %d threads are others than among 9 by 2", d, c[0], c[1])
			}
		}
	}
}

func TestWinogradFits(t *testing.T) {
	fits := onednn.Tiled{Block: 16, Samples: 1, Channels: 32, Outputs: 32, X: [3]int{1, 8, 8}, Y: [3]int{1, 4, 4},
		Kernel: [3]int{1, 4, 4}, Stride: [3]int{1, 2, 2}, Pad: [3]int{0, 1, 1}}
	for name, c := range map[string]struct {
		change func(*onednn.Tiled)
		d      onednn.Direction
		want   bool
	}{
		"forward":         {func(*onednn.Tiled) {}, onednn.Forward, true},
		"by the input":    {func(*onednn.Tiled) {}, onednn.BackwardData, true},
		"by the weights":  {func(*onednn.Tiled) {}, onednn.BackwardWeights, true},
		"of odd width":    {func(o *onednn.Tiled) { o.X[2], o.Y[2] = 10, 5 }, onednn.BackwardWeights, false},
		"odd height":      {func(o *onednn.Tiled) { o.X[1], o.Y[1] = 6, 3 }, onednn.Forward, false},
		"left over":       {func(o *onednn.Tiled) { o.X[2] = 9 }, onednn.Forward, false},
		"taps of 3":       {func(o *onednn.Tiled) { o.Kernel[1] = 3 }, onednn.Forward, false},
		"stride of 1":     {func(o *onednn.Tiled) { o.Stride[2] = 1 }, onednn.Forward, false},
		"no padding":      {func(o *onednn.Tiled) { o.Pad[1] = 0 }, onednn.Forward, false},
		"half a pair":     {func(o *onednn.Tiled) { o.Outputs = 16 }, onednn.Forward, false},
		"half of another": {func(o *onednn.Tiled) { o.Outputs = 16 }, onednn.BackwardData, true},
	} {
		o := fits
		c.change(&o)
		if got := (onednn.Winograd{Tiled: o}).Fits(c.d); got != c.want {
			t.Errorf("%s: Fits is %v, want %v", name, got, c.want)
		}
	}
}

func BenchmarkWinograd(b *testing.B) {
	for _, o := range []onednn.Tiled{
		{Samples: 16, Channels: 64, Outputs: 128, X: [3]int{16, 32, 32}, Kernel: [3]int{4, 4, 4}},
		{Samples: 16, Channels: 128, Outputs: 256, X: [3]int{8, 16, 16}, Kernel: [3]int{4, 4, 4}},
		{Samples: 512, Channels: 256, Outputs: 512, X: [3]int{1, 8, 8}, Kernel: [3]int{1, 4, 4}},
		{Samples: 512, Channels: 128, Outputs: 256, X: [3]int{1, 16, 16}, Kernel: [3]int{1, 4, 4}},
		{Samples: 512, Channels: 64, Outputs: 128, X: [3]int{1, 32, 32}, Kernel: [3]int{1, 4, 4}},
		{Samples: 512, Channels: 32, Outputs: 64, X: [3]int{1, 64, 64}, Kernel: [3]int{1, 4, 4}},
	} {
		o = halved(o)
		nx, ny, nw := tiledSizes(o)
		x, y, w := make([]float32, nx), make([]float32, ny), make([]float32, nw)
		flops := 2 * float64(o.Samples*o.Y[0]*o.Y[1]*o.Y[2]) * float64(nw)
		for _, d := range []onednn.Direction{onednn.Forward, onednn.BackwardData, onednn.BackwardWeights} {
			for _, block := range []int{16, 8} {
				o.Block = block
				v, threads, from, to := onednn.Winograd{Tiled: o}, onednn.Threads(), x, y
				if d == onednn.BackwardData {
					from, to = to, from
				}
				scratch := make([]float32, v.Scratch(d, threads)/4)
				run := func() { v.Weights(at(x), at(y), threads, at(scratch), at(w)) }
				if d != onednn.BackwardWeights {
					weights, meetings := make([]float32, v.WeightNumbers(d)), v.Meetings(d)
					run = func() {
						v.Transform(d, at(w), at(weights))
						v.Multiply(d, meetings, at(from), at(weights), nil, onednn.ActNone, 0, threads, at(scratch), at(to))
					}
				}
				b.Run(fmt.Sprintf("direction %v/block %d/%d×%v", d, block, o.Channels, o.X), func(b *testing.B) {
					for range b.N {
						run()
					}
					b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
		}
	}
}
