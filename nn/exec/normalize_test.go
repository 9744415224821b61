package exec_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"

	"videogan/nn"
	"videogan/nn/exec"
)

// Outside training a batch normalization is one kernel with the activation behind it, and has gradients.
func TestNormalizeByRunningStatistics(t *testing.T) {
	s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{})
	rng := rand.New(rand.NewPCG(1, 2))
	x := randomInput(s, rng, "x", 3, 10, 4, 5)
	l := s.In("bn")
	y := s.ReLU(l.BatchNorm(x, nn.BatchNormOptions{Gamma: nn.NormalAround(1, 0.2)}))
	z := s.In("plain").BatchNorm(y, nn.BatchNormOptions{NoBeta: true})
	states := []*nn.Node{l.State("mean", nil, 10), l.State("variance", nil, 10)}
	for i := range 10 {
		states[0].Value().Data().([]float32)[i], states[1].Value().Data().([]float32)[i] = rng.Float32(), 0.5+rng.Float32()
	}
	loss := s.Sum(s.Mul(z, randomInput(s, rng, "u", 3, 10, 4, 5)))
	outputs := append(s.Grad(loss, x, l.Param("gamma", nil, 10), l.Param("beta", nil, 10)), z)
	if plan := matchesReference(t, s, outputs); !strings.Contains(plan, "batch norm+relu") {
		t.Errorf("the normalization and its activation are not one kernel:\n%s", plan)
	}
}

// A narrow convolution and its weight gradient normalize what they alone read; for other readers it is computed.
func TestNormalizeInNarrowConvolution(t *testing.T) {
	const forward, weight = "narrow convolution behind batch norm+relu", "narrow weight gradient behind batch norm+relu"
	for _, test := range []struct{ training, shared, gradient bool }{
		{training: true}, {}, {training: true, shared: true}, {shared: true},
		{training: true, gradient: true}, {training: true, gradient: true, shared: true},
	} {
		s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{Training: test.training})
		rng := rand.New(rand.NewPCG(1, 2))
		same := nn.Cube(2, 3, 1, 1)
		image := randomInput(s, rng, "x", 3, 16, 6, 7)
		x := s.In("conv").Conv(image, 32, same, nn.LayerOptions{})
		h := s.ReLU(s.In("bn").BatchNorm(x, nn.BatchNormOptions{Gamma: nn.NormalAround(1, 0.2)}))
		y := s.In("head").Conv(h, 3, same, nn.LayerOptions{Weight: nn.Normal(0.3)})
		outputs := []*nn.Node{y}
		if test.shared {
			outputs = append(outputs, s.Sum(h))
		}
		if test.gradient {
			loss := s.Sum(s.Mul(y, randomInput(s, rng, "u", y.Shape()...)))
			outputs = append(outputs, s.Grad(loss, image, s.In("head").Param("weight", nil, 3, 32, 3, 3),
				s.In("bn").Param("gamma", nil, 32), s.In("bn").Param("beta", nil, 32))...)
		}
		plan := matchesReference(t, s, outputs)
		if strings.Contains(plan, forward) == test.shared || strings.Contains(plan, weight) != (test.gradient && !test.shared) {
			t.Errorf("%+v: the plan has, or lacks, a %s or a %s:\n%s", test, forward, weight, plan)
		}
	}
}

// matchesReference compares outputs of a compiled program with those of the reference operations, and gives its plan.
func matchesReference(t *testing.T, s *nn.Scope, outputs []*nn.Node) (plan string) {
	t.Helper()
	want, err := nn.Evaluate(outputs...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := exec.Compile(device(t), s, outputs...)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.RunAll(); err != nil {
		t.Fatal(err)
	}
	for i, n := range outputs {
		if diff := relative(p.Data(n), want[i].Float32s()); !(diff < 2e-5) {
			t.Errorf("output %d, %s: differs by %.2g relative to the largest value", i, n.Name(), diff)
		}
	}
	return p.String()
}
