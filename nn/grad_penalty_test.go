package nn

import "testing"

// critic is the network of the golden values: two 3-D convolutions and a linear
// layer. Its parameters are inputs of the graph.
type critic struct {
	s          *Scope
	activation func(s *Scope, x *Node) *Node
	names      []string
	params     []*Node
}

// The output is N, one number a sample.
func (c critic) apply(x *Node) *Node {
	s, p := c.s, c.params
	h := c.activation(s, s.Convolve(x, p[0], p[1], Cube(3, 3, 2, 1)))
	h = c.activation(s, s.Convolve(h, p[2], p[3], Cube(3, 2, 1, 0)))
	h = s.Reshape(h, x.Shape()[0], -1)
	return s.Reshape(s.Add(s.MatMul(h, p[4], false, true), s.Reshape(p[5], 1, 1)), -1)
}

// squaredNorms is ‖g‖² of every sample, N.
func squaredNorms(s *Scope, g *Node) *Node {
	n := g.Shape()[0]
	return s.Reshape(s.Sum(s.Reshape(s.Square(g), n, -1), 1), n)
}

// Double backward through convolution, activation and linear layer: WGAN-GP
// (Gulrajani et al. 2017) and R1 (Mescheder et al. 2018), every array of PyTorch's.
func TestGradientPenaltiesAgainstPyTorch(t *testing.T) {
	g := readGolden(t, "gradient_penalty")
	for name, activation := range map[string]func(s *Scope, x *Node) *Node{
		"lrelu":    func(s *Scope, x *Node) *Node { return s.LeakyReLU(x, 0.2) },
		"softplus": (*Scope).Softplus,
		"tanh":     (*Scope).Tanh,
	} {
		for _, d := range dtypes {
			t.Run(name+"/"+d.dt.String(), func(t *testing.T) {
				s := testScope(d.dt)
				get := func(array string) goldenArray { return g.get(t, name+"."+array) }
				input := func(array string) *Node {
					x := s.Input(array, get(array).Shape...)
					let(t, x, get(array))
					return x
				}
				d1 := critic{s: s, activation: activation, names: []string{"w1", "b1", "w2", "b2", "w3", "b3"}}
				for _, p := range d1.names {
					d1.params = append(d1.params, input(p))
				}
				real, fake, eps := input("real"), input("fake"), input("eps")

				weight := s.Reshape(eps, -1, 1, 1, 1, 1)
				xhat := s.Add(s.Mul(weight, real), s.Mul(s.Sub(s.Constant(1, weight.Shape()...), weight), fake))
				outHat, outReal, outFake := d1.apply(xhat), d1.apply(real), d1.apply(fake)
				gpG := s.Grad(s.Sum(outHat), xhat)[0]
				norm := s.Sqrt(squaredNorms(s, gpG))
				gp := s.Mean(s.Square(s.Shift(norm, -1)))
				r1G := s.Grad(s.Sum(outReal), real)[0]
				r1 := s.Scale(s.Mean(squaredNorms(s, r1G)), 0.5)
				full := s.Add(s.Sub(s.Mean(outFake), s.Mean(outReal)), s.Scale(gp, 10))

				want := map[string]*Node{
					"out_hat": outHat, "out_real": outReal, "out_fake": outFake,
					"xhat": xhat, "gp": gp, "gp_norm": norm, "r1": r1, "full": full,
				}
				gradients := map[string]*Node{"gp_g": gpG, "r1_g": r1G}
				collect := func(prefix string, cost *Node, wrt []*Node, names []string) {
					for i, grad := range s.GradOrZero(cost, wrt...) {
						gradients[prefix+names[i]] = grad
					}
				}
				collect("gp_d", gp, append(d1.params, xhat), append(d1.names, "x"))
				collect("r1_d", r1, append(d1.params, real), append(d1.names, "x"))
				collect("dfull_", full, d1.params, d1.names)
				if err := s.Err(); err != nil {
					t.Fatal(err)
				}
				for array, n := range want {
					near(t, array, evaluate(t, n)[0], get(array).Data, d.forward)
				}
				for array, n := range gradients {
					near(t, array, evaluate(t, n)[0], get(array).Data, d.gradients)
				}
				for array := range g {
					if known := len(name) + 1; len(array) > known && array[:known] == name+"." {
						array = array[known:]
						if want[array] == nil && gradients[array] == nil && len(s.Graph().ByName(array)) == 0 {
							t.Errorf("%s is not compared", array)
						}
					}
				}
			})
		}
	}
}
