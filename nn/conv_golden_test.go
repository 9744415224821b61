package nn

import (
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
)

// checkGolden compares the output of f, and the gradients of Σ y·gy by every
// operand, with PyTorch's in all types. Operands and gradients are found under
// prefix+name and prefix+"g"+name.
func checkGolden(t *testing.T, g golden, prefix string, names []string, f func(s *Scope, in []*Node) *Node) {
	t.Helper()
	for _, d := range dtypes {
		s := testScope(d.dt)
		var in []*Node
		for _, name := range names {
			a := g.get(t, prefix+name)
			x := s.Input(name, a.Shape...)
			let(t, x, a)
			in = append(in, x)
		}
		y := f(s, in)
		if err := s.Err(); err != nil {
			t.Fatalf("%s%v: %v", prefix, d.dt, err)
		}
		want := g.get(t, prefix+"y")
		if !slices.Equal(y.Shape(), want.Shape) {
			t.Fatalf("%s%v: y is %v, want %v", prefix, d.dt, y.Shape(), want.Shape)
		}
		gy := s.Input("gy", want.Shape...)
		let(t, gy, g.get(t, prefix+"gy"))
		grads := s.Grad(s.Sum(s.Mul(y, gy)), in...)
		if err := s.Err(); err != nil {
			t.Fatalf("%s%v: %v", prefix, d.dt, err)
		}
		near(t, prefix+d.dt.String()+" y", evaluate(t, y)[0], want.Data, d.forward)
		for i, values := range evaluate(t, grads...) {
			near(t, prefix+d.dt.String()+" g"+names[i], values, g.get(t, prefix+"g"+names[i]).Data, d.gradients)
		}
	}
}

func TestConvolutionsAgainstPyTorch(t *testing.T) {
	for _, file := range []string{"conv2d", "conv3d", "convtranspose1d", "convtranspose2d", "convtranspose3d"} {
		g := readGolden(t, file)
		cases := g.cases()
		if len(cases) < 4 {
			t.Fatalf("%s: %d cases", file, len(cases))
		}
		for _, c := range cases {
			t.Run(file+"/"+c, func(t *testing.T) {
				geometry := Geometry{Kernel: g.ints(t, c+".k"), Stride: g.ints(t, c+".s"), Pad: g.ints(t, c+".p")}
				checkGolden(t, g, c+".", []string{"x", "w", "b"}, func(s *Scope, in []*Node) *Node {
					if file == "conv2d" || file == "conv3d" {
						return s.Convolve(in[0], in[1], in[2], geometry)
					}
					return s.ConvolveTranspose(in[0], in[1], in[2], geometry)
				})
			})
		}
	}
}

func TestLinearAgainstPyTorch(t *testing.T) {
	g := readGolden(t, "linear")
	checkGolden(t, g, "", []string{"x", "w", "b"}, func(s *Scope, in []*Node) *Node {
		return s.Add(s.MatMul(in[0], in[1], false, true), s.Reshape(in[2], 1, -1))
	})
}

func TestActivationsAgainstPyTorch(t *testing.T) {
	g := readGolden(t, "activations")
	functions := map[string]func(s *Scope, x *Node) *Node{
		"relu":        (*Scope).ReLU,
		"leaky_relu":  func(s *Scope, x *Node) *Node { return s.LeakyReLU(x, 0.2) },
		"tanh":        (*Scope).Tanh,
		"sigmoid":     (*Scope).Sigmoid,
		"softplus":    (*Scope).Softplus,
		"log_sigmoid": func(s *Scope, x *Node) *Node { return s.Neg(s.Softplus(s.Neg(x))) },
	}
	for _, name := range g.cases() {
		f, ok := functions[name]
		if !ok {
			t.Errorf("no operation for the golden values of %s", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			one := golden{"x": g["x"], "gy": g["gy"], "y": g.get(t, name+".y"), "gx": g.get(t, name+".gx")}
			checkGolden(t, one, "", []string{"x"}, func(s *Scope, in []*Node) *Node { return f(s, in[0]) })
		})
	}
}

// Each layer on its own parameters gives what the raw operation gives.
func TestLayersUseTheirParameters(t *testing.T) {
	g := readGolden(t, "conv3d")
	for _, d := range dtypes {
		s := testScope(d.dt)
		x := s.Input("x", g.get(t, "k133s122.x").Shape...)
		let(t, x, g["k133s122.x"])
		y := s.In("dis/conv").Conv(x, 3, Geometry{Kernel: []int{1, 3, 3}, Stride: []int{1, 2, 2}, Pad: []int{0, 1, 1}}, LayerOptions{})
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
		for name, from := range map[string]string{"dis/conv/weight": "k133s122.w", "dis/conv/bias": "k133s122.b"} {
			p, ok := s.Params().Get(name)
			if !ok || !p.Trainable {
				t.Fatalf("no trainable parameter %q", name)
			}
			if err := copyDense(p, g.get(t, from).dense(t, d.dt)); err != nil {
				t.Fatal(err)
			}
		}
		near(t, d.dt.String(), evaluate(t, y)[0], g.get(t, "k133s122.y").Data, d.forward)
	}
}

func copyDense(p *Param, from gorgonia.Value) error {
	_, err := gorgonia.Copy(p.Value, from)
	return err
}
