package nn

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"
)

var optimizerCases = []struct {
	name string
	make func() Optimizer
}{
	{"adam_gan", func() Optimizer { return NewAdam(2e-4, 0.5, 0.999) }},
	{"adam_default", func() Optimizer { return NewAdam(1e-3, 0.9, 0.999) }},
	{"adam_b0", func() Optimizer { return NewAdam(1e-2, 0, 0.9) }},
	{"rmsprop_099", func() Optimizer { return NewRMSprop(5e-5) }},
	{"rmsprop_090", func() Optimizer { return &RMSprop{LR: 5e-5, Alpha: 0.9, Eps: 1e-8} }},
	{"sgd_mom", func() Optimizer { return NewSGD(1e-2, 0.9) }},
}

// gradientOf makes a parameter called w and its gradient.
func gradientOf(t testing.TB, dt tensor.Dtype, value, grad []float64) *Gradient {
	t.Helper()
	shape := []int{len(value)}
	return &Gradient{
		Param:  &Param{Name: "w", Value: goldenArray{shape, value}.dense(t, dt), Trainable: true},
		Tensor: goldenArray{shape, grad}.dense(t, dt),
	}
}

func numbers(d *tensor.Dense) []float64 {
	if d.Dtype() == tensor.Float64 {
		return d.Float64s()
	}
	var out []float64
	for _, v := range d.Float32s() {
		out = append(out, float64(v))
	}
	return out
}

func TestOptimizersAgainstGolden(t *testing.T) {
	g := readGolden(t, "optimizers")
	n := g.get(t, "p0").Shape[0]
	row := func(name string, i int) []float64 { return g.get(t, name).Data[i*n : (i+1)*n] }
	for _, test := range optimizerCases {
		for _, d := range dtypes {
			t.Run(test.name+" "+d.dt.String(), func(t *testing.T) {
				tolerance := d.forward
				if d.dt == tensor.Float32 {
					tolerance = 1e-6 // the usual 2e-5 is more than a step at these learning rates
				}
				opt := test.make()
				vg := gradientOf(t, d.dt, g.get(t, "p0").Data, row("g", 0))
				for step := range g.get(t, "g").Shape[0] {
					vg.Tensor = goldenArray{[]int{n}, row("g", step)}.dense(t, d.dt)
					if err := opt.Step([]gorgonia.ValueGrad{vg}); err != nil {
						t.Fatal(err)
					}
					near(t, "parameters", numbers(vg.Param.Value), row(test.name+".p", step+1), tolerance)
					for _, slot := range opt.Slots(vg.Param) {
						near(t, slot.Name, numbers(slot.Value), row(test.name+"."+slot.Name, step), tolerance)
					}
				}
				if opt.Steps() != 5 {
					t.Errorf("%d steps counted, want 5", opt.Steps())
				}
			})
		}
	}
}

// The golden states are all found, under PyTorch's names.
func TestOptimizerSlots(t *testing.T) {
	for _, test := range []struct {
		opt  Optimizer
		want []string
	}{
		{NewAdam(1, 0, 0), []string{"exp_avg", "exp_avg_sq"}},
		{NewRMSprop(1), []string{"square_avg"}},
		{NewSGD(1, 0.9), []string{"momentum_buffer"}},
		{NewSGD(1, 0), nil},
	} {
		p := gradientOf(t, tensor.Float32, []float64{1, 2}, []float64{0, 0}).Param
		var names []string
		for _, slot := range test.opt.Slots(p) {
			names = append(names, slot.Name)
			if diff := cmp.Diff([]float32{0, 0}, slot.Value.Float32s()); diff != "" {
				t.Errorf("%T: %s before the first step: %s", test.opt, slot.Name, diff)
			}
		}
		if diff := cmp.Diff(test.want, names); diff != "" {
			t.Errorf("%T: -want +got\n%s", test.opt, diff)
		}
	}
}

// The formulas that golden values do not cover, for one step from zero state.
func TestOptimizerVariants(t *testing.T) {
	for _, test := range []struct {
		reason string
		opt    Optimizer
		want   float64
	}{
		{"Chainer's eps_inside_sqrt", &RMSprop{LR: 0.1, Alpha: 0.75, Eps: 0.07, EpsInsideSqrt: true}, 2 - 0.1*0.6/math.Sqrt(0.25*0.36+0.07)},
		{"eps outside, its default", &RMSprop{LR: 0.1, Alpha: 0.75, Eps: 0.07}, 2 - 0.1*0.6/(0.3+0.07)},
		{"plain descent", NewSGD(0.1, 0), 2 - 0.1*0.6},
	} {
		vg := gradientOf(t, tensor.Float64, []float64{2}, []float64{0.6})
		if err := test.opt.Step([]gorgonia.ValueGrad{vg}); err != nil {
			t.Fatal(err)
		}
		near(t, test.reason, vg.Param.Value.Float64s(), []float64{test.want}, 1e-12)
	}
}

