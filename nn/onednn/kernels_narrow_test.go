package onednn_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"videogan/nn/onednn"
)

// narrowTaps visits every product of the convolution: indices of x (plain), w and y.
func narrowTaps(s onednn.Narrow, visit func(x, w, y int)) {
	for n := range s.Samples {
		for k := range s.Outputs {
			for c := range s.Channels {
				for i := range s.Height * s.Width {
					for tap := range 9 {
						row, column := i/s.Width+tap/3-1, i%s.Width+tap%3-1
						if row < 0 || row >= s.Height || column < 0 || column >= s.Width {
							continue
						}
						visit(((n*s.Channels+c)*s.Height+row)*s.Width+column, (k*s.Channels+c)*9+tap,
							(n*s.Outputs+k)*s.Height*s.Width+i)
					}
				}
			}
		}
	}
}

// blocked moves channels of a plain tensor into blocks.
func blocked(s onednn.Narrow, x []float32) []float32 {
	out, area := make([]float32, len(x)), s.Height*s.Width
	for i, v := range x {
		n, c, at := i/area/s.Channels, i/area%s.Channels, i%area
		out[((n*s.Channels/s.Block+c/s.Block)*area+at)*s.Block+c%s.Block] = v
	}
	return out
}

func TestNarrowConvolution(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := onednn.Narrow{
			Samples: rapid.IntRange(1, 20).Draw(t, "samples"), Height: rapid.IntRange(1, 12).Draw(t, "height"),
			Width: rapid.IntRange(1, 20).Draw(t, "width"), Block: rapid.SampledFrom([]int{8, 16}).Draw(t, "block"),
			Outputs: rapid.IntRange(1, 4).Draw(t, "outputs"),
		}
		s.Channels = s.Block * rapid.IntRange(1, 3).Draw(t, "blocks")
		if !s.Fits() {
			t.Fatalf("%+v does not fit", s)
		}
		rng := random(rapid.Uint64().Draw(t, "seed"))
		area := s.Height * s.Width
		x, gy := normals(rng, s.Samples*s.Channels*area, 0, 1), normals(rng, s.Samples*s.Outputs*area, 0, 1)
		w, bias := normals(rng, s.Outputs*s.Channels*9, 0, 1), normals(rng, s.Outputs, 0, 1)

		y, gx, gw := make([]float64, len(gy)), make([]float64, len(x)), make([]float64, len(w))
		for i := range y {
			y[i] = float64(bias[i/area%s.Outputs])
		}
		narrowTaps(s, func(xi, wi, yi int) {
			y[yi] += float64(x[xi]) * float64(w[wi])
			gx[xi] += float64(gy[yi]) * float64(w[wi])
			gw[wi] += float64(gy[yi]) * float64(x[xi])
		})

		check := func(what string, want []float64, got []float32) {
			t.Helper()
			scale := 0.0
			for _, v := range want {
				scale = max(scale, math.Abs(v))
			}
			for i, v := range want {
				if math.Abs(v-float64(got[i])) > 2e-6*max(scale, 1) {
					t.Fatalf("%+v: %s %d is %v, want %v", s, what, i, got[i], v)
				}
			}
		}
		forward := make([]float32, len(y))
		onednn.NarrowForward(s, at(blocked(s, x)), onednn.Normalization{}, at(w), at(bias), at(forward))
		check("output", y, forward)

		normal := onednn.Normalization{Mean: at(normals(rng, s.Channels, 0, 1)), Variance: at(normals(rng, s.Channels, 2, 0.2)),
			Gamma: at(normals(rng, s.Channels, 1, 1)), Beta: at(normals(rng, s.Channels, 0, 1)), Eps: 1e-5,
			Activation: rapid.SampledFrom([]onednn.Activation{onednn.ActNone, onednn.ActReLU, onednn.ActLeakyReLU}).Draw(t, "act"), Alpha: 0.2}
		if rapid.Bool().Draw(t, "no offset") {
			normal.Beta = nil
		}
		wide, normalized, behind := blocked(s, x), make([]float32, len(x)), make([]float32, len(y))
		onednn.BNForward(at(wide), onednn.Layout{N: s.Samples, CB: s.Channels / s.Block, S: area, B: s.Block, C: s.Channels}, normal, at(normalized))
		onednn.NarrowForward(s, at(normalized), onednn.Normalization{}, at(w), at(bias), at(forward))
		onednn.NarrowForward(s, at(wide), normal, at(w), at(bias), at(behind))
		if !slices.EqualFunc(forward, behind, func(a, b float32) bool { return math.Abs(float64(a-b)) <= 2e-5*max(1, math.Abs(float64(a))) }) {
			t.Fatalf("%+v: output behind batch norm is %v, want %v", s, behind, forward)
		}

		data := make([]float32, len(gx))
		onednn.NarrowBackwardData(s, at(gy), at(w), at(data))
		plain := make([]float32, len(gx))
		for i, v := range blocked(s, numbers(len(gx))) {
			plain[int(v)] = data[i]
		}
		check("gradient of x", gx, plain)

		weights, scratch := make([]float32, len(gw)), make([]float64, onednn.NarrowScratch(s))
		onednn.NarrowBackwardWeights(s, at(blocked(s, x)), onednn.Normalization{}, at(gy), at(scratch), at(weights))
		check("gradient of w", gw, weights)

		onednn.NarrowBackwardWeights(s, at(normalized), onednn.Normalization{}, at(gy), at(scratch), at(weights))
		again := make([]float32, len(gw))
		onednn.NarrowBackwardWeights(s, at(wide), normal, at(gy), at(scratch), at(again))
		if !slices.EqualFunc(weights, again, func(a, b float32) bool { return math.Abs(float64(a-b)) <= 1e-4*max(1, math.Abs(float64(a))) }) {
			t.Fatalf("%+v: gradient of w behind batch norm is %v, want %v", s, again, weights)
		}
	})
}

