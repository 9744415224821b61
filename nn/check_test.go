package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// formula is a function of nodes with the shapes of its operands.
type formula struct {
	shapes [][]int
	build  func(s *Scope, in []*Node) *Node
	// positive keeps the operands in [0.5, 2], away from the edge of a domain.
	positive bool
}

// checkGradients holds the first and second derivatives of f in float64 against
// central differences: for cost = Σ y·r with random r, its gradient by every
// operand and r, and for Σ gradient·v with random v the gradient of that.
func checkGradients(t *testing.T, rng *rand.Rand, f formula) {
	t.Helper()
	s := NewScope(gorgonia.NewGraph(), NewParamsOf(tensor.Float64, 1), ScopeOptions{DType: tensor.Float64, Training: true})
	var in []*Node
	for i, shape := range f.shapes {
		in = append(in, s.Input(fmt.Sprintf("x%d", i), shape...))
	}
	y := f.build(s, in)
	if err := s.Err(); err != nil {
		t.Fatalf("%v: %v", f.shapes, err)
	}
	in = append(in, s.Input("r", y.Shape()...))
	cost := s.Sum(s.Mul(y, in[len(in)-1]))
	grads := s.GradOrZero(cost, in...)
	var cost2 *Node
	for i, g := range grads {
		v := s.Input(fmt.Sprintf("v%d", i), g.Shape()...)
		letRandom(t, rng, v, false)
		term := s.Sum(s.Mul(g, v))
		if cost2 == nil {
			cost2 = term
		} else {
			cost2 = s.Add(cost2, term)
		}
	}
	grads2 := s.GradOrZero(cost2, in...)
	if err := s.Err(); err != nil {
		t.Fatalf("%v: %v", f.shapes, err)
	}
	for i, x := range in {
		letRandom(t, rng, x, f.positive && i < len(f.shapes))
	}
	before := valuesOf(in)
	evaluate(t, append(grads, grads2...)...)
	for i, x := range in {
		if !slices.Equal(x.Value().Data().([]float64), before[i]) {
			t.Fatalf("%v: an operation wrote to %s", f.shapes, x.Name())
		}
	}
	compareWithDifferences(t, fmt.Sprintf("%v: first derivative", f.shapes), cost, in, grads)
	compareWithDifferences(t, fmt.Sprintf("%v: second derivative", f.shapes), cost2, in, grads2)
}

func valuesOf(inputs []*Node) [][]float64 {
	var copies [][]float64
	for _, x := range inputs {
		copies = append(copies, slices.Clone(x.Value().Data().([]float64)))
	}
	return copies
}

func compareWithDifferences(t *testing.T, what string, cost *Node, in, grads []*Node) {
	t.Helper()
	got := evaluate(t, grads...)
	for i, x := range in {
		values := x.Value().Data().([]float64)
		for j, v := range values {
			h := 1e-5 * max(1, math.Abs(v))
			values[j] = v + h
			above := evaluate(t, cost)[0][0]
			values[j] = v - h
			below := evaluate(t, cost)[0][0]
			values[j] = v
			want := (above - below) / (2 * h)
			if diff := math.Abs(got[i][j] - want); !(diff <= 2e-6*max(1, math.Abs(want))) {
				t.Fatalf("%s by element %d of %s: got %v, differences give %v", what, j, x.Name(), got[i][j], want)
			}
		}
	}
}

// letRandom gives an input random values: normal, or positive ones.
func letRandom(t testing.TB, rng *rand.Rand, x *Node, positive bool) {
	t.Helper()
	values := make([]float64, x.Shape().TotalSize())
	for i := range values {
		if values[i] = rng.NormFloat64(); positive {
			values[i] = 0.5 + 1.5*rng.Float64()
		}
	}
	let(t, x, goldenArray{x.Shape(), values})
}

// let binds values to an input, in the type of the graph.
func let(t testing.TB, x *Node, a goldenArray) {
	t.Helper()
	if err := gorgonia.Let(x, a.dense(t, x.Dtype())); err != nil {
		t.Fatal(err)
	}
}

// evaluate gives the values of nodes as float64.
func evaluate(t testing.TB, nodes ...*Node) [][]float64 {
	t.Helper()
	values, err := Evaluate(nodes...)
	if err != nil {
		t.Fatal(err)
	}
	out := make([][]float64, len(values))
	for i, v := range values {
		switch data := v.Data().(type) {
		case []float64:
			out[i] = data
		case []float32:
			for _, d := range data {
				out[i] = append(out[i], float64(d))
			}
		default:
			t.Fatalf("value of type %T", data)
		}
	}
	return out
}

// near checks got against want relative to the largest of them, or to 1.
func near(t testing.TB, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	scale := 1.0
	for _, w := range want {
		scale = max(scale, math.Abs(w))
	}
	for i, w := range want {
		if !(math.Abs(got[i]-w) <= tolerance*scale) {
			t.Errorf("%s: element %d is %v, want %v", what, i, got[i], w)
			return
		}
	}
}

// testScope is a scope in training on a new graph.
func testScope(dt tensor.Dtype) *Scope {
	return NewScope(gorgonia.NewGraph(), NewParamsOf(dt, 1), ScopeOptions{DType: dt, Training: true})
}

// dtypes are the types that the reference implementations are tested in, with
// the tolerances for values and gradients.
var dtypes = []struct {
	dt                 tensor.Dtype
	forward, gradients float64
}{
	{tensor.Float64, 1e-9, 1e-9},
	{tensor.Float32, 2e-5, 2e-4},
}

// denseOf rounds values into a new tensor of the given type.
func denseOf(dtype tensor.Dtype, values []float64, shape []int) (*tensor.Dense, error) {
	d := tensor.New(tensor.Of(dtype), tensor.WithShape(shape...))
	for i, v := range values {
		if dtype == tensor.Float32 {
			d.Float32s()[i] = float32(v)
		} else {
			d.Float64s()[i] = v
		}
	}
	return d, nil
}
