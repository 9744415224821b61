package nn

import (
	"fmt"
	"testing"

	"gorgonia.org/gorgonia"
)

func TestBatchNormAgainstPyTorch(t *testing.T) {
	g := readGolden(t, "batchnorm")
	cases := g.cases()
	if len(cases) < 4 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		for _, d := range dtypes {
			t.Run(c+"/"+d.dt.String(), func(t *testing.T) {
				train, eval := testScope(d.dt), (*Scope)(nil)
				eval = NewScope(gorgonia.NewGraph(), train.Params(), ScopeOptions{DType: d.dt})
				x := g.get(t, c+".x1").Shape
				training := newBatchNormNet(t, train, x)
				for _, p := range []string{"gamma", "beta"} {
					param, _ := train.Params().Get("bn/" + p)
					if err := copyDense(param, g.get(t, c+"."+p).dense(t, d.dt)); err != nil {
						t.Fatal(err)
					}
				}
				for step := 1; step <= 3; step++ {
					at := func(name string) goldenArray { return g.get(t, fmt.Sprintf("%s.%s%d", c, name, step)) }
					let(t, training.x, at("x"))
					let(t, training.gy, at("gy"))
					training.compare(t, at("y"), at("gx"), at("ggamma"), at("gbeta"), d.forward, d.gradients)
					moments := evaluate(t, train.Moments(training.x))[0]
					near(t, "moments", moments, append(append([]float64(nil), at("mean").Data...), at("var").Data...), d.forward)
					applyUpdates(t, train)
					for name, want := range map[string]goldenArray{"mean": at("rm"), "variance": at("rv")} {
						near(t, fmt.Sprintf("running %s after step %d", name, step), evaluate(t, evalState(t, eval, name, want.Shape))[0], want.Data, d.forward)
					}
				}
				fixed := newBatchNormNet(t, eval, x)
				let(t, fixed.x, g.get(t, c+".x1"))
				let(t, fixed.gy, g.get(t, c+".gy1"))
				get := func(name string) goldenArray { return g.get(t, c+"."+name) }
				fixed.compare(t, get("eval_y"), get("eval_gx"), get("eval_ggamma"), get("eval_gbeta"), d.forward, d.gradients)
				if n := len(eval.Updates()); n != 0 {
					t.Errorf("evaluation updates %d states", n)
				}
			})
		}
	}
}

type batchNormNet struct {
	x, gy, y *Node
	grads    []*Node
}

func newBatchNormNet(t *testing.T, s *Scope, shape []int) batchNormNet {
	t.Helper()
	n := batchNormNet{x: s.Input("x", shape...), gy: s.Input("gy", shape...)}
	bn := s.In("bn")
	n.y = bn.BatchNorm(n.x, BatchNormOptions{})
	n.grads = s.Grad(s.Sum(s.Mul(n.y, n.gy)), n.x, bn.Param("gamma", Zeros(), shape[1]), bn.Param("beta", Zeros(), shape[1]))
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return n
}

func (n batchNormNet) compare(t *testing.T, y, gx, gGamma, gBeta goldenArray, forward, gradients float64) {
	t.Helper()
	near(t, "y", evaluate(t, n.y)[0], y.Data, forward)
	got := evaluate(t, n.grads...)
	near(t, "gx", got[0], gx.Data, gradients)
	near(t, "gγ", got[1], gGamma.Data, gradients)
	near(t, "gβ", got[2], gBeta.Data, gradients)
}

func evalState(t *testing.T, s *Scope, name string, shape []int) *Node {
	t.Helper()
	n := s.In("bn").State(name, Zeros(), shape...)
	if n == nil {
		t.Fatal(s.Err())
	}
	return n
}

// applyUpdates does what an executor does after a run.
func applyUpdates(t *testing.T, s *Scope) {
	t.Helper()
	var nodes []*Node
	for _, u := range s.Updates() {
		nodes = append(nodes, u.Value)
	}
	values, err := Evaluate(nodes...)
	if err != nil {
		t.Fatal(err)
	}
	for i, u := range s.Updates() {
		if err := copyDense(u.Param, values[i]); err != nil {
			t.Fatal(err)
		}
	}
}

// Two uses of a layer in one graph move the running statistics twice; a frozen
// use does not.
func TestBatchNormUpdatesChain(t *testing.T) {
	s := testScope(dtypes[0].dt)
	real, fake := s.Input("real", 4, 1), s.Input("fake", 4, 1)
	let(t, real, goldenArray{[]int{4, 1}, []float64{1, 1, 3, 3}})   // mean 2, unbiased variance 4/3
	let(t, fake, goldenArray{[]int{4, 1}, []float64{6, 6, 10, 10}}) // mean 8, unbiased variance 16/3
	bn := s.In("bn")
	bn.BatchNorm(real, BatchNormOptions{Momentum: 0.5})
	bn.BatchNorm(fake, BatchNormOptions{Momentum: 0.5})
	bn.Frozen().BatchNorm(fake, BatchNormOptions{Momentum: 0.5})
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	updates := s.Updates()
	if len(updates) != 2 || updates[0].Param.Name != "bn/mean" || updates[1].Param.Name != "bn/variance" {
		t.Fatalf("updates %v", updates)
	}
	got := evaluate(t, updates[0].Value, updates[1].Value)
	near(t, "mean", got[0], []float64{(0+2)*0.25 + 8*0.5}, 1e-12)
	near(t, "variance", got[1], []float64{1*0.25 + 4.0/3*0.25 + 16.0/3*0.5}, 1e-12)
}
