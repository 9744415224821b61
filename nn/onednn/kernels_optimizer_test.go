package onednn_test

import (
	"math"
	"testing"

	"videogan/nn/onednn"
)

const parameters = 20_005 // beyond one thread and no multiple of a vector

// follow steps a kernel and its formula in float64 side by side.
func follow(t *testing.T, name string, state int, kernel func(step int, p, g []float32, s [][]float32),
	formula func(step int, p *float64, g float64, s []float64)) {
	t.Helper()
	rng := random(1)
	p := normals(rng, parameters, 0, 1)
	want := make([]float64, len(p))
	for i, v := range p {
		want[i] = float64(v)
	}
	s, wantState := make([][]float32, state), make([][]float64, len(p))
	for i := range s {
		s[i] = make([]float32, len(p))
	}
	for i := range wantState {
		wantState[i] = make([]float64, state)
	}
	for step := 1; step <= 5; step++ {
		g := normals(rng, len(p), 0, 1e-2)
		g[7] = 0
		kernel(step, p, g, s)
		for i := range p {
			formula(step, &want[i], float64(g[i]), wantState[i])
		}
	}
	near(t, name, p, float32s(want), 1e-6, 1)
	for k := range s {
		column := make([]float32, len(p))
		for i := range column {
			column[i] = float32(wantState[i][k])
		}
		near(t, name+" state", s[k], column, 1e-6, 1e-2)
	}
}

func TestAdam(t *testing.T) {
	for _, test := range []struct{ lr, b1, b2 float64 }{{2e-4, 0.5, 0.999}, {1e-2, 0, 0.9}} {
		const eps = 1e-8
		follow(t, "adam", 2, func(step int, p, g []float32, s [][]float32) {
			size, root := test.lr/(1-math.Pow(test.b1, float64(step))), math.Sqrt(1-math.Pow(test.b2, float64(step)))
			onednn.Adam(at(p), at(g), at(s[0]), at(s[1]), len(p), size, test.b1, test.b2, eps, root)
		}, func(step int, p *float64, g float64, s []float64) {
			s[0] = test.b1*s[0] + (1-test.b1)*g
			s[1] = test.b2*s[1] + (1-test.b2)*g*g
			corrected := math.Sqrt(s[1]) / math.Sqrt(1-math.Pow(test.b2, float64(step)))
			*p -= test.lr / (1 - math.Pow(test.b1, float64(step))) * s[0] / (corrected + eps)
		})
	}
}

func TestRMSprop(t *testing.T) {
	for _, inside := range []bool{false, true} {
		const lr, alpha, eps = 5e-4, 0.9, 1e-6
		follow(t, "rmsprop", 1, func(_ int, p, g []float32, s [][]float32) {
			onednn.RMSprop(at(p), at(g), at(s[0]), len(p), lr, alpha, eps, inside)
		}, func(_ int, p *float64, g float64, s []float64) {
			s[0] = alpha*s[0] + (1-alpha)*g*g
			if inside {
				*p -= lr * g / math.Sqrt(s[0]+eps)
			} else {
				*p -= lr * g / (math.Sqrt(s[0]) + eps)
			}
		})
	}
}

func TestSGD(t *testing.T) {
	follow(t, "sgd with momentum", 1, func(_ int, p, g []float32, s [][]float32) {
		onednn.SGD(at(p), at(g), at(s[0]), len(p), 0.1, 0.9)
	}, func(_ int, p *float64, g float64, s []float64) {
		s[0] = 0.9*s[0] + g
		*p -= 0.1 * s[0]
	})
	follow(t, "sgd", 0, func(_ int, p, g []float32, _ [][]float32) {
		onednn.SGD(at(p), at(g), nil, len(p), 0.1, 0)
	}, func(_ int, p *float64, g float64, _ []float64) { *p -= 0.1 * g })
}
