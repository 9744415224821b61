package nn

import (
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Pooling, upsampling, softmax, noise and spectral normalization, and their gradients, also run on Gorgonia's
// own machine, with the values of Evaluate.
func TestRegularizersOnTapeMachine(t *testing.T) {
	s := NewScope(gorgonia.NewGraph(), NewParamsOf(tensor.Float64, 1),
		ScopeOptions{DType: tensor.Float64, Training: true, Random: &RandomState{Seed: 3, Counter: 2}})
	x := s.Input("x", 2, 3, 4, 6)
	h := s.In("dis/conv").Conv(x, 4, Cube(2, 3, 1, 1), LayerOptions{SpectralNorm: true}) // 2×4×4×6
	h = s.In("dis/conv").GaussianNoise(h, 0.1)
	h = s.MaxPool(h, Cube(2, 2, 2, 0))                           // 2×4×2×3
	h = s.UpsampleNearest(h, 3)                                  // 2×4×6×9
	h = s.AveragePool(h, Cube(2, 3, 2, 1))                       // 2×4×3×5
	h = s.In("dis/head").Dropout(h, 0.4)                         // 2×4×3×5
	h = s.Add(s.Softmax(h, 1), s.Scale(s.LogSoftmax(h, 3), 0.5)) // 2×4×3×5
	cost := s.Mean(s.Square(h))                                  // 1
	grad := s.Grad(cost, x, s.In("dis/conv").Param("weight", Zeros(), 4, 3, 3, 3))
	penalty := s.Grad(s.Sum(s.Square(grad[0])), x)[0]
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	letRandom(t, rand.New(rand.NewPCG(1, 1)), x, false)
	nodes := []*Node{cost, grad[0], grad[1], penalty}
	read := make([]gorgonia.Value, len(nodes))
	for i, n := range nodes {
		gorgonia.Read(n, &read[i])
	}
	vm := gorgonia.NewTapeMachine(s.Graph())
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	for i, want := range evaluate(t, nodes...) {
		near(t, nodes[i].Name(), read[i].Data().([]float64), want, 1e-12)
	}
}
