package onednn_test

import (
	"math"
	"testing"
	"unsafe"

	"golang.org/x/sys/cpu"
	"pgregory.net/rapid"

	"videogan/nn/onednn"
)

// The kernels over bfloat16 must do what those over float32 do with the same numbers, and
// round the result.
func TestBF16KernelsRound(t *testing.T) {
	if !cpu.X86.HasAVX512BF16 {
		t.Skip("this CPU has no avx512_bf16")
	}
	rapid.Check(t, func(t *rapid.T) {
		l := onednn.Layout{N: rapid.IntRange(1, 3).Draw(t, "n"), S: rapid.IntRange(1, 40).Draw(t, "s"), B: rapid.SampledFrom([]int{1, 8, 16, 24}).Draw(t, "b")}
		l.CB = rapid.IntRange(1, 3).Draw(t, "blocks")
		if l.B == 24 {
			l.CB = 1
		}
		l.C = l.CB * l.B
		size := l.N * l.C * l.S
		draw := func(name string) (half []uint16, wide []float32) {
			half, wide = make([]uint16, size), rapid.SliceOfN(rapid.Float32Range(-8, 8), size, size).Draw(t, name)
			onednn.ToBF16(at(wide), size, unsafe.Pointer(&half[0]))
			onednn.FromBF16(unsafe.Pointer(&half[0]), size, at(wide))
			return half, wide
		}
		x, wx := draw("x")
		gy, wgy := draw("gy")
		mean, variance := make([]float32, l.C), make([]float32, l.C)
		mean2, variance2 := make([]float32, l.C), make([]float32, l.C)
		onednn.BNStats(at(wx), l, at(mean), at(variance))
		onednn.BNStatsBF16(unsafe.Pointer(&x[0]), l, at(mean2), at(variance2))
		close32(t, "mean", mean2, mean)
		close32(t, "variance", variance2, variance)

		gamma := rapid.SliceOfN(rapid.Float32Range(0.5, 2), l.C, l.C).Draw(t, "gamma")
		y, wy := make([]uint16, size), make([]float32, size)
		const eps, alpha = 1e-2, 0.2
		norm := onednn.Normalization{Mean: at(mean), Variance: at(variance), Gamma: at(gamma), Eps: eps, Activation: onednn.ActLeakyReLU, Alpha: alpha}
		onednn.BNForward(at(wx), l, norm, at(wy))
		onednn.BNForwardBF16(unsafe.Pointer(&x[0]), l, norm, unsafe.Pointer(&y[0]))
		rounded(t, "y", y, wy)
		onednn.FromBF16(unsafe.Pointer(&y[0]), size, at(wy))

		var sums, sums2 [2][]float32
		for i := range sums {
			sums[i], sums2[i] = make([]float32, l.C), make([]float32, l.C)
		}
		onednn.BNBackwardSums(at(wx), at(wgy), l, norm, at(sums[0]), at(sums[1]))
		onednn.BNBackwardSumsBF16(unsafe.Pointer(&x[0]), unsafe.Pointer(&gy[0]), l, norm, at(sums2[0]), at(sums2[1]))
		close32(t, "sum of u", sums2[0], sums[0])
		close32(t, "sum of u·x", sums2[1], sums[1])

		gx, wgx := make([]uint16, size), make([]float32, size)
		onednn.BNBackward(at(wx), at(wgy), l, norm, at(sums[0]), at(sums[1]), at(wgx))
		onednn.BNBackwardBF16(unsafe.Pointer(&x[0]), unsafe.Pointer(&gy[0]), l, norm, at(sums[0]), at(sums[1]), unsafe.Pointer(&gx[0]))
		rounded(t, "gx", gx, wgx)

		onednn.UnaryGrad(onednn.UnaryLeakyReLU, alpha, at(wy), at(wgy), at(wgx), size)
		onednn.SlopeBF16(onednn.ActLeakyReLU, alpha, unsafe.Pointer(&y[0]), unsafe.Pointer(&gy[0]), unsafe.Pointer(&gx[0]), size)
		rounded(t, "slope", gx, wgx)

		onednn.ChannelSum(at(wx), l, at(sums[0]))
		onednn.ChannelSumBF16(unsafe.Pointer(&x[0]), l, at(sums2[0]))
		close32(t, "channel sum", sums2[0], sums[0])
	})
}

func close32(t *rapid.T, name string, got, want []float32) {
	for i := range want {
		if diff := math.Abs(float64(got[i] - want[i])); !(diff <= 1e-5*(1+math.Abs(float64(want[i])))) {
			t.Fatalf("%s of channel %d: %v, want %v", name, i, got[i], want[i])
		}
	}
}

// rounded allows for one unit in the last place: the sums before may differ in their last bits.
func rounded(t *rapid.T, name string, got []uint16, want []float32) {
	for i, w := range want {
		g := math.Float32frombits(uint32(got[i]) << 16)
		if diff := math.Abs(float64(g - w)); !(diff <= math.Abs(float64(w))/128+1e-6) {
			t.Fatalf("%s at %d: %v, want %v", name, i, g, w)
		}
	}
}
