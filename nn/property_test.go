package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"
)

// checkAdjoint checks ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ in float64 for random x and y.
func checkAdjoint(t *rapid.T, shape []int, a func(s *Scope, x *Node) *Node, transposed func(s *Scope, y *Node) *Node) {
	s := testScope(tensor.Float64)
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	x := s.Input("x", shape...)
	ax := a(s, x)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	y := s.Input("y", ax.Shape()...)
	aty := transposed(s, y)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(aty.Shape(), shape) {
		t.Fatalf("the adjoint leads to %v, not to %v", aty.Shape(), shape)
	}
	for _, n := range []*Node{x, y} {
		values := make([]float64, n.Shape().TotalSize())
		for i := range values {
			values[i] = rng.NormFloat64()
		}
		letRapid(t, n, values)
	}
	left, right, norm := s.Sum(s.Mul(ax, y)), s.Sum(s.Mul(x, aty)), s.Add(s.Sum(s.Square(ax)), s.Sum(s.Square(y)))
	values, err := Evaluate(left, right, norm)
	if err != nil {
		t.Fatal(err)
	}
	at := func(i int) float64 { return values[i].Data().([]float64)[0] }
	if diff := math.Abs(at(0) - at(1)); !(diff <= 1e-12*max(1, at(2))) {
		t.Fatalf("⟨A x, y⟩ = %v, ⟨x, Aᵀ y⟩ = %v", at(0), at(1))
	}
}

func letRapid(t *rapid.T, n *Node, values []float64) {
	d, err := denseOf(tensor.Float64, values, n.Shape())
	if err != nil {
		t.Fatal(err)
	}
	if err := gorgonia.Let(n, d); err != nil {
		t.Fatal(err)
	}
}

func drawShape(t *rapid.T) []int {
	return rapid.SliceOfN(rapid.IntRange(1, 5), 1, 4).Draw(t, "shape")
}

func TestConvolutionAdjoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rank := rapid.IntRange(1, 3).Draw(t, "rank")
		g := Geometry{}
		shape := []int{rapid.IntRange(1, 3).Draw(t, "n"), rapid.IntRange(1, 3).Draw(t, "channels")}
		for i := range rank {
			k := rapid.IntRange(1, 5).Draw(t, fmt.Sprintf("kernel%d", i))
			p := rapid.IntRange(0, 3).Draw(t, fmt.Sprintf("pad%d", i))
			g.Kernel = append(g.Kernel, k)
			g.Stride = append(g.Stride, rapid.IntRange(1, 4).Draw(t, fmt.Sprintf("stride%d", i)))
			g.Pad = append(g.Pad, p)
			shape = append(shape, rapid.IntRange(max(1, k-2*p), 7).Draw(t, fmt.Sprintf("size%d", i)))
		}
		outputs := rapid.IntRange(1, 3).Draw(t, "outputs")
		seed := rapid.Uint64().Draw(t, "weight")
		weight := func(s *Scope) *Node {
			w := s.Input("w", append([]int{outputs, shape[1]}, g.Kernel...)...)
			values := make([]float64, w.Shape().TotalSize())
			rng := rand.New(rand.NewPCG(seed, 1))
			for i := range values {
				values[i] = rng.NormFloat64()
			}
			letRapid(t, w, values)
			return w
		}
		checkAdjoint(t, shape,
			func(s *Scope, x *Node) *Node { return s.Convolve(x, weight(s), nil, g) },
			func(s *Scope, y *Node) *Node {
				return s.build("adjoint", func() (*Node, error) { return convolveTransposeTo(y, weight(s), nil, g, shape[2:]) })
			})
	})
}

func TestBroadcastAdjointIsSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wide := drawShape(t)
		shape := slices.Clone(wide)
		var axes []int
		for i := range shape {
			if rapid.Bool().Draw(t, "repeated") {
				shape[i] = 1
				axes = append(axes, i)
			}
		}
		checkAdjoint(t, shape,
			func(s *Scope, x *Node) *Node { return s.Broadcast(x, wide...) },
			func(s *Scope, y *Node) *Node {
				if len(axes) == 0 {
					return y
				}
				return s.Sum(y, axes...)
			})
	})
}

func TestSliceAdjointIsPad(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := drawShape(t)
		axis := rapid.IntRange(0, len(shape)-1).Draw(t, "axis")
		from := rapid.IntRange(0, shape[axis]-1).Draw(t, "from")
		to := rapid.IntRange(from+1, shape[axis]).Draw(t, "to")
		checkAdjoint(t, shape,
			func(s *Scope, x *Node) *Node { return s.Slice(x, axis, from, to) },
			func(s *Scope, y *Node) *Node { return s.Pad(y, axis, from, shape[axis]-to) })
	})
}

func TestTransposeAdjointIsItsInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := drawShape(t)
		perm := rapid.Permutation(axesBut(len(shape), -1)).Draw(t, "perm")
		back := make([]int, len(perm))
		for i, p := range perm {
			back[p] = i
		}
		checkAdjoint(t, shape,
			func(s *Scope, x *Node) *Node { return s.Transpose(x, perm...) },
			func(s *Scope, y *Node) *Node { return s.Transpose(y, back...) })
	})
}
