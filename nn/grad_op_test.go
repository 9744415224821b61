package nn

import (
	"math/rand/v2"
	"testing"
)

// gradientCase draws formulas of one operation on random shapes.
type gradientCase struct {
	name string
	draw func(rng *rand.Rand) formula
}

func TestGradientsAgainstDifferences(t *testing.T) {
	for _, cases := range [][]gradientCase{convolutionCases(), normalizationCases(), elementwiseCases(), shapeCases()} {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(7, 11))
				for range 4 {
					checkGradients(t, rng, c.draw(rng))
				}
			})
		}
	}
}

// between draws an integer from lo to hi.
func between(rng *rand.Rand, lo, hi int) int { return lo + rng.IntN(hi-lo+1) }

// randomGeometry draws a geometry, and a spatial size on which it fits.
func randomGeometry(rng *rand.Rand, rank int) (Geometry, []int) {
	var g Geometry
	var size []int
	for range rank {
		k := between(rng, 1, 3)
		g.Kernel = append(g.Kernel, k)
		g.Stride = append(g.Stride, between(rng, 1, 2))
		g.Pad = append(g.Pad, between(rng, 0, (k-1)/2+1))
		size = append(size, between(rng, k, k+1))
	}
	return g, size
}

// convolutionShapes draws x, w, b and the geometry of a convolution, and the
// shape of its result.
func convolutionShapes(rng *rand.Rand, rank int) (x, w, b, y []int, g Geometry) {
	g, size := randomGeometry(rng, rank)
	out, err := g.OutputSize(size)
	if err != nil {
		panic(err)
	}
	n, c, k := 2, between(rng, 1, 2), between(rng, 1, 3)
	x = append([]int{n, c}, size...)
	w = append([]int{k, c}, g.Kernel...)
	y = append([]int{n, k}, out...)
	return x, w, []int{k}, y, g
}

func convolutionCases() []gradientCase {
	var cases []gradientCase
	for rank := 1; rank <= 3; rank++ {
		name := string(rune('0'+rank)) + "d"
		cases = append(cases,
			gradientCase{"convolve " + name, func(rng *rand.Rand) formula {
				x, w, b, _, g := convolutionShapes(rng, rank)
				return formula{shapes: [][]int{x, w, b}, build: func(s *Scope, in []*Node) *Node { return s.Convolve(in[0], in[1], in[2], g) }}
			}},
			gradientCase{"convolve without bias " + name, func(rng *rand.Rand) formula {
				x, w, _, _, g := convolutionShapes(rng, rank)
				return formula{shapes: [][]int{x, w}, build: func(s *Scope, in []*Node) *Node { return s.Convolve(in[0], in[1], nil, g) }}
			}},
			gradientCase{"transposed convolution " + name, func(rng *rand.Rand) formula {
				x, w, _, y, g := convolutionShapes(rng, rank)
				return formula{shapes: [][]int{y, w, {x[1]}}, build: func(s *Scope, in []*Node) *Node {
					return s.build("adjoint", func() (*Node, error) { return convolveTransposeTo(in[0], in[1], in[2], g, x[2:]) })
				}}
			}},
			gradientCase{"weight gradient " + name, func(rng *rand.Rand) formula {
				x, _, _, y, g := convolutionShapes(rng, rank)
				return formula{shapes: [][]int{x, y}, build: func(s *Scope, in []*Node) *Node {
					return s.build("weight", func() (*Node, error) { return convolveWeight(in[0], in[1], g) })
				}}
			}})
	}
	for _, trans := range [][2]bool{{false, false}, {false, true}, {true, false}, {true, true}} {
		for _, leading := range [][]int{nil, {2}, {2, 3}} {
			cases = append(cases, gradientCase{"matrix product", func(rng *rand.Rand) formula {
				m, k, n := between(rng, 2, 4), between(rng, 1, 3), between(rng, 1, 3)
				a, b := []int{m, k}, []int{k, n}
				if trans[0] {
					a = []int{k, m}
				}
				if trans[1] {
					b = []int{n, k}
				}
				a, b = append(append([]int(nil), leading...), a...), append(append([]int(nil), leading...), b...)
				return formula{shapes: [][]int{a, b}, build: func(s *Scope, in []*Node) *Node { return s.MatMul(in[0], in[1], trans[0], trans[1]) }}
			}})
		}
	}
	return cases
}

