package exec_test

import (
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"videogan/nn"
)

// A fused step is the reference's step, and shares its state.
func TestFusedOptimizersEqualReference(t *testing.T) {
	d := device(t)
	for _, row := range []struct {
		name string
		make func() nn.Optimizer
	}{
		{"adam", func() nn.Optimizer { return nn.NewAdam(1e-2, 0.5, 0.99) }},
		{"adam without momentum", func() nn.Optimizer { return nn.NewAdam(1e-2, 0, 0.9) }},
		{"rmsprop", func() nn.Optimizer { return nn.NewRMSprop(1e-2) }},
		{"rmsprop, eps inside", func() nn.Optimizer { o := nn.NewRMSprop(1e-2); o.EpsInsideSqrt = true; return o }},
		{"sgd", func() nn.Optimizer { return nn.NewSGD(1e-2, 0) }},
		{"sgd with momentum", func() nn.Optimizer { return nn.NewSGD(1e-2, 0.9) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			const n = 20011 // crosses threads and vectors
			run := func(fused bool) (*nn.Param, nn.Optimizer) {
				p, err := nn.NewParams(3).New("w", true, nn.Normal(1), n)
				if err != nil {
					t.Fatal(err)
				}
				g := tensor.New(tensor.WithShape(n), tensor.WithBacking(make([]float32, n)))
				opt := row.make()
				step := opt
				if fused {
					step = d.Fused(opt)
				}
				for i := range uint64(5) {
					fill(g.Float32s(), i)
					if err := step.Step([]gorgonia.ValueGrad{&nn.Gradient{Param: p, Tensor: g}}); err != nil {
						t.Fatal(err)
					}
				}
				return p, opt
			}
			want, reference := run(false)
			got, opt := run(true)
			if diff := relative(got.Value.Float32s(), want.Value.Float32s()); !(diff < 2e-6) {
				t.Errorf("parameters differ by %.2g", diff)
			}
			if opt.Steps() != 5 {
				t.Errorf("%d steps, want 5", opt.Steps())
			}
			for i, slot := range reference.Slots(want) {
				if diff := relative(opt.Slots(got)[i].Value.Float32s(), slot.Value.Float32s()); !(diff < 2e-6) {
					t.Errorf("%s differs by %.2g", slot.Name, diff)
				}
			}
			if slices.Equal(got.Value.Float32s()[:8], make([]float32, 8)) {
				t.Error("nothing was updated")
			}
		})
	}
}
