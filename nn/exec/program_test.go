package exec_test

import (
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"videogan/nn"
	"videogan/nn/exec"
)

// smallDiscriminator is two folded 3-D layers with batch normalization, the
// loss and its gradients: enough kernels for tests of the program as a whole.
func smallDiscriminator(s *nn.Scope, x *nn.Node) []*nn.Node {
	h := x
	for i, c := range []int{8, 16} {
		l := s.In("l%d", i)
		h = l.LeakyReLU(l.BatchNorm(l.Conv(h, c, nn.Cube(3, 4, 2, 1), nn.LayerOptions{NoBias: true}), nn.BatchNormOptions{}), 0.2)
	}
	loss := s.Mean(s.Softplus(s.Sum(h, 1, 2, 3, 4)))
	return append([]*nn.Node{loss}, s.Grad(loss, s.In("l0").Param("weight", nil, 8, 3, 4, 4, 4),
		s.In("l1").Param("weight", nil, 16, 8, 4, 4, 4))...)
}

func compile(t testing.TB, d *exec.Device, s *nn.Scope, outputs ...*nn.Node) *exec.Program {
	t.Helper()
	p, err := exec.Compile(d, s, outputs...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func fill(data []float32, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 0))
	for i := range data {
		data[i] = float32(2*rng.Float64() - 1)
	}
}

func TestSameSeedSameBits(t *testing.T) {
	run := func() [][]float32 {
		d := device(t)
		s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(7), nn.ScopeOptions{Training: true})
		x := s.Input("x", 4, 3, 8, 16, 16)
		outputs := smallDiscriminator(s, x)
		p := compile(t, d, s, outputs...)
		fill(p.Data(x), 5)
		var got [][]float32
		for range 3 {
			if err := p.RunAll(); err != nil {
				t.Fatal(err)
			}
		}
		for _, n := range outputs {
			got = append(got, slices.Clone(p.Data(n)))
		}
		for _, param := range s.Params().All() {
			got = append(got, slices.Clone(param.Value.Float32s()))
		}
		return got
	}
	first, second := run(), run()
	for i := range first {
		if !slices.Equal(first[i], second[i]) {
			t.Errorf("array %d differs between two equal runs", i)
		}
	}
}

// A program is a gorgonia.VM; Gorgonia's own machine gives the same values.
func TestTapeMachineGivesTheSameValues(t *testing.T) {
	d := device(t)
	rng := rand.New(rand.NewPCG(1, 2))
	s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(7), nn.ScopeOptions{})
	x := randomInput(s, rng, "x", 2, 3, 8, 8)
	y := s.Tanh(s.In("c").Conv(x, 5, nn.Cube(2, 4, 2, 1), nn.LayerOptions{}))
	loss := s.Sum(s.Square(y))
	grads := s.Grad(loss, s.In("c").Param("weight", nil, 5, 3, 4, 4), x)
	outputs := append(grads, y)
	read := make([]gorgonia.Value, len(outputs))
	p := compile(t, d, s, outputs...)
	for i, n := range outputs {
		gorgonia.Read(n, &read[i])
	}
	for _, vm := range []gorgonia.VM{gorgonia.NewTapeMachine(s.Graph()), p} {
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
	}
	for i, n := range outputs {
		if diff := relative(p.Data(n), read[i].Data().([]float32)); !(diff < 2e-5) {
			t.Errorf("%s differs by %.2g", n.Name(), diff)
		}
	}
}

// What a user writes with Gorgonia's own operations runs too.
func TestForeignOperation(t *testing.T) {
	d := device(t)
	rng := rand.New(rand.NewPCG(1, 2))
	s := nn.NewScope(gorgonia.NewGraph(), nil, nn.ScopeOptions{})
	x := randomInput(s, rng, "x", 3, 4)
	cube := gorgonia.Must(gorgonia.Cube(x))
	y := s.Scale(cube, 2)
	p := compile(t, d, s, y)
	if err := p.RunAll(); err != nil {
		t.Fatal(err)
	}
	want := make([]float32, 12)
	for i, v := range x.Value().Data().([]float32) {
		want[i] = 2 * v * v * v
	}
	if diff := relative(p.Data(y), want); !(diff < 1e-6) {
		t.Errorf("differs by %.2g", diff)
	}
	if !strings.Contains(p.String(), "Do of") {
		t.Errorf("the plan does not name the foreign operation:\n%s", p)
	}
}

func TestLetBindsInputs(t *testing.T) {
	d := device(t)
	s := nn.NewScope(gorgonia.NewGraph(), nil, nn.ScopeOptions{})
	x := s.Input("x", 2, 2)
	y := s.Scale(x, 3)
	p := compile(t, d, s, y)
	for _, v := range []float32{1, -2} {
		value := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float32{v, v, v, v}))
		if err := gorgonia.Let(x, value); err != nil {
			t.Fatal(err)
		}
		if err := p.RunAll(); err != nil {
			t.Fatal(err)
		}
		if got := p.Data(y)[3]; got != 3*v {
			t.Errorf("3·%v = %v", v, got)
		}
	}
}