func normalizationCases() []gradientCase {
	shape := func(rng *rand.Rand) []int {
		s := []int{between(rng, 2, 3), between(rng, 1, 3)}
		for range rng.IntN(4) {
			s = append(s, between(rng, 1, 3))
		}
		return s
	}
	const eps = 1e-2
	return []gradientCase{
		{"batch normalization", func(rng *rand.Rand) formula {
			x := shape(rng)
			return formula{shapes: [][]int{x, x[1:2], x[1:2]}, build: func(s *Scope, in []*Node) *Node {
				return s.build("bn", func() (*Node, error) { return batchNorm(in[0], in[1], in[2], eps) })
			}}
		}},
		{"batch normalization without beta", func(rng *rand.Rand) formula {
			x := shape(rng)
			return formula{shapes: [][]int{x, x[1:2]}, build: func(s *Scope, in []*Node) *Node {
				return s.build("bn", func() (*Node, error) { return batchNorm(in[0], in[1], nil, eps) })
			}}
		}},
		{"batch normalization's gradient", func(rng *rand.Rand) formula {
			x := shape(rng)
			return formula{shapes: [][]int{x, x[1:2], x}, build: func(s *Scope, in []*Node) *Node {
				return s.build("bn", func() (*Node, error) { return batchNormGrad(in[0], in[1], in[2], eps) })
			}}
		}},
		{"batch normalization's gradient on its own input", func(rng *rand.Rand) formula {
			x := shape(rng)
			return formula{shapes: [][]int{x, x[1:2]}, build: func(s *Scope, in []*Node) *Node {
				return s.build("bn", func() (*Node, error) { return batchNormGrad(in[0], in[1], in[0], eps) })
			}}
		}},
		{"batch normalization's scale gradient", func(rng *rand.Rand) formula {
			x := shape(rng)
			return formula{shapes: [][]int{x, x}, build: func(s *Scope, in []*Node) *Node {
				return s.build("bn", func() (*Node, error) { return batchNormGradScale(in[0], in[1], eps) })
			}}
		}},
		{"batch normalization by given statistics", func(rng *rand.Rand) formula {
			x := shape(rng)
			c := x[1:2]
			return formula{shapes: [][]int{x, c, c, c, c}, positive: true, build: func(s *Scope, in []*Node) *Node {
				return s.build("normalize", func() (*Node, error) { return normalize(in[0], in[1], in[2], in[3], in[4], eps) })
			}}
		}},
		{"batch normalization by given statistics, without β", func(rng *rand.Rand) formula {
			x := shape(rng)
			c := x[1:2]
			return formula{shapes: [][]int{x, c, c, c}, positive: true, build: func(s *Scope, in []*Node) *Node {
				return s.build("normalize", func() (*Node, error) { return normalize(in[0], in[1], in[2], in[3], nil, eps) })
			}}
		}},
		{"moments", func(rng *rand.Rand) formula {
			return formula{shapes: [][]int{shape(rng)}, build: func(s *Scope, in []*Node) *Node { return s.Moments(in[0]) }}
		}},
	}
}

// randomShape draws a shape of 1 to 4 axes, the first of at least 2.
func randomShape(rng *rand.Rand) []int {
	s := []int{between(rng, 2, 3)}
	for range rng.IntN(4) {
		s = append(s, between(rng, 1, 3))
	}
	return s
}

func elementwiseCases() []gradientCase {
	var cases []gradientCase
	for _, f := range []struct {
		f        UnaryFunc
		alpha    float64
		positive bool
	}{
		{ReLU, 0, false}, {LeakyReLU, 0.2, false}, {Tanh, 0, false}, {Sigmoid, 0, false}, {Softplus, 0, false},
		{Exp, 0, false}, {Log, 0, true}, {Sqrt, 0, true}, {Abs, 0, false}, {Sign, 0, false},
		{Pow, -0.5, true}, {Pow, 0, true}, {Pow, 1, false}, {Pow, 2, false}, {Pow, 3, false},
		{Scale, -1.5, false}, {Shift, 0.7, false},
	} {
		cases = append(cases, gradientCase{unaryLabel(f.f, f.alpha), func(rng *rand.Rand) formula {
			return formula{shapes: [][]int{randomShape(rng)}, positive: f.positive,
				build: func(s *Scope, in []*Node) *Node { return s.unary(f.f, in[0], f.alpha) }}
		}})
	}
	for _, f := range []UnaryFunc{ReLU, LeakyReLU, Tanh, Sigmoid} {
		cases = append(cases, gradientCase{f.String() + "'s gradient", func(rng *rand.Rand) formula {
			shape := randomShape(rng)
			alpha := 0.0
			if f == LeakyReLU {
				alpha = 0.2
			}
			return formula{shapes: [][]int{shape, shape}, build: func(s *Scope, in []*Node) *Node {
				return s.build("gradient", func() (*Node, error) { return unaryGrad(f, alpha, in[0], in[1]) })
			}}
		}})
	}
	for _, f := range []BinaryFunc{Add, Sub, Mul, Div} {
		cases = append(cases,
			gradientCase{f.String(), func(rng *rand.Rand) formula {
				a := randomShape(rng)
				b := append([]int(nil), a...)
				for i := range a { // each axis: equal, repeated in a, or repeated in b
					switch rng.IntN(4) {
					case 0:
						a[i] = 1
					case 1:
						b[i] = 1
					}
				}
				return formula{shapes: [][]int{a, b}, positive: f == Div, build: func(s *Scope, in []*Node) *Node { return s.binary(f, in[0], in[1]) }}
			}},
			gradientCase{f.String() + " of a node with itself", func(rng *rand.Rand) formula {
				return formula{shapes: [][]int{randomShape(rng)}, positive: f == Div, build: func(s *Scope, in []*Node) *Node { return s.binary(f, in[0], in[0]) }}
			}})
	}
	return cases
}

