package gan

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestGammaClampIsGolden(t *testing.T) {
	g := readGolden(t, "svc")
	gamma := narrow(g.get(t, "bn.gamma").data)
	PaperGamma.clamp(gamma, narrow(g.get(t, "bn.running_var").data))
	compare(t, "gamma", widen(gamma), g.get(t, "bn.gamma_clipped").data, 1e-6)
}

func TestReleaseGammaBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "channels")
		variance := rapid.SliceOfN(rapid.Float32Range(0, 100), n, n).Draw(t, "variance")
		before := rapid.SliceOfN(rapid.Float32Range(-20, 20), n, n).Draw(t, "gamma")
		gamma := append([]float32(nil), before...)
		ReleaseGamma.clamp(gamma, variance)
		for i, v := range gamma {
			high := math.Sqrt(float64(variance[i]))
			if got := float64(v); got > high*(1+1e-6) || got < 0.01*high*(1-1e-6) {
				t.Fatalf("γ %v became %v, out of [%v, %v]", before[i], got, 0.01*high, high)
			}
			if was := float64(before[i]); was > 0.01*high && was < high && v != before[i] {
				t.Fatalf("γ %v was between its bounds and became %v", was, v)
			}
		}
	})
}

func TestWeightClippingBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.Float32Range(1e-4, 1).Draw(t, "c")
		before := rapid.SliceOf(rapid.Float32Range(-3, 3)).Draw(t, "values")
		values := append([]float32(nil), before...)
		clipWeights(values, c)
		for i, v := range values {
			if v > c || v < -c || (before[i] <= c && before[i] >= -c && v != before[i]) {
				t.Fatalf("%v became %v at c = %v", before[i], v, c)
			}
		}
	})
}
