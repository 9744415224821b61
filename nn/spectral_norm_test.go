package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// spectralCases are the layers of the golden file; each builds itself in a scope.
var spectralCases = []struct {
	name    string
	outAxis int
	build   func(s *Scope, x *Node, o LayerOptions) *Node
}{
	{"conv3d", 0, func(s *Scope, x *Node, o LayerOptions) *Node {
		return s.Conv(x, 4, Geometry{Kernel: []int{2, 3, 3}, Pad: []int{1, 1, 1}}, o)
	}},
	{"conv2d", 0, func(s *Scope, x *Node, o LayerOptions) *Node { return s.Conv(x, 5, Cube(2, 3, 1, 1), o) }},
	{"linear", 0, func(s *Scope, x *Node, o LayerOptions) *Node { return s.Linear(x, 3, o) }},
	{"convtranspose2d", 1, func(s *Scope, x *Node, o LayerOptions) *Node { return s.ConvTranspose(x, 3, Cube(2, 4, 2, 1), o) }},
}

// setParam gives a parameter the values of an array.
func setParam(t *testing.T, p *Params, name string, a goldenArray) {
	t.Helper()
	param, ok := p.Get(name)
	if !ok || size(a.Shape) != param.Value.Shape().TotalSize() {
		t.Fatalf("no parameter %q of %d numbers", name, size(a.Shape))
	}
	if err := tensor.Copy(param.Value, a.dense(t, p.DType())); err != nil {
		t.Fatal(err)
	}
}

// runWithUpdates evaluates nodes and then gives the states their new values, as a program does.
func runWithUpdates(t *testing.T, s *Scope, nodes ...*Node) [][]float64 {
	t.Helper()
	all := nodes
	for _, u := range s.Updates() {
		all = append(all, u.Value)
	}
	values := evaluate(t, all...)
	for i, u := range s.Updates() {
		setParam(t, s.Params(), u.Param.Name, goldenArray{u.Param.Value.Shape(), values[len(nodes)+i]})
	}
	return values[:len(nodes)]
}

func TestSpectralNormAgainstGolden(t *testing.T) {
	g := readGolden(t, "spectral_norm")
	o := LayerOptions{SpectralNorm: true}
	for _, c := range spectralCases {
		for _, d := range dtypes {
			t.Run(fmt.Sprintf("%s %v", c.name, d.dt), func(t *testing.T) {
				want := func(name string) goldenArray { return g.get(t, c.name+"."+name) }
				params := NewParamsOf(d.dt, 1)
				build := func(training bool) (s *Scope, x, y *Node) {
					s = NewScope(gorgonia.NewGraph(), params, ScopeOptions{DType: d.dt, Training: training}).In("dis/layer")
					x = s.Input("x", want("x").Shape...)
					let(t, x, want("x"))
					y = c.build(s, x, o)
					if err := s.Err(); err != nil {
						t.Fatal(err)
					}
					return s, x, y
				}
				s, x, y := build(true)
				setParam(t, params, "dis/layer/weight", want("w_orig"))
				setParam(t, params, "dis/layer/bias", want("bias"))
				setParam(t, params, "dis/layer/weight_u", want("u0"))
				gy := s.Input("gy", want("gy").Shape...)
				let(t, gy, want("gy"))
				// A second use of the layer in the graph shares the power iteration.
				again := s.weight(o, want("w_orig").Shape, c.outAxis)
				grads := s.Grad(s.Sum(s.Mul(y, gy)), s.Param("weight", Zeros(), want("w_orig").Shape...), x)
				if err := s.Err(); err != nil {
					t.Fatal(err)
				}
				for step := 1; step <= 3; step++ {
					got := runWithUpdates(t, s, again, y, grads[0], grads[1])
					near(t, fmt.Sprintf("weight at step %d", step), got[0], want(fmt.Sprintf("w%d", step)).Data, d.forward)
					for _, vector := range []string{"u", "v"} {
						p, _ := params.Get("dis/layer/weight_" + vector)
						near(t, fmt.Sprintf("%s after step %d", vector, step), numbers(p.Value), want(fmt.Sprintf("%s%d", vector, step)).Data, d.forward)
					}
					if step == 3 {
						near(t, "y", got[1], want("y3").Data, d.forward)
						near(t, "gradient by the weight", got[2], want("gw_orig3").Data, d.gradients)
						near(t, "gradient by x", got[3], want("gx3").Data, d.gradients)
					}
				}
				s, _, y = build(false)
				near(t, "evaluation", runWithUpdates(t, s, y)[0], want("eval_y").Data, d.forward)
				if len(s.Updates()) != 0 {
					t.Errorf("an evaluation graph updates %v", s.Updates())
				}
			})
		}
	}
}

// A frozen use takes u and v as they are and keeps them; it equals the evaluation graph.
func TestSpectralNormFrozen(t *testing.T) {
	params := NewParamsOf(tensor.Float64, 5)
	build := func(training, frozen bool) (*Scope, []float64) {
		s := NewScope(gorgonia.NewGraph(), params, ScopeOptions{DType: tensor.Float64, Training: training})
		if frozen {
			s = s.Frozen()
		}
		x := s.Input("x", 2, 3)
		let(t, x, ones(2, 3))
		y := s.Linear(x, 4, LayerOptions{SpectralNorm: true})
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
		return s, evaluate(t, y)[0]
	}
	frozen, got := build(true, true)
	_, want := build(false, false)
	training, iterated := build(true, false)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("frozen and evaluation differ: %s", diff)
	}
	if cmp.Equal(iterated, got) {
		t.Error("training made no power iteration")
	}
	if len(frozen.Updates()) != 0 || len(training.Updates()) != 2 {
		t.Errorf("%d updates frozen and %d in training, want 0 and 2", len(frozen.Updates()), len(training.Updates()))
	}
}

// Many iterations divide by the true largest singular value: the normalized weight's is 1.
func TestSpectralNormConverges(t *testing.T) {
	s := testScope(tensor.Float64)
	w := evaluate(t, s.weight(LayerOptions{SpectralNorm: true, PowerIterations: 200, Weight: Normal(3)}, []int{2, 3}, 0))[0]
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	// The eigenvalues of the 2×2 matrix WWᵀ are the squared singular values.
	a, b, c := 0.0, 0.0, 0.0
	for k := range 3 {
		a, b, c = a+w[k]*w[k], b+w[k]*w[3+k], c+w[3+k]*w[3+k]
	}
	if largest := (a+c)/2 + math.Hypot((a-c)/2, b); math.Abs(largest-1) > 1e-9 {
		t.Errorf("largest singular value %v after normalization, want 1", math.Sqrt(largest))
	}
}

// With u and v given, the normalized weight is a formula like any other, differentiable twice.
func TestSpectralNormAgainstDifferences(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 9))
	for outAxis := range 2 {
		checkGradients(t, rng, formula{shapes: [][]int{{2, 3, 2}}, build: func(s *Scope, in []*Node) *Node {
			return s.Frozen().spectralNorm(in[0], outAxis, 1)
		}})
	}
}