// numbers are 0 … n-1.
func numbers(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i)
	}
	return v
}

func TestNarrowFits(t *testing.T) {
	good := onednn.Narrow{Samples: 1, Channels: 16, Height: 8, Width: 8, Block: 8, Outputs: 1}
	for _, at := range []struct {
		reason string
		change func(s *onednn.Narrow)
		want   bool
	}{
		{"all sizes within bounds", func(*onednn.Narrow) {}, true},
		{"channels on the bound", func(s *onednn.Narrow) { s.Channels = 128 }, true},
		{"no blocks", func(s *onednn.Narrow) { s.Block = 1 }, false},
		{"channels do not fill the blocks", func(s *onednn.Narrow) { s.Channels = 12 }, false},
		{"too many channels for the stack", func(s *onednn.Narrow) { s.Channels = 256 }, false},
		{"many outputs, which oneDNN does better", func(s *onednn.Narrow) { s.Outputs = 5 }, false},
		{"too large a frame for the stack", func(s *onednn.Narrow) { s.Width = 256 }, false},
	} {
		s := good
		at.change(&s)
		if got := s.Fits(); got != at.want {
			t.Errorf("%s: %+v fits: %v, want %v", at.reason, s, got, at.want)
		}
	}
}

// The same bits for any number of threads.
func TestNarrowSameBits(t *testing.T) {
	s := onednn.Narrow{Samples: 37, Channels: 16, Height: 32, Width: 32, Block: 8, Outputs: 3}
	rng := random(3)
	x, gy := normals(rng, s.Samples*s.Channels*s.Height*s.Width, 0, 1), normals(rng, s.Samples*s.Outputs*s.Height*s.Width, 0, 1)
	gw := map[int][]float32{}
	for _, threads := range []int{1, 2} {
		onThreads(t, threads, func() {
			out, scratch := make([]float32, s.Outputs*s.Channels*9), make([]float64, onednn.NarrowScratch(s))
			onednn.NarrowBackwardWeights(s, at(x), onednn.Normalization{}, at(gy), at(scratch), at(out))
			gw[threads] = out
		})
	}
	if !slices.Equal(gw[1], gw[2]) {
		t.Errorf("one thread gives %v, two give %v", gw[1][:4], gw[2][:4])
	}
}

func BenchmarkNarrow(b *testing.B) {
	for _, s := range []onednn.Narrow{
		{Samples: 128, Channels: 16, Height: 32, Width: 32, Block: 8, Outputs: 1},
		{Samples: 256, Channels: 32, Height: 64, Width: 64, Block: 8, Outputs: 3},
	} {
		rng := random(3)
		x, gy := normals(rng, s.Samples*s.Channels*s.Height*s.Width, 0, 1), normals(rng, s.Samples*s.Outputs*s.Height*s.Width, 0, 1)
		w, gw := normals(rng, s.Outputs*s.Channels*9, 0, 1), make([]float32, s.Outputs*s.Channels*9)
		y, gx, scratch := slices.Clone(gy), slices.Clone(x), make([]float64, onednn.NarrowScratch(s))
		for _, k := range []struct {
			name string
			run  func()
		}{
			{"forward", func() { onednn.NarrowForward(s, at(x), onednn.Normalization{}, at(w), nil, at(y)) }},
			{"data", func() { onednn.NarrowBackwardData(s, at(gy), at(w), at(gx)) }},
			{"weights", func() { onednn.NarrowBackwardWeights(s, at(x), onednn.Normalization{}, at(gy), at(scratch), at(gw)) }},
		} {
			b.Run(k.name, func(b *testing.B) {
				for range b.N {
					k.run()
				}
				b.ReportMetric(2*float64(len(gy)*s.Channels*9)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
