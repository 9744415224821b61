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
	if plan := p.String(); !strings.Contains(plan, "batch norm+relu") {
		t.Errorf("the normalization and its activation are not one kernel:\n%s", plan)
	}
}
