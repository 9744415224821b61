// Package nn builds and differentiates neural networks on Gorgonia graphs.
//
// A network is a plain function from nodes to a node, written with a Scope,
// which gives layers their unique names, finds their parameters, and collects
// the first error:
//
//	s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{Training: true})
//	x := s.Input("x", 16, 3, 8, 32, 32)                                             // N×3×8×32×32
//	h := s.In("dis/conv1").Conv(x, 64, nn.Cube(3, 4, 2, 1), nn.LayerOptions{})      // N×64×4×16×16
//	h = s.LeakyReLU(h, 0.2)
//	h = s.In("dis/conv2").Conv(h, 1, nn.Geometry{Kernel: []int{4, 16, 16}}, nn.LayerOptions{})
//	loss := s.Mean(s.Softplus(s.Neg(h)))                                            // 1
//	grads := s.Grad(loss, x)
//	if err := s.Err(); err != nil { … }
//
// Tensors are N×C×spatial, with one to three spatial axes (T×H×W for clips).
// Reductions keep their axes with size 1, broadcasting is NumPy's between equal
// ranks, and a scalar is a vector of one element. Shapes are checked when the
// graph is built.
//
// Each operation has a plain reference implementation in Go for float32 and
// float64 (its Do method), so that a graph runs on gorgonia.NewTapeMachine or
// by Evaluate; package nn/exec compiles the same graph to fast kernels. Every
// derivative consists of operations that are differentiable in turn, and Grad
// may be applied to its own result.
package nn
