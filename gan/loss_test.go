package gan

import (
	"encoding/json"
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"videogan/nn"
)

// precision is a type of numbers and how far its results may be off.
type precision struct {
	name            string
	dtype           tensor.Dtype
	value, gradient float64
}

var precisions = []precision{
	{"float64", tensor.Float64, 1e-9, 1e-9},
	{"float32", tensor.Float32, 2e-5, 2e-4},
}

// bound is an input node with its values.
func bound(t *testing.T, s *nn.Scope, name string, shape []int, values []float64) *nn.Node {
	t.Helper()
	n := s.Input(name, shape...)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	var backing any = values
	if s.DType() == tensor.Float32 {
		backing = narrow(values)
	}
	if err := gorgonia.Let(n, tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing))); err != nil {
		t.Fatal(err)
	}
	return n
}

// evaluate computes nodes by their reference implementations.
func evaluate(t *testing.T, s *nn.Scope, nodes ...*nn.Node) [][]float64 {
	t.Helper()
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	values, err := nn.Evaluate(nodes...)
	if err != nil {
		t.Fatal(err)
	}
	out := make([][]float64, len(values))
	for i, v := range values {
		if s.DType() == tensor.Float32 {
			out[i] = widen(v.Float32s())
		} else {
			out[i] = v.Float64s()
		}
	}
	return out
}

// compare holds values to expected ones, relative to the largest of these or 1.
func compare(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	scale := 1.0
	for _, v := range want {
		scale = max(scale, math.Abs(v))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tolerance*scale) {
			t.Errorf("%s[%d] = %v, want %v", what, i, got[i], want[i])
		}
	}
}

// Losses and their gradients are PyTorch's, also on logits of ±60.
func TestLossesAreGolden(t *testing.T) {
	g := readGolden(t, "losses")
	names := map[Loss]string{
		NonSaturating: "nonsaturating", Minimax: "minimax", Wasserstein: "wgan", Hinge: "hinge", LeastSquares: "lsgan",
	}
	for _, p := range precisions {
		for _, c := range []string{"mild", "extreme"} {
			for loss, name := range names {
				t.Run(p.name+"/"+c+"/"+loss.String(), func(t *testing.T) {
					s := nn.NewScope(gorgonia.NewGraph(), nil, nn.ScopeOptions{DType: p.dtype})
					r, f := g.get(t, c+".r").data, g.get(t, c+".f").data
					real, fake := bound(t, s, "r", []int{len(r), 1}, r), bound(t, s, "f", []int{len(f), 1}, f)
					d, l := loss.Discriminator(s, real, fake), loss.Generator(s, fake)
					byD, byG := s.Grad(d, real, fake), s.Grad(l, fake)
					got := evaluate(t, s, d, byD[0], byD[1], l, byG[0])
					for i, key := range []string{"d", "d_gr", "d_gf", "g", "g_gf"} {
						tolerance := p.gradient
						if len(key) == 1 {
							tolerance = p.value
						}
						compare(t, key, got[i], g.get(t, c+"."+name+"."+key).data, tolerance)
					}
				})
			}
		}
	}
}

// A choice in a config file is a name; the error for a wrong one lists them all.
func TestChoicesHaveNames(t *testing.T) {
	var c struct {
		Loss       Loss
		Order      Order
		Constraint ConstraintKind
		Gamma      GammaClamp
		Optimizer  OptimizerKind
	}
	text := `{"Loss":"hinge","Order":"release","Constraint":"spectral_norm","Gamma":"paper","Optimizer":"sgd"}`
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	if c.Loss != Hinge || c.Order != Release || c.Constraint != SpectralNorm || c.Gamma != PaperGamma || c.Optimizer != SGD {
		t.Errorf("decoded %+v", c)
	}
	again, err := json.Marshal(c)
	if err != nil || string(again) != text {
		t.Errorf("encoded %s, %v; want %s", again, err, text)
	}
	err = new(Loss).UnmarshalText([]byte("hing"))
	want := `gan: "hing" is no loss: want non_saturating, minimax, wasserstein, hinge, least_squares`
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// The non-saturating loss on scores of two logits is the cross entropy of their
// softmax, real being the first class. Expected values are those of PyTorch 1.13's
// cross_entropy in float64.
func TestTwoLogitsAreASoftmax(t *testing.T) {
	for _, p := range precisions {
		t.Run(p.name, func(t *testing.T) {
			s := nn.NewScope(gorgonia.NewGraph(), nil, nn.ScopeOptions{DType: p.dtype})
			real := bound(t, s, "r", []int{3, 2}, []float64{0.5, -1.25, 2, 2, -30, 30})
			fake := bound(t, s, "f", []int{3, 2}, []float64{1.5, -0.25, 0, 3.5, -4, -4.5})
			d := NonSaturating.Discriminator(s, Score(s, real), Score(s, fake))
			g := NonSaturating.Generator(s, Score(s, fake))
			byD, byG := s.Grad(d, real, fake), s.Grad(g, fake)
			got := evaluate(t, s, d, byD[0], byD[1], g, byG[0])
			for i, want := range [][]float64{
				{21.255807627962948},
				{-0.04934906601056314, 0.04934906601056316, -0.16666666666666666, 0.16666666666666666, -0.3333333333333333, 0.3333333333333333},
				{0.28398426732277016, -0.28398426732277016, 0.00977074358378544, -0.009770743583785452, 0.20748644373395153, -0.20748644373395153},
				{1.3880171842969382},
				{-0.04934906601056314, 0.04934906601056316, -0.3235625897495479, 0.3235625897495479, -0.12584688959938178, 0.12584688959938178},
			} {
				compare(t, []string{"d", "d by real", "d by fake", "g", "g by fake"}[i], got[i], want, p.gradient)
			}
		})
	}
	s := nn.NewScope(gorgonia.NewGraph(), nil, nn.ScopeOptions{})
	one := s.Input("one", 3, 1)
	if Score(s, one) != one {
		t.Error("a single score is not taken as it is")
	}
}