func TestFloat64RunsByReference(t *testing.T) {
	d := device(t)
	s := nn.NewScope(gorgonia.NewGraph(), nil, nn.ScopeOptions{DType: tensor.Float64})
	x := s.Input("x", 2)
	y := s.Exp(x)
	if err := gorgonia.Let(x, tensor.New(tensor.WithShape(2), tensor.WithBacking([]float64{0, 1}))); err != nil {
		t.Fatal(err)
	}
	p := compile(t, d, s, y)
	if err := p.RunAll(); err != nil {
		t.Fatal(err)
	}
	if got := p.Tensor(y).Float64s()[0]; got != 1 {
		t.Errorf("exp 0 = %v", got)
	}
}

// States take their new values after the run, and only then.
func TestUpdates(t *testing.T) {
	d := device(t)
	params := nn.NewParams(1)
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: true})
	count := s.State("count", nn.Zeros(), 3)
	double := s.Scale(count, 2)
	s.Update(count, s.Shift(count, 1))
	p := compile(t, d, s, double)
	for run := range 3 {
		if err := p.RunAll(); err != nil {
			t.Fatal(err)
		}
		param, _ := params.Get("count")
		if got := param.Value.Float32s()[0]; got != float32(run+1) {
			t.Errorf("after run %d the state is %v", run, got)
		}
		if got := p.Data(double)[0]; got != float32(2*run) {
			t.Errorf("run %d saw twice the state as %v", run, got)
		}
	}
}

// A step allocates nothing that grows with its size: as many times, and as many
// bytes, for a large batch as for a small one.
func TestAllocationsDoNotGrow(t *testing.T) {
	measure := func(batch, size int) (times float64, bytes uint64) {
		d := device(t)
		s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(7), nn.ScopeOptions{Training: true})
		outputs := smallDiscriminator(s, s.Input("x", batch, 3, 8, size, size))
		p := compile(t, d, s, outputs...)
		l0, _ := s.Params().Get("l0/weight")
		l1, _ := s.Params().Get("l1/weight")
		gradients := []gorgonia.ValueGrad{&nn.Gradient{Param: l0, Tensor: p.Tensor(outputs[1])},
			&nn.Gradient{Param: l1, Tensor: p.Tensor(outputs[2])}}
		opt := d.Fused(nn.NewAdam(1e-3, 0, 0.99))
		step := func() {
			if err := p.RunAll(); err != nil {
				t.Fatal(err)
			}
			if err := opt.Step(gradients); err != nil {
				t.Fatal(err)
			}
		}
		step()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		times = testing.AllocsPerRun(10, step)
		runtime.ReadMemStats(&after)
		return times, (after.TotalAlloc - before.TotalAlloc) / 11
	}
	fewTimes, few := measure(2, 8)
	manyTimes, many := measure(16, 32)
	if manyTimes > fewTimes || many > few+1024 || many > 16<<10 {
		t.Errorf("a step allocates %v times and %d bytes at 2×8×8, %v times and %d bytes at 16×32×32", fewTimes, few, manyTimes, many)
	}
}

// The resident memory of a long run does not grow.
func TestMemoryStaysFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("300 steps")
	}
	d := device(t)
	s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(7), nn.ScopeOptions{Training: true})
	p := compile(t, d, s, smallDiscriminator(s, s.Input("x", 4, 3, 8, 16, 16))...)
	run := func(n int) int64 {
		for range n {
			if err := p.RunAll(); err != nil {
				t.Fatal(err)
			}
		}
		return exec.ReadProcessMemory().ResidentBytes
	}
	before := run(20)
	if after := run(300); before > 0 && after > before+before/10+(4<<20) {
		t.Errorf("resident memory grew from %d to %d bytes in 300 steps", before, after)
	}
}

func TestPlanNamesKernels(t *testing.T) {
	d := device(t)
	s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(7), nn.ScopeOptions{Training: true})
	p := compile(t, d, s, smallDiscriminator(s, s.Input("x", 4, 3, 8, 16, 16))...)
	plan := p.String()
	for _, want := range []string{"convolution jit:", "batch norm+leaky-relu", "arena+", "GFLOP, arena"} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan does not say %q:\n%s", want, plan)
		}
	}
	if os.Getenv("SHOW_PLAN") != "" {
		t.Log(plan)
	}
}

func TestCompileErrors(t *testing.T) {
	d := device(t)
	s := nn.NewScope(gorgonia.NewGraph(), nil, nn.ScopeOptions{})
	s.In("gen").Add(s.Input("a", 2, 3), s.Input("b", 2, 4))
	if _, err := exec.Compile(d, s); err == nil || !strings.Contains(err.Error(), "gen") {
		t.Errorf("a scope with an error: got %v", err)
	}
	s = nn.NewScope(gorgonia.NewGraph(), nil, nn.ScopeOptions{})
	if _, err := exec.Compile(d, s, nil); err == nil {
		t.Error("a nil output: no error")
	}
	p := compile(t, d, s, s.Exp(s.Input("a", 2, 3)))
	p.Close()
	if err := p.RunAll(); err == nil {
		t.Error("a closed program ran")
	}
}

// A program that nobody closed is closed by its device.
func TestDeviceClosesItsPrograms(t *testing.T) {
	d, err := exec.NewDevice(exec.DeviceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{})
	p, err := exec.Compile(d, s, s.Exp(s.Param("w", nn.Normal(1), 3)))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	runtime.GC() // a pinned pointer that is collected would end the process
	runtime.GC()
}
