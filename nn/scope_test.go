package nn

import (
	"errors"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// smallNet has a parameter of every layer twice over: the second use of a path
// shares it.
func smallNet(s *Scope, x *Node) *Node {
	h := s.In("conv").Conv(x, 4, Cube(3, 3, 2, 1), LayerOptions{})
	h = s.In("conv/bn").BatchNorm(h, BatchNormOptions{NoBeta: true})
	h = s.In("up").ConvTranspose(s.LeakyReLU(h, 0.2), 2, Cube(3, 4, 2, 1), LayerOptions{NoBias: true})
	h = s.In("up/bn").BatchNorm(h, BatchNormOptions{})
	return s.In("head").Linear(s.Reshape(s.Tanh(h), x.Shape()[0], -1), 1, LayerOptions{})
}

func TestParametersAreSharedByPath(t *testing.T) {
	s := testScope(tensor.Float32)
	shape := []int{2, 3, 4, 4, 4}
	smallNet(s.In("dis"), s.Input("real", shape...))
	smallNet(s.In("dis"), s.Input("fake", shape...))
	first := s.In("dis/head").Param("weight", Zeros(), 1, 2*4*4*4)
	if again := s.In("dis").In("head").Param("weight", Zeros(), 1, 2*4*4*4); again != first {
		t.Errorf("the same path gave %v and %v", first, again)
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	const want = (4*3*27 + 4) + 4 + 4*2*64 + (2 + 2) + (128 + 1)
	if got := s.Params().Count("dis"); got != want {
		t.Errorf("Count(dis) = %d, want %d", got, want)
	}
	sum, names := 0, map[string]int{}
	for _, n := range s.Graph().AllNodes() {
		if p, ok := s.Params().Get(n.Name()); ok && n.Op() == nil {
			names[p.Name]++
			if p.Trainable {
				sum += n.Shape().TotalSize()
			}
			if n.Value() != gorgonia.Value(p.Value) {
				t.Errorf("%s is not bound to the parameter's memory", p.Name)
			}
		}
	}
	if sum != want {
		t.Errorf("the graph's parameters have %d numbers, want %d", sum, want)
	}
	if len(names) != len(s.Params().All()) {
		t.Errorf("%d parameters in the graph, want %d", len(names), len(s.Params().All()))
	}
	for name, n := range names {
		if n != 1 {
			t.Errorf("%s is %d nodes", name, n)
		}
	}
}

func TestScopeKeepsTheFirstError(t *testing.T) {
	s := testScope(tensor.Float32)
	x := s.Input("x", 2, 3)
	bad := s.In("a").MatMul(x, x, false, false)
	if bad != nil {
		t.Fatalf("a failed operation gave %v", bad)
	}
	first := s.Err()
	for _, n := range []*Node{
		s.In("b").Tanh(bad), s.Add(x, bad), s.Concat(0, x, bad), s.Sum(nil), s.Conv(bad, 1, Cube(1, 1, 1, 0), LayerOptions{}),
		s.Linear(bad, 3, LayerOptions{}), s.BatchNorm(bad, BatchNormOptions{}), s.StopGradient(bad), s.Reshape(bad, -1), s.Mean(bad),
	} {
		if n != nil {
			t.Errorf("an operation on nil gave %v", n)
		}
	}
	for _, g := range s.Grad(bad, x, x) {
		if g != nil {
			t.Errorf("the gradient of nil is %v", g)
		}
	}
	s.Update(bad, x)
	s.Fail(errors.New("later"))
	if s.In("c").Err() != first || !strings.HasPrefix(first.Error(), "nn: a: matmul of 2×3 and 2×3") {
		t.Errorf("error %v, then %v", first, s.Err())
	}
}

func TestScopeErrors(t *testing.T) {
	for _, c := range []struct {
		reason string
		build  func(s *Scope)
		want   string
	}{
		{"a nil operand that no error explains", func(s *Scope) { s.Tanh(nil) }, "nn: gen: tanh: an operand is nil"},
		{"two graphs", func(s *Scope) {
			s.Add(s.Input("x", 2), testScope(tensor.Float32).Input("y", 2))
		}, "nn: gen: add 2,2→2: Not all children have the same graph"},
		{"operands of two types", func(s *Scope) {
			y := gorgonia.NewTensor(s.Graph(), tensor.Float64, 1, gorgonia.WithName("y"), gorgonia.WithShape(2))
			s.Add(s.Input("x", 2), y)
		}, "nn: gen: add 2,2→2: operands of types float32 and float64: convert one of them"},
		{"a negative slope", func(s *Scope) { s.LeakyReLU(s.Input("x", 2), -0.1) },
			"nn: gen: leaky-relu with slope -0.1: want at least 0"},
		{"no parameters", func(s *Scope) {
			s.shared.params = nil
			s.Param("w", Zeros(), 2)
		}, `nn: gen: parameter "w": the scope has no parameters: give NewScope some`},
		{"a state as a parameter", func(s *Scope) { s.Param("w", Zeros(), 2); s.State("w", Zeros(), 2) },
			`nn: gen: parameter "gen/w": it exists as a trainable parameter and is asked for as a state; give the second another name`},
		{"an input as a parameter", func(s *Scope) { s.Input("w", 2); s.Param("w", Zeros(), 2) },
			`nn: gen: parameter "gen/w": an input has this name: choose another`},
		{"a parameter as an input", func(s *Scope) { s.Param("w", Zeros(), 2); s.Input("w", 2) },
			`nn: gen: input "gen/w": a parameter has this name: choose another`},
		{"a negative variance", func(s *Scope) { s.BatchNorm(s.Input("x", 2, 3), BatchNormOptions{Eps: -1}) },
			"nn: gen: batch normalization with eps -1 and momentum 0.1: want eps > 0 and 0 < momentum ≤ 1"},
		{"an update of a parameter", func(s *Scope) { w := s.Param("w", Zeros(), 2); s.Update(w, w) },
			"nn: gen: updating gen/w :: Vector float32: it is not a state"},
		{"two states with one value", func(s *Scope) {
			v := s.Input("v", 2)
			s.Update(s.State("a", Zeros(), 2), v)
			s.Update(s.State("b", Zeros(), 2), v)
		}, "nn: gen: updating gen/b: its new value is that of gen/a"},
		{"a batch without variance", func(s *Scope) { s.BatchNorm(s.Input("x", 1, 3), BatchNormOptions{}) },
			"nn: gen: batch normalization of 1×3 in training: one value a channel has no variance: use a larger batch"},
		{"a gradient by what the cost does not depend on", func(s *Scope) {
			s.Grad(s.Sum(s.Input("x", 2)), s.Input("y", 2))
		}, "nn: gen: gradient of sum[0] 2→1(%0) by gen/y: the cost does not depend on it"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			s := testScope(tensor.Float32).In("gen")
			c.build(s)
			if err := s.Err(); err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestScopeTypeMustBeThatOfTheParameters(t *testing.T) {
	s := NewScope(gorgonia.NewGraph(), NewParams(1), ScopeOptions{DType: tensor.Float64})
	if want := "nn: graph of type float64 over parameters of type float32: make both the same"; s.Err() == nil || s.Err().Error() != want {
		t.Errorf("got %v, want %s", s.Err(), want)
	}
	if s := NewScope(gorgonia.NewGraph(), nil, ScopeOptions{DType: tensor.Int}); s.Err() == nil {
		t.Error("a graph of integers is no error")
	}
}

// Gorgonia takes nodes with operands of equal hash for one.
func TestNodesOfEqualHashStayApart(t *testing.T) {
	s := testScope(tensor.Float64)
	x, y := s.Input("x1232789", 2), s.Input("x1429192", 2)
	if x.Hashcode() != y.Hashcode() {
		t.Fatal("these names no longer collide: find two others of equal FNV-1a hash")
	}
	let(t, x, goldenArray{[]int{2}, []float64{1, 2}})
	let(t, y, goldenArray{[]int{2}, []float64{3, 4}})
	a, b, again := s.Scale(x, 2), s.Scale(y, 2), s.Scale(y, 2)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	if a == b || b != again {
		t.Fatalf("2x, 2y, 2y are nodes %d, %d, %d", a.ID(), b.ID(), again.ID())
	}
	got := evaluate(t, a, b)
	near(t, "2x", got[0], []float64{2, 4}, 0)
	near(t, "2y", got[1], []float64{6, 8}, 0)
}

func TestConstants(t *testing.T) {
	s := testScope(tensor.Float32)
	a, b, c := s.Constant(0.25, 2, 3), s.Constant(0.25, 2, 3), s.Constant(0.5, 2, 3)
	if a != b || a == c {
		t.Errorf("constants 0.25, 0.25, 0.5 are nodes %d, %d, %d", a.ID(), b.ID(), c.ID())
	}
	got := evaluate(t, a, c)
	near(t, "0.25", got[0], []float64{0.25, 0.25, 0.25, 0.25, 0.25, 0.25}, 0)
	near(t, "0.5", got[1], []float64{0.5, 0.5, 0.5, 0.5, 0.5, 0.5}, 0)
}