// A parameter without gradient stays as it is, to the bit, before it ever had one.
func TestOptimizersWithZeroGradient(t *testing.T) {
	for _, test := range optimizerCases {
		rapid.Check(t, func(rt *rapid.T) {
			values := rapid.SliceOfN(rapid.Float64Range(-1e3, 1e3), 1, 8).Draw(rt, "values")
			for _, d := range dtypes {
				vg := gradientOf(t, d.dt, values, make([]float64, len(values)))
				before := numbers(vg.Param.Value.Clone().(*tensor.Dense))
				opt := test.make()
				for range 3 {
					if err := opt.Step([]gorgonia.ValueGrad{vg}); err != nil {
						rt.Fatal(err)
					}
				}
				if diff := cmp.Diff(before, numbers(vg.Param.Value)); diff != "" {
					rt.Fatalf("%s %v: %s", test.name, d.dt, diff)
				}
			}
		})
	}
}

// However large or small the gradient, the first step goes against its sign and no further than the bound that
// the division by its own size sets: LR for Adam, LR/√(1-Alpha) for RMSprop.
func TestOptimizersBoundTheFirstStep(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		grad := rapid.Float64Range(1e-4, 1e4).Draw(rt, "grad")
		if rapid.Bool().Draw(rt, "negative") {
			grad = -grad
		}
		for _, test := range []struct {
			opt   Optimizer
			bound float64
		}{
			{NewAdam(1e-2, 0.5, 0.999), 1e-2},
			{NewRMSprop(1e-2), 1e-1},
		} {
			vg := gradientOf(t, tensor.Float64, []float64{0}, []float64{grad})
			if err := test.opt.Step([]gorgonia.ValueGrad{vg}); err != nil {
				rt.Fatal(err)
			}
			moved := vg.Param.Value.Float64s()[0]
			if moved*grad >= 0 || math.Abs(moved) > test.bound*(1+1e-9) || math.Abs(moved) < test.bound*0.99 {
				rt.Errorf("%T: gradient %v moves the parameter by %v, bound %v", test.opt, grad, moved, test.bound)
			}
		}
	})
}