func shapeCases() []gradientCase {
	one := func(name string, build func(rng *rand.Rand, shape []int) func(s *Scope, x *Node) *Node) gradientCase {
		return gradientCase{name, func(rng *rand.Rand) formula {
			shape := randomShape(rng)
			f := build(rng, shape)
			return formula{shapes: [][]int{shape}, build: func(s *Scope, in []*Node) *Node { return f(s, in[0]) }}
		}}
	}
	return []gradientCase{
		one("sum", func(rng *rand.Rand, shape []int) func(*Scope, *Node) *Node {
			axes := rng.Perm(len(shape))[:between(rng, 0, len(shape))]
			return func(s *Scope, x *Node) *Node { return s.Sum(x, axes...) }
		}),
		one("mean", func(rng *rand.Rand, shape []int) func(*Scope, *Node) *Node {
			axes := rng.Perm(len(shape))[:between(rng, 0, len(shape))]
			return func(s *Scope, x *Node) *Node { return s.Mean(x, axes...) }
		}),
		one("broadcast", func(rng *rand.Rand, shape []int) func(*Scope, *Node) *Node {
			wide := append([]int(nil), shape...)
			for i := range wide {
				if i%2 == 0 {
					shape[i] = 1
				}
			}
			return func(s *Scope, x *Node) *Node { return s.Broadcast(x, wide...) }
		}),
		one("reshape", func(_ *rand.Rand, shape []int) func(*Scope, *Node) *Node {
			return func(s *Scope, x *Node) *Node { return s.Reshape(x, 1, -1, shape[0]) }
		}),
		one("transpose", func(rng *rand.Rand, shape []int) func(*Scope, *Node) *Node {
			perm := rng.Perm(len(shape))
			return func(s *Scope, x *Node) *Node { return s.Transpose(x, perm...) }
		}),
		one("slice", func(rng *rand.Rand, shape []int) func(*Scope, *Node) *Node {
			axis := rng.IntN(len(shape))
			from := rng.IntN(shape[axis])
			to := between(rng, from+1, shape[axis])
			return func(s *Scope, x *Node) *Node { return s.Slice(x, axis, from, to) }
		}),
		one("pad", func(rng *rand.Rand, shape []int) func(*Scope, *Node) *Node {
			axis, before, after := rng.IntN(len(shape)), rng.IntN(3), rng.IntN(3)
			return func(s *Scope, x *Node) *Node { return s.Pad(x, axis, before, after) }
		}),
		one("repeat", func(rng *rand.Rand, shape []int) func(*Scope, *Node) *Node {
			axis, n := rng.IntN(len(shape)), between(rng, 1, 3)
			return func(s *Scope, x *Node) *Node { return s.Repeat(x, axis, n) }
		}),
		{"concat", func(rng *rand.Rand) formula {
			shape := randomShape(rng)
			axis := rng.IntN(len(shape))
			shapes := [][]int{shape}
			for range rng.IntN(3) {
				next := append([]int(nil), shape...)
				next[axis] = between(rng, 1, 3)
				shapes = append(shapes, next)
			}
			return formula{shapes: shapes, build: func(s *Scope, in []*Node) *Node { return s.Concat(axis, in...) }}
		}},
	}
}
