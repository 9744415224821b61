package nn

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/tensor"
	"pgregory.net/rapid"
)

// Expected values are those of PyTorch 1.13: torch.nn.functional.max_pool2d and avg_pool2d with kernel (3, 2),
// stride (2, 1) and padding (1, 1); gradients are those of Σ y·(1, 2, 3, …).
func TestPoolAgainstPyTorch(t *testing.T) {
	x := goldenArray{[]int{1, 1, 4, 3}, []float64{1, 5, 2, 5, -1, 5, 0, 3, -2, -4, -3, -6}}
	g := Geometry{Kernel: []int{3, 2}, Stride: []int{2, 1}, Pad: []int{1, 1}}
	for _, test := range []struct {
		reason string
		build  func(s *Scope, x *Node) *Node
		y, gx  []float64
	}{
		{"of equal elements the first takes the gradient, and the padding never wins",
			func(s *Scope, x *Node) *Node { return s.MaxPool(x, g) },
			[]float64{5, 5, 5, 5, 5, 5, 5, 5}, []float64{0, 5, 0, 12, 0, 19, 0, 0, 0, 0, 0, 0}},
		{"the padding counts in the mean",
			func(s *Scope, x *Node) *Node { return s.AveragePool(x, g) },
			[]float64{1, 5. / 3, 11. / 6, 7. / 6, 1. / 6, 0, -2. / 3, -0.5},
			[]float64{0.5, 5. / 6, 7. / 6, 7. / 3, 3, 11. / 3, 11. / 6, 13. / 6, 2.5, 11. / 6, 13. / 6, 2.5}},
	} {
		for _, d := range dtypes {
			t.Run(fmt.Sprintf("%s, %v", test.reason, d.dt), func(t *testing.T) {
				s := testScope(d.dt)
				in, gy := s.Input("x", x.Shape...), s.Input("gy", 1, 1, 2, 4)
				let(t, in, x)
				let(t, gy, goldenArray{[]int{1, 1, 2, 4}, []float64{1, 2, 3, 4, 5, 6, 7, 8}})
				y := test.build(s, in)
				gx := s.Grad(s.Sum(s.Mul(y, gy)), in)
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

func TestMaxPoolKeepsNaN(t *testing.T) {
	s := testScope(tensor.Float64)
	x := s.Input("x", 1, 1, 3)
	let(t, x, goldenArray{[]int{1, 1, 3}, []float64{1, math.NaN(), 2}})
	y := s.MaxPool(x, Cube(1, 3, 1, 0))
	if got := evaluate(t, y)[0][0]; !math.IsNaN(got) {
		t.Errorf("a window with NaN has the maximum %v, which hides it", got)
	}
}

func TestPoolErrors(t *testing.T) {
	for _, test := range []struct {
		reason string
		shape  []int
		g      Geometry
	}{
		{"no spatial axis", []int{2, 3}, Geometry{}},
		{"four spatial axes", []int{1, 1, 2, 2, 2, 2}, Cube(4, 2, 2, 0)},
		{"a kernel of another rank", []int{2, 3, 4, 4}, Cube(3, 2, 2, 0)},
		{"the window does not fit", []int{2, 3, 4, 4}, Cube(2, 5, 1, 0)},
		{"a window could lie in the padding", []int{2, 3, 4, 4}, Cube(2, 3, 1, 2)},
		{"a stride of 0 never ends", []int{2, 3, 4, 4}, Cube(2, 2, 0, 0)},
	} {
		for name, build := range map[string]func(*Scope, *Node, Geometry) *Node{"average": (*Scope).AveragePool, "max": (*Scope).MaxPool} {
			s := testScope(tensor.Float32)
			y := build(s.In("dis/pool"), s.Input("x", test.shape...), test.g)
			if y != nil || !errors.Is(s.Err(), ErrShape) {
				t.Errorf("%s, %s: node %v, error %v; want an error of shape", test.reason, name, y, s.Err())
			}
		}
	}
}

// poolingCases draws the pooling operations and their adjoints, on windows that may overlap or leave gaps.
func poolingCases() []gradientCase {
	draw := func(rng *rand.Rand, rank int) (x, y []int, g Geometry) {
		x = []int{2, between(rng, 1, 2)}
		for range rank {
			k := between(rng, 1, 3)
			g.Kernel = append(g.Kernel, k)
			g.Stride = append(g.Stride, between(rng, 1, 3))
			g.Pad = append(g.Pad, between(rng, 0, k/2))
			x = append(x, between(rng, k, k+2))
		}
		_, y, err := pooledShape(x, g)
		if err != nil {
			panic(err)
		}
		return x, y, g
	}
	var cases []gradientCase
	add := func(name string, rank int, f func(x, y []int, g Geometry) formula) {
		cases = append(cases, gradientCase{fmt.Sprintf("%s %dd", name, rank), func(rng *rand.Rand) formula { return f(draw(rng, rank)) }})
	}
	for rank := 1; rank <= 3; rank++ {
		add("average pool", rank, func(x, _ []int, g Geometry) formula {
			return formula{shapes: [][]int{x}, build: func(s *Scope, in []*Node) *Node { return s.AveragePool(in[0], g) }}
		})
		add("max pool", rank, func(x, _ []int, g Geometry) formula {
			return formula{shapes: [][]int{x}, build: func(s *Scope, in []*Node) *Node { return s.MaxPool(in[0], g) }}
		})
		add("average pool's gradient", rank, func(x, y []int, g Geometry) formula {
			return formula{shapes: [][]int{y}, build: func(s *Scope, in []*Node) *Node {
				return s.build("gradient", func() (*Node, error) { return averagePoolGrad(in[0], x, g) })
			}}
		})
		add("max pool's gradient", rank, func(x, y []int, g Geometry) formula {
			return formula{shapes: [][]int{x, y}, build: func(s *Scope, in []*Node) *Node {
				return s.build("gradient", func() (*Node, error) { return maxPoolGrad(in[0], in[1], g) })
			}}
		})
		add("max pool's gather", rank, func(x, _ []int, g Geometry) formula {
			return formula{shapes: [][]int{x, x}, build: func(s *Scope, in []*Node) *Node {
				return s.build("gather", func() (*Node, error) { return maxPoolGather(in[0], in[1], g) })
			}}
		})
		// A square before the pooling makes the second derivative by x differ from zero.
		add("max pool of a square", rank, func(x, _ []int, g Geometry) formula {
			return formula{shapes: [][]int{x}, build: func(s *Scope, in []*Node) *Node { return s.Square(s.MaxPool(s.Square(in[0]), g)) }}
		})
		cases = append(cases, gradientCase{fmt.Sprintf("upsample %dd", rank), func(rng *rand.Rand) formula {
			x, scale := []int{2, 2}, []int{}
			for range rank {
				x, scale = append(x, between(rng, 1, 3)), append(scale, between(rng, 1, 3))
			}
			return formula{shapes: [][]int{x}, build: func(s *Scope, in []*Node) *Node { return s.UpsampleNearest(in[0], scale...) }}
		}})
	}
	return cases
}

func TestPoolingAgainstDifferences(t *testing.T) {
	for _, c := range poolingCases() {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, 5))
			for range 4 {
				checkGradients(t, rng, c.draw(rng))
			}
		})
	}
}

// ⟨pool(x), y⟩ = ⟨x, adjoint(y)⟩ for average pooling, ⟨gather(x, v), y⟩ = ⟨v, adjoint(x, y)⟩ for max pooling, and
// ⟨upsample(y), x⟩ = ⟨y, adjoint(x)⟩.
func TestPoolingAdjoints(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		rank := between(rng, 1, 3)
		g := Geometry{}
		xs, scale := []int{2, 2}, []int{}
		for range rank {
			k := between(rng, 1, 3)
			g.Kernel, g.Stride, g.Pad = append(g.Kernel, k), append(g.Stride, between(rng, 1, 3)), append(g.Pad, between(rng, 0, k/2))
			scale = append(scale, k)
			xs = append(xs, k*between(rng, 1, 2))
		}
		s := testScope(tensor.Float64)
		x, v := s.Input("x", xs...), s.Input("v", xs...)
		average, gather := s.AveragePool(x, g), s.build("gather", func() (*Node, error) { return maxPoolGather(x, v, g) })
		y := s.Input("y", average.Shape()...)
		small := append([]int(nil), xs...)
		for i, f := range scale {
			small[2+i] /= f
		}
		z := s.Input("z", small...)
		large := s.UpsampleNearest(z, scale...)
		adjoint := func(of, on, seed *Node) *Node { return s.Sum(s.Mul(s.Grad(s.Sum(s.Mul(of, seed)), on)[0], on)) }
		left := []*Node{s.Sum(s.Mul(average, y)), s.Sum(s.Mul(gather, y)), s.Sum(s.Mul(large, x))}
		right := []*Node{adjoint(average, x, y), adjoint(gather, v, y), adjoint(large, z, x)}
		if err := s.Err(); err != nil {
			rt.Fatal(err)
		}
		for _, n := range []*Node{x, v, y, z} {
			letRandom(t, rng, n, false)
		}
		a, b := evaluate(t, left...), evaluate(t, right...)
		for i, what := range []string{"average pool", "max pool's gather", "upsample"} {
			if math.Abs(a[i][0]-b[i][0]) > 1e-10 {
				rt.Errorf("%s: ⟨Ax, y⟩ is %v, ⟨x, Aᵀy⟩ is %v", what, a[i][0], b[i][0])
			}
		}
	})
}
