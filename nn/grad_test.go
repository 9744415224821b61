package nn

import (
	"errors"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Grad keeps nothing: the gradient asked for twice, or with another cost built
// in between, is the same.
func TestGradLeavesNothingBehind(t *testing.T) {
	s := testScope(tensor.Float64)
	x := s.Input("x", 3)
	let(t, x, goldenArray{[]int{3}, []float64{1, 2, -3}})
	cube := s.Sum(s.Pow(x, 3))
	first := s.Grad(cube, x)[0]
	penalty := s.Sum(s.Square(first)) // Σ 9x⁴
	second := s.Grad(penalty, x)[0]   // 36x³
	again := s.Grad(cube, x)[0]
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	got := evaluate(t, first, second, again)
	near(t, "3x²", got[0], []float64{3, 12, 27}, 1e-12)
	near(t, "36x³", got[1], []float64{36, 288, -972}, 1e-12)
	near(t, "3x² again", got[2], got[0], 0)
	for _, n := range s.Graph().AllNodes() {
		if n.Deriv() != nil || n.DerivOf() != nil {
			t.Errorf("%s carries a derivative", n.Name())
		}
	}
}

func TestGradOfAnUnreachedNode(t *testing.T) {
	for reason, build := range map[string]func(s *Scope, x, y *Node) *Node{
		"not an operand":                  func(s *Scope, x, _ *Node) *Node { return s.Sum(x) },
		"only through a stopped gradient": func(s *Scope, x, y *Node) *Node { return s.Sum(s.Mul(x, s.StopGradient(y))) },
		"only through the sign":           func(s *Scope, x, y *Node) *Node { return s.Sum(s.Mul(x, s.unary(Sign, y, 0))) },
	} {
		s := testScope(tensor.Float64)
		x, y := s.Input("x", 2), s.Input("net/y", 2)
		cost := build(s, x, y)
		if _, err := Grad(cost, x, y); !errors.Is(err, ErrUnreached) || !strings.Contains(err.Error(), "by net/y") {
			t.Errorf("%s: got %v", reason, err)
		}
		grads, err := GradOrZero(cost, x, y)
		if err != nil {
			t.Fatalf("%s: %v", reason, err)
		}
		near(t, reason, evaluate(t, grads[1])[0], []float64{0, 0}, 0)
		if err := s.Err(); err != nil {
			t.Fatalf("%s: %v", reason, err)
		}
	}
}

// The gradient by a node inside the graph does not go past it, and one by the
// cost itself is 1.
func TestGradByInnerNodes(t *testing.T) {
	s := testScope(tensor.Float64)
	x := s.Input("x", 2)
	let(t, x, goldenArray{[]int{2}, []float64{3, 4}})
	square := s.Square(x)
	cost := s.Sum(s.Mul(square, x)) // ∂/∂square = x, ∂/∂x = 3x²
	grads := s.Grad(cost, square, x, cost)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	got := evaluate(t, grads...)
	near(t, "by square", got[0], []float64{3, 4}, 1e-12)
	near(t, "by x", got[1], []float64{27, 48}, 1e-12)
	near(t, "by cost", got[2], []float64{1}, 0)
}

// Only the paths between cost and wrt are walked: an operation without a
// derivative elsewhere is no obstacle.
func TestGradWalksOnlyItsPaths(t *testing.T) {
	s := testScope(tensor.Float64)
	x, y := s.Input("x", 2), s.Input("y", 2)
	let(t, x, goldenArray{[]int{2}, []float64{1, 2}})
	let(t, y, goldenArray{[]int{2}, []float64{3, -4}})
	before := len(s.Graph().AllNodes())
	cost := s.Sum(s.Mul(x, s.unary(Sign, s.Exp(s.Exp(y)), 0)))
	built := len(s.Graph().AllNodes())
	g := s.Grad(cost, x)[0]
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	near(t, "gradient", evaluate(t, g)[0], []float64{1, 1}, 0)
	if added := len(s.Graph().AllNodes()) - built; added > built-before {
		t.Errorf("the gradient of %d nodes added %d", built-before, added)
	}
}

// Grad passes through Gorgonia's own operations.
func TestGradThroughForeignOperations(t *testing.T) {
	s := testScope(tensor.Float64)
	x := s.Input("x", 3)
	let(t, x, goldenArray{[]int{3}, []float64{0.5, -1, 2}})
	foreign, err := gorgonia.Tanh(s.Scale(x, 2))
	if err != nil {
		t.Fatal(err)
	}
	got := s.Grad(s.Sum(foreign), x)[0]
	want := s.Grad(s.Sum(s.Tanh(s.Scale(x, 2))), x)[0]
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	values := evaluate(t, got, want)
	near(t, "gradient", values[0], values[1], 1e-12)
}

// A foreign reduction gives a scalar; Reshape leads back to a vector of one.
func TestGradThroughAForeignScalar(t *testing.T) {
	s := testScope(tensor.Float64)
	x := s.Input("x", 2, 3)
	let(t, x, goldenArray{[]int{2, 3}, []float64{0.5, -1, 2, 3, -2, 1}})
	total, err := gorgonia.Sum(s.Square(x))
	if err != nil {
		t.Fatal(err)
	}
	cost := s.Square(s.Reshape(total, 1)) // (Σx²)², whose gradient is 4·Σx²·x
	grad := s.Grad(cost, x)[0]
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	got := evaluate(t, cost, grad)
	near(t, "cost", got[0], []float64{19.25 * 19.25}, 1e-12)
	near(t, "gradient", got[1], []float64{38.5, -77, 154, 231, -154, 77}, 1e-12)
}

func TestGradOfTwoGraphs(t *testing.T) {
	s, other := testScope(tensor.Float64), testScope(tensor.Float64)
	if _, err := Grad(s.Sum(s.Input("x", 2)), other.Input("x", 2)); err == nil || !strings.Contains(err.Error(), "different graphs") {
		t.Errorf("got %v", err)
	}
}
