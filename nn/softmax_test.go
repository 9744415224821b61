package nn

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/tensor"
)

// Expected values are those of PyTorch 1.13 in float64; gradients are those of Σ y·gy.
func TestSoftmaxAgainstPyTorch(t *testing.T) {
	x := goldenArray{[]int{2, 3}, []float64{1, 2, -3, 100, -100, 0}}
	gy := goldenArray{[]int{2, 3}, []float64{1, -2, 3, 0.5, 1, -1}}
	for _, test := range []struct {
		name  string
		build func(s *Scope, x *Node, axis int) *Node
		axis  int
		y, gx []float64
	}{
		{"softmax", (*Scope).Softmax, 0,
			[]float64{1.0112214926104486e-43, 1, 0.04742587317756679, 1, 5.0345753587649823e-45, 0.9525741268224334},
			[]float64{5.056107463052243e-44, 0, 0.18070663892364858, 0, 1.5103726076294948e-44, -0.18070663892364844}},
		{"softmax", (*Scope).Softmax, 1,
			[]float64{0.2676231541498624, 0.7274751568004648, 0.004901689049672922, 1, 1.3838965267367376e-87, 3.720075976020836e-44},
			[]float64{0.5814439771175476, -0.6018968731358078, 0.020452896018260266, 0, 6.919482633683688e-88, -5.580113964031254e-44}},
		{"log-softmax", (*Scope).LogSoftmax, 0,
			[]float64{-99, 0, -3.048587351573742, 0, -102, -0.048587351573741965},
			[]float64{1, -1, 2.9051482536448665, -1, 1, -2.9051482536448665}},
		{"log-softmax", (*Scope).LogSoftmax, 1,
			[]float64{-1.3181754292474541, -0.318175429247454, -5.318175429247454, 0, -200, -100},
			[]float64{0.46475369170027536, -3.4549503136009294, 2.990196621900654, 0, 1, -1}},
	} {
		for _, d := range dtypes {
			t.Run(fmt.Sprintf("%s axis %d %v", test.name, test.axis, d.dt), func(t *testing.T) {
				s := testScope(d.dt)
				in, upstream := s.Input("x", 2, 3), s.Input("gy", 2, 3)
				let(t, in, x)
				let(t, upstream, gy)
				y := test.build(s, in, test.axis)
				gx := s.Grad(s.Sum(s.Mul(y, upstream)), in)
				if err := s.Err(); err != nil {
					t.Fatal(err)
				}
				got := evaluate(t, y, gx[0])
				near(t, "y", got[0], test.y, d.forward)
				near(t, "gx", got[1], test.gx, d.gradients)
			})
		}
	}
}

// Numbers whose exponential overflows, and differences whose exponential is 0, stay exact.
func TestSoftmaxExtremes(t *testing.T) {
	for _, d := range dtypes {
		s := testScope(d.dt)
		x := s.Input("x", 1, 3)
		let(t, x, goldenArray{[]int{1, 3}, []float64{1e4, 1e4, -1e4}})
		got := evaluate(t, s.Softmax(x, 1), s.LogSoftmax(x, 1))
		near(t, "softmax", got[0], []float64{0.5, 0.5, 0}, d.forward)
		near(t, "log-softmax", got[1], []float64{-math.Ln2, -math.Ln2, -2e4 - math.Ln2}, d.forward)
	}
}

func TestSoftmaxAgainstDifferences(t *testing.T) {
	for name, build := range map[string]func(*Scope, *Node, int) *Node{"softmax": (*Scope).Softmax, "log-softmax": (*Scope).LogSoftmax} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			for range 6 {
				shape := randomShape(rng)
				axis := rng.IntN(len(shape))
				checkGradients(t, rng, formula{shapes: [][]int{shape}, build: func(s *Scope, in []*Node) *Node { return build(s, in[0], axis) }})
			}
		})
	}
}

func TestSoftmaxErrors(t *testing.T) {
	for _, axis := range []int{-1, 2} {
		for name, build := range map[string]func(*Scope, *Node, int) *Node{"softmax": (*Scope).Softmax, "log-softmax": (*Scope).LogSoftmax} {
			s := testScope(tensor.Float32)
			if y := build(s, s.Input("x", 2, 3), axis); y != nil || !errors.Is(s.Err(), ErrShape) {
				t.Errorf("%s along axis %d: node %v, error %v; want an error of shape", name, axis, y, s.Err())
			}
		}
	}
}