// An optimizer whose slots and count come from another's goes on exactly like it: what a checkpoint needs.
func TestOptimizersResume(t *testing.T) {
	for _, test := range optimizerCases {
		first := gradientOf(t, tensor.Float32, []float64{1, -2, 3}, []float64{0.5, 0.25, -1})
		a := test.make()
		for range 3 {
			if err := a.Step([]gorgonia.ValueGrad{first}); err != nil {
				t.Fatal(err)
			}
		}
		second := gradientOf(t, tensor.Float32, numbers(first.Param.Value), numbers(first.Tensor))
		b := test.make()
		b.SetSteps(a.Steps())
		b.SetLearningRate(a.LearningRate())
		for i, slot := range b.Slots(second.Param) {
			copy(slot.Value.Float32s(), a.Slots(first.Param)[i].Value.Float32s())
		}
		for range 2 {
			if err := errors.Join(a.Step([]gorgonia.ValueGrad{first}), b.Step([]gorgonia.ValueGrad{second})); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(numbers(first.Param.Value), numbers(second.Param.Value)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestOptimizersDoNotAllocate(t *testing.T) {
	for _, test := range optimizerCases {
		opt := test.make()
		var list []gorgonia.ValueGrad
		for _, name := range []string{"a", "b", "c"} {
			vg := gradientOf(t, tensor.Float32, make([]float64, 100), make([]float64, 100))
			vg.Param.Name = name
			list = append(list, vg)
		}
		if err := opt.Step(list); err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(20, func() { _ = opt.Step(list) }); n != 0 {
			t.Errorf("%s: %v allocations a step, want none after the first", test.name, n)
		}
	}
}

// A step takes Gorgonia's own nodes, too, and clears their gradients as Gorgonia's solvers do.
func TestOptimizerOnGorgoniaNodes(t *testing.T) {
	g := gorgonia.NewGraph()
	w := gorgonia.NewVector(g, tensor.Float64, gorgonia.WithShape(2), gorgonia.WithName("w"),
		gorgonia.WithValue(tensor.New(tensor.WithShape(2), tensor.WithBacking([]float64{3, -4}))))
	cost := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Square(w))))
	if _, err := gorgonia.Grad(cost, w); err != nil {
		t.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(w))
	defer vm.Close()
	opt := NewSGD(0.25, 0) // halves w at each step: the gradient is 2w
	for _, want := range [][]float64{{1.5, -2}, {0.75, -1}} {
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		if err := opt.Step(gorgonia.NodesToValueGrads(gorgonia.Nodes{w})); err != nil {
			t.Fatal(err)
		}
		vm.Reset()
		near(t, "w", w.Value().Data().([]float64), want, 1e-12)
	}
}

// nameless is a gorgonia.ValueGrad without a name.
type nameless struct{ gorgonia.ValueGrad }

func TestOptimizerErrors(t *testing.T) {
	good := gradientOf(t, tensor.Float32, []float64{1, 2}, []float64{1, 1})
	view, err := goldenArray{[]int{2, 2}, []float64{1, 2, 3, 4}}.dense(t, tensor.Float32).Slice(nil, tensor.S(0))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		reason string
		bad    gorgonia.ValueGrad
		shape  bool
		want   string
	}{
		{"no gradient yet", &Gradient{Param: &Param{Name: "v", Value: good.Param.Value}}, false, "v: it has not been set"},
		{"another length", &Gradient{Param: &Param{Name: "v", Value: good.Param.Value},
			Tensor: goldenArray{[]int{3}, []float64{1, 2, 3}}.dense(t, tensor.Float32)}, true, "v: "},
		{"another type", &Gradient{Param: &Param{Name: "v", Value: good.Param.Value},
			Tensor: goldenArray{[]int{2}, []float64{1, 2}}.dense(t, tensor.Float64)}, true, "v: "},
		{"state of another shape under the name", &Gradient{
			Param:  &Param{Name: "w", Value: goldenArray{[]int{3}, []float64{1, 2, 3}}.dense(t, tensor.Float32)},
			Tensor: goldenArray{[]int{3}, []float64{1, 2, 3}}.dense(t, tensor.Float32)}, true, "w: "},
		{"a view", &Gradient{Param: &Param{Name: "v", Value: good.Param.Value}, Tensor: view.(*tensor.Dense)}, false, "materialize"},
		{"no name for its state", nameless{good}, false, "no name"},
	} {
		opt := NewAdam(0.1, 0.5, 0.9)
		if err := opt.Step([]gorgonia.ValueGrad{good}); err != nil {
			t.Fatal(err)
		}
		before := numbers(good.Param.Value.Clone().(*tensor.Dense))
		err := opt.Step([]gorgonia.ValueGrad{good, test.bad})
		if err == nil || errors.Is(err, ErrShape) != test.shape || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one that says %q, of shape: %v", test.reason, err, test.want, test.shape)
		}
		if diff := cmp.Diff(before, numbers(good.Param.Value)); diff != "" || opt.Steps() != 1 {
			t.Errorf("%s: the failed step changed a parameter (%s), or the count, %d", test.reason, diff, opt.Steps())
		}
	}
}

func TestOptimizerValidate(t *testing.T) {
	nan := math.NaN()
	for _, test := range []struct {
		opt  Optimizer
		want string // "": valid
	}{
		{NewAdam(0, 0, 0.999), ""},
		{NewAdam(-1, 0.5, 0.999), "Adam: LR"},
		{NewAdam(nan, 0.5, 0.999), "Adam: LR"},
		{NewAdam(1, 1, 0.999), "Adam: Beta1"},
		{NewAdam(1, 0.5, -0.1), "Adam: Beta2"},
		{&Adam{LR: 1}, "Adam: Eps"},
		{NewRMSprop(1), ""},
		{NewRMSprop(-1), "RMSprop: LR"},
		{&RMSprop{LR: 1, Alpha: 1, Eps: 1}, "RMSprop: Alpha"},
		{&RMSprop{LR: 1, Alpha: 0.9}, "RMSprop: Eps"},
		{NewSGD(1, 0), ""},
		{NewSGD(-1, 0), "SGD: LR"},
		{NewSGD(1, 1), "SGD: Momentum"},
	} {
		err, stepErr := test.opt.Validate(), test.opt.Step(nil)
		if test.want == "" && (err != nil || stepErr != nil) {
			t.Errorf("%#v: %v", test.opt, err)
		}
		if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || stepErr == nil) {
			t.Errorf("%#v: error %v, on a step %v; want one about %q", test.opt, err, stepErr, test.want)
		}
	}
}
