package nn

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// The same graph, with its gradients and a penalty on one, has the same values
// on Gorgonia's own machine.
func TestTapeMachineGivesTheSameValues(t *testing.T) {
	for _, d := range dtypes {
		s := testScope(d.dt)
		x := s.Input("x", 2, 3, 4, 4, 4)
		y := smallNet(s.In("dis"), x)
		gx := s.Grad(s.Sum(y), x)[0]
		penalty := s.Mean(s.Sum(s.Square(gx), 1, 2, 3, 4))
		cost := s.Add(s.Mean(s.Softplus(s.Neg(y))), s.Scale(s.Reshape(penalty, 1), 0.5))
		nodes := []*Node{y, cost, gx}
		var wrt []*Node
		for _, p := range s.Params().Trainable("dis") {
			wrt = append(wrt, s.Param(p.Name, Zeros(), p.Value.Shape()...))
		}
		nodes = append(nodes, s.Grad(cost, wrt...)...)
		for _, u := range s.Updates() {
			nodes = append(nodes, u.Value)
		}
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
		letRandom(t, rand.New(rand.NewPCG(3, 4)), x, false)
		want := evaluate(t, nodes...)

		read := make([]gorgonia.Value, len(nodes))
		for i, n := range nodes {
			gorgonia.Read(n, &read[i])
		}
		m := gorgonia.NewTapeMachine(s.Graph())
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
		for i, n := range nodes {
			got := read[i].(*tensor.Dense)
			if !slices.Equal(got.Shape(), n.Shape()) {
				t.Errorf("%s has shape %v, want %v", n.Name(), got.Shape(), n.Shape())
			}
			var values []float64
			switch data := got.Data().(type) {
			case []float64:
				values = data
			case []float32:
				for _, v := range data {
					values = append(values, float64(v))
				}
			}
			near(t, n.Name(), values, want[i], 0)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEvaluateNamesWhatIsUnbound(t *testing.T) {
	s := testScope(tensor.Float32)
	_, err := Evaluate(s.Tanh(s.In("gen").Input("z", 2)))
	if err == nil || !strings.Contains(err.Error(), "gen/z has no value") {
		t.Errorf("got %v", err)
	}
}

// Operands may be views, and are never written to.
func TestOperandsMayBeViews(t *testing.T) {
	s := testScope(tensor.Float64)
	x := s.Input("x", 3, 2)
	y := s.Add(s.Scale(x, 10), x)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	base := tensor.New(tensor.WithShape(4, 2), tensor.WithBacking([]float64{1, 2, 3, 4, 5, 6, 7, 8}))
	rows, err := base.Slice(tensor.S(1, 4))
	if err != nil {
		t.Fatal(err)
	}
	wide := tensor.New(tensor.WithShape(3, 4), tensor.WithBacking([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}))
	columns, err := wide.Slice(nil, tensor.S(1, 3))
	if err != nil {
		t.Fatal(err)
	}
	turned := tensor.New(tensor.WithShape(2, 3), tensor.WithBacking([]float64{1, 3, 5, 2, 4, 6}))
	if err := turned.T(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		view gorgonia.Value
		want []float64
	}{
		"rows":      {rows, []float64{33, 44, 55, 66, 77, 88}},
		"columns":   {columns, []float64{22, 33, 66, 77, 110, 121}},
		"transpose": {turned, []float64{11, 22, 33, 44, 55, 66}},
	} {
		if err := gorgonia.Let(x, c.view); err != nil {
			t.Fatal(err)
		}
		near(t, name, evaluate(t, y)[0], c.want, 0)
	}
	if got := wide.Data().([]float64); got[1] != 2 || got[11] != 12 {
		t.Errorf("the operand is now %v", got)
	}
}

func TestDoRefusesOtherShapesAndTypes(t *testing.T) {
	s := testScope(tensor.Float32)
	op := s.Tanh(s.Input("x", 2, 3)).Op()
	for name, c := range map[string]struct {
		args []gorgonia.Value
		want string
	}{
		"shape":   {[]gorgonia.Value{tensor.New(tensor.WithShape(3, 2), tensor.Of(tensor.Float32))}, "nn: tanh 2×3→2×3: operand 0 is 3×2, want 2×3: shape mismatch"},
		"type":    {[]gorgonia.Value{tensor.New(tensor.WithShape(2, 3), tensor.Of(tensor.Int))}, "nn: tanh 2×3→2×3: operand of type int: want float32 or float64"},
		"nothing": {nil, "nn: tanh 2×3→2×3: 0 operands, want 1"},
	} {
		if _, err := op.Do(c.args...); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}
