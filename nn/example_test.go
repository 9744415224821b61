package nn_test

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"videogan/nn"
)

// discriminator scores clips x (N×C×T×H×W) with N×1.
func discriminator(s *nn.Scope, x *nn.Node) *nn.Node {
	h := s.In("conv1").Conv(x, 8, nn.Cube(3, 4, 2, 1), nn.LayerOptions{}) // N×8×4×8×8
	h = s.LeakyReLU(h, 0.2)
	h = s.In("conv2").Conv(h, 16, nn.Cube(3, 4, 2, 1), nn.LayerOptions{NoBias: true}) // N×16×2×4×4
	h = s.LeakyReLU(s.In("conv2/bn").BatchNorm(h, nn.BatchNormOptions{}), 0.2)
	h = s.Reshape(h, x.Shape()[0], -1)                  // N×512
	return s.In("head").Linear(h, 1, nn.LayerOptions{}) // N×1
}

func Example() {
	params := nn.NewParams(1)
	s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: true})
	real := s.Input("real", 2, 3, 8, 16, 16)
	score := discriminator(s.In("dis"), real)
	gradient := s.Grad(s.Sum(score), real)[0]
	r1 := s.Scale(s.Mean(s.Sum(s.Square(gradient), 1, 2, 3, 4)), 0.5) // its mean over clips
	loss := s.Add(s.Mean(s.Softplus(s.Neg(score))), r1)
	if err := s.Err(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("score", score.Shape(), "loss", loss.Shape())
	for _, p := range params.Trainable("dis") {
		fmt.Println(p.Name, p.Value.Shape())
	}
	fmt.Println(params.Count("dis"), "parameters")
	// Output:
	// score (2, 1) loss (1)
	// dis/conv1/weight (8, 3, 4, 4, 4)
	// dis/conv1/bias (8)
	// dis/conv2/weight (16, 8, 4, 4, 4)
	// dis/conv2/bn/gamma (16)
	// dis/conv2/bn/beta (16)
	// dis/head/weight (1, 512)
	// dis/head/bias (1)
	// 10281 parameters
}

// A layer that does not fit says where it stands and what it was given.
func ExampleScope_Err() {
	s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{})
	x := s.Input("x", 16, 3, 2, 2)
	h := s.In("dis/conv1").Conv(x, 64, nn.Cube(2, 5, 2, 1), nn.LayerOptions{})
	s.In("dis/head").Linear(h, 1, nn.LayerOptions{})
	fmt.Println(s.Err())
	// Output:
	// nn: dis/conv1: convolve x 16×3×2×2 with w 64×3×5×5: window k5×5s2×2p1×1 does not fit into 2×2: shape mismatch
}
