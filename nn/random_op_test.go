package nn

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"
)

func randomScope(training bool, r *RandomState) *Scope {
	return NewScope(gorgonia.NewGraph(), nil, ScopeOptions{DType: tensor.Float64, Training: training, Random: r})
}

func ones(shape ...int) goldenArray {
	a := goldenArray{Shape: shape, Data: make([]float64, size(shape))}
	for i := range a.Data {
		a.Data[i] = 1
	}
	return a
}

// An element's number depends on its index alone: not on the array's size, and not on what was drawn before.
func TestRandomElementsAreIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		op := &RandomOp{
			Kind:  rapid.SampledFrom([]RandomKind{Gaussian, Bernoulli}).Draw(t, "kind"),
			P:     0.5,
			State: &RandomState{Seed: rapid.Uint64().Draw(t, "seed"), Counter: rapid.Uint64().Draw(t, "counter")},
			ID:    rapid.Uint64().Draw(t, "id"),
		}
		all := make([]float32, 41)
		op.Draw(all)
		n := rapid.IntRange(0, len(all)).Draw(t, "n")
		part := make([]float32, n)
		op.Draw(part)
		if diff := cmp.Diff(all[:n], part); diff != "" {
			t.Fatalf("the first %d of %d: %s", n, len(all), diff)
		}
		i := rapid.IntRange(0, len(all)-1).Draw(t, "i")
		words := op.State.block(op.State.Key(op.ID), uint64(i/4))
		alone := normals(words)[i%4]
		if op.Kind == Bernoulli {
			alone = bernoulli(words[i%4], op.P)
		}
		if all[i] != float32(alone) {
			t.Fatalf("element %d alone is %v, in the array %v", i, alone, all[i])
		}
	})
}

func TestDropoutValues(t *testing.T) {
	const p = 0.3
	s := randomScope(true, &RandomState{Seed: 1})
	x := s.Input("x", 100, 100)
	let(t, x, ones(100, 100))
	y := s.Dropout(x, p)
	grad := s.Grad(s.Sum(y), x)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	got := evaluate(t, y, grad[0])
	dropped := 0.0
	for _, v := range got[0] {
		switch {
		case v == 0:
			dropped++
		case math.Abs(v-1/(1-p)) > 1e-12:
			t.Fatalf("an element became %v, want 0 or %v", v, 1/(1-p))
		}
	}
	if d := math.Abs(dropped/1e4 - p); d > 5*math.Sqrt(p*(1-p)/1e4) {
		t.Errorf("the share of dropped elements is off by %v", d)
	}
	near(t, "gradient is the mask over 1-p", got[1], got[0], 1e-12)
}

func TestGaussianNoiseValues(t *testing.T) {
	const sigma = 0.2
	s := randomScope(true, &RandomState{Seed: 1})
	x := s.Input("x", 100, 100)
	let(t, x, ones(100, 100))
	y := s.GaussianNoise(x, sigma)
	grad := s.Grad(s.Sum(y), x)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	got := evaluate(t, y, grad[0])
	squares := 0.0
	for _, v := range got[0] {
		squares += (v - 1) * (v - 1) / 1e4
	}
	if d := math.Abs(squares/(sigma*sigma) - 1); d > 5*math.Sqrt(2/1e4) {
		t.Errorf("variance is off by the factor %v", d)
	}
	near(t, "gradient", got[1], ones(100, 100).Data, 0)
}

// Two layers, two uses of one layer, two steps and two seeds have noise of their own; the same graph built
// again has the same noise, whatever else is built.
func TestNoiseIdentity(t *testing.T) {
	build := func(r *RandomState, other bool) (*Scope, []*Node) {
		s := randomScope(true, r)
		x := s.Input("x", 4, 4)
		let(t, x, ones(4, 4))
		if other {
			s.In("dis/other").GaussianNoise(x, 1)
		}
		nodes := []*Node{s.In("dis/a").GaussianNoise(x, 1), s.In("dis/a").GaussianNoise(x, 1), s.In("dis/b").GaussianNoise(x, 1)}
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
		return s, nodes
	}
	r := &RandomState{Seed: 1, Counter: 7}
	_, nodes := build(r, false)
	values := evaluate(t, nodes...)
	if cmp.Equal(values[0], values[1]) || cmp.Equal(values[0], values[2]) {
		t.Error("two operations share their noise")
	}
	if diff := cmp.Diff(values, evaluate(t, nodes...)); diff != "" {
		t.Errorf("a second run of the same step differs: %s", diff)
	}
	_, again := build(&RandomState{Seed: 1, Counter: 7}, true)
	if diff := cmp.Diff(values, evaluate(t, again...)); diff != "" {
		t.Errorf("the graph built again beside another layer differs: %s", diff)
	}
	r.Counter++
	if cmp.Equal(values, evaluate(t, nodes...)) {
		t.Error("the next step has the same noise")
	}
	_, seeded := build(&RandomState{Seed: 2, Counter: 7}, false)
	if cmp.Equal(values, evaluate(t, seeded...)) {
		t.Error("another seed has the same noise")
	}
}

func TestNoiseOutsideTraining(t *testing.T) {
	s := randomScope(false, nil)
	x := s.Input("x", 2, 2)
	if s.Dropout(x, 0.5) != x || s.GaussianNoise(x, 1) != x || s.Err() != nil {
		t.Errorf("noise is not the identity outside of training; error %v", s.Err())
	}
}

func TestNoiseErrors(t *testing.T) {
	r := &RandomState{}
	for _, test := range []struct {
		reason string
		random *RandomState
		build  func(s *Scope, x *Node) *Node
		want   string
	}{
		{"nothing would remain", r, func(s *Scope, x *Node) *Node { return s.Dropout(x, 1) }, "want 0 ≤ p < 1"},
		{"not a probability", r, func(s *Scope, x *Node) *Node { return s.Dropout(x, -0.1) }, "want 0 ≤ p < 1"},
		{"not a number", r, func(s *Scope, x *Node) *Node { return s.Dropout(x, math.NaN()) }, "want 0 ≤ p < 1"},
		{"not a standard deviation", r, func(s *Scope, x *Node) *Node { return s.GaussianNoise(x, -1) }, "want 0 or more"},
		{"no source of numbers", nil, func(s *Scope, x *Node) *Node { return s.Dropout(x, 0.5) }, "set ScopeOptions.Random"},
	} {
		s := randomScope(true, test.random)
		y := test.build(s.In("dis/noise"), s.Input("x", 2, 2))
		if y != nil || s.Err() == nil || !strings.Contains(s.Err().Error(), test.want) || !strings.Contains(s.Err().Error(), "dis/noise") {
			t.Errorf("%s: node %v, error %v; want one that says %q and names the layer", test.reason, y, s.Err(), test.want)
		}
	}
}

// Noise has no derivative, and none is asked of it.
func TestNoiseHasNoDerivative(t *testing.T) {
	s := randomScope(true, &RandomState{})
	x := s.Input("x", 2, 2)
	n := s.random(x, Gaussian, 0)
	if _, err := Grad(s.Sum(n), x); err == nil {
		t.Error("a gradient went through the noise to the array that only gives it its shape")
	}
}
