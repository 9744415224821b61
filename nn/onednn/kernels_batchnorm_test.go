package onednn_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"videogan/nn/onednn"
)

const eps = 1e-5

// moments are the mean and the biased variance of every channel.
func moments(x []float32, l onednn.Layout) (mean, variance []float64) {
	mean, variance = make([]float64, l.C), make([]float64, l.C)
	count := float64(l.N * l.S)
	eachNumber(l, func(c, i int) { mean[c] += float64(x[i]) / count })
	eachNumber(l, func(c, i int) { variance[c] += (float64(x[i]) - mean[c]) * (float64(x[i]) - mean[c]) / count })
	return mean, variance
}

func float32s(v []float64) []float32 {
	r := make([]float32, len(v))
	for i, x := range v {
		r[i] = float32(x)
	}
	return r
}

func TestBNStats(t *testing.T) {
	for _, l := range channelCases() {
		for _, mean := range []float64{0, 1000} {
			x := tensor(random(1), l, mean, 0.5)
			wantMean, wantVariance := moments(x, l)
			gotMean, gotVariance := dirty(l.C), dirty(l.C)
			onednn.BNStats(at(x), l, at(gotMean), at(gotVariance))
			what := fmt.Sprintf("%s, mean %v", describe(l), mean)
			near(t, what+": mean", gotMean, float32s(wantMean), 1e-6, 1e-3)
			near(t, what+": variance", gotVariance, float32s(wantVariance), 1e-6, 1e-9)
		}
	}
}

// An outlier at the very place where the kernel takes its first guess of the
// mean, and a mean of 10⁵ deviations, cost no digits.
func TestBNStatsOfUnluckyData(t *testing.T) {
	for _, l := range layouts(2, 8, 20000) {
		x := tensor(random(2), l, 1000, 0.01)
		for i := range x {
			if x[i] != 0 {
				x[i] = 1000 + float32(i%7)/64 // exact, variance about 10⁻³
			}
		}
		x[0] = -5000
		wantMean, wantVariance := moments(x, l)
		mean, variance := dirty(l.C), dirty(l.C)
		onednn.BNStats(at(x), l, at(mean), at(variance))
		near(t, describe(l)+": mean", mean, float32s(wantMean), 1e-7, 0)
		near(t, describe(l)+": variance", variance, float32s(wantVariance), 1e-6, 0)
	}
	constant := slices.Repeat([]float32{0.1}, 50000)
	mean, variance := dirty(1), dirty(1)
	onednn.BNStats(at(constant), onednn.Layout{N: 1, CB: 1, S: 50000, B: 1, C: 1}, at(mean), at(variance))
	if mean[0] != 0.1 || variance[0] != 0 {
		t.Errorf("of a constant: mean %v, variance %v", mean[0], variance[0])
	}
}

func TestBNForward(t *testing.T) {
	for _, l := range channelCases() {
		rng := random(3)
		x := tensor(rng, l, 1, 2)
		mean, variance := moments(x, l)
		gamma, beta := normals(rng, l.C, 1, 0.5), normals(rng, l.C, 0, 1)
		m32, v32 := float32s(mean), float32s(variance)
		for _, act := range activations {
			for _, b := range [][]float32{beta, nil} {
				want := make([]float32, len(x))
				eachNumber(l, func(c, i int) {
					v := (float64(x[i]) - float64(m32[c])) / math.Sqrt(float64(v32[c])+eps) * float64(gamma[c])
					if b != nil {
						v += float64(b[c])
					}
					want[i] = float32(activate(act, 0.2, v))
				})
				what := fmt.Sprintf("%s, activation %d, beta %t", describe(l), act, b != nil)
				y := dirty(len(x))
				norm := onednn.Normalization{Mean: at(m32), Variance: at(v32), Gamma: at(gamma), Beta: at(b), Eps: eps, Activation: act, Alpha: 0.2}
				onednn.BNForward(at(x), l, norm, at(y))
				near(t, what, y, want, 2e-6, 1)
				padded(t, what, l, y)
				in := slices.Clone(x)
				onednn.BNForward(at(in), l, norm, at(in))
				if !slices.Equal(in, y) {
					t.Errorf("%s: in place it differs", what)
				}
			}
		}
	}
}

func TestBNBackward(t *testing.T) {
	for _, l := range channelCases() {
		rng := random(4)
		x, gy := tensor(rng, l, 3, 2), tensor(rng, l, 0.1, 1)
		gamma, beta := normals(rng, l.C, 1, 0.5), normals(rng, l.C, 0, 1)
		mean, variance := moments(x, l)
		m32, v32 := float32s(mean), float32s(variance)
		count := float64(l.N * l.S)
		for _, act := range activations {
			norm := onednn.Normalization{Mean: at(m32), Variance: at(v32), Gamma: at(gamma), Beta: at(beta), Eps: eps, Activation: act, Alpha: 0.2}
			u := make([]float64, len(x))
			normalized := make([]float64, len(x))
			sumU, sumUX, scale := make([]float64, l.C), make([]float64, l.C), make([]float64, l.C)
			eachNumber(l, func(c, i int) {
				normalized[i] = (float64(x[i]) - float64(m32[c])) / math.Sqrt(float64(v32[c])+eps)
				u[i] = float64(gy[i]) * slope(act, float64(float32(0.2)), normalized[i]*float64(gamma[c])+float64(beta[c]))
				sumU[c] += u[i]
				sumUX[c] += u[i] * normalized[i]
				scale[c] += math.Abs(u[i])
			})
			want := make([]float32, len(x))
			eachNumber(l, func(c, i int) {
				inv := float64(gamma[c]) / math.Sqrt(float64(v32[c])+eps)
				want[i] = float32(inv * (u[i] - sumU[c]/count - normalized[i]*sumUX[c]/count))
			})
			what := fmt.Sprintf("%s, activation %d", describe(l), act)
			gotU, gotUX := dirty(l.C), dirty(l.C)
			onednn.BNBackwardSums(at(x), at(gy), l, norm, at(gotU), at(gotUX))
			for c := range l.C {
				near(t, what+": Σ u", gotU[c:c+1], float32s(sumU[c:c+1]), 1e-6, scale[c])
				near(t, what+": Σ u·x̂", gotUX[c:c+1], float32s(sumUX[c:c+1]), 1e-6, scale[c])
			}
			gx := dirty(len(x))
			onednn.BNBackward(at(x), at(gy), l, norm, at(gotU), at(gotUX), at(gx))
			inverse := 1 / math.Sqrt(float64(slices.Min(v32))+eps) // where N·S is 1 all terms cancel
			near(t, what+": gx", gx, want, 3e-6, 3*inverse)
			padded(t, what+": gx", l, gx)
			in := slices.Clone(gy)
			onednn.BNBackward(at(x), at(in), l, norm, at(gotU), at(gotUX), at(in))
			if !slices.Equal(in, gx) {
				t.Errorf("%s: in place it differs", what)
			}
		}
	}
}
