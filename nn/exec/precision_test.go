package exec_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"

	"videogan/nn"
	"videogan/nn/exec"
)

// deviceInBF16 skips the test where the processor has no bfloat16 products.
func deviceInBF16(t *testing.T) *exec.Device {
	t.Helper()
	d, err := exec.NewDevice(exec.DeviceOptions{BF16: true})
	if errors.Is(err, exec.ErrNoBF16) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// A convolution of bfloat16 operands is that of float32 but for their rounding, of which each
// has at most 2⁻⁹.
func TestConvolutionsInBF16(t *testing.T) {
	d := deviceInBF16(t)
	cube, square := nn.Cube(3, 4, 2, 1), nn.Cube(2, 4, 2, 1)
	for _, row := range []struct {
		reason     string
		x          []int
		g          nn.Geometry
		out        int
		transposed bool
	}{
		{"D's first layer", []int{2, 3, 8, 16, 16}, cube, 64, false},
		{"a layer of D", []int{2, 32, 4, 8, 8}, cube, 48, false},
		{"the last strided layer of TGAN's D", []int{4, 64, 2, 8, 8}, cube, 64, false},
		{"channels that leave a block half empty", []int{3, 24, 4, 8, 8}, cube, 40, false},
		{"the scene's heads", []int{2, 64, 4, 8, 8}, cube, 4, true},
		{"a weight gradient of many positions, four in time", []int{2, 32, 4, 16, 16}, cube, 32, false},
		{"a wide gradient by x folds, four in time", []int{2, 128, 4, 8, 8}, cube, 32, false},
		{"a small layer of D, tiles of samples", []int{11, 32, 4, 8, 8}, cube, 64, false},
		{"a small layer of the image generator, tiles of samples", []int{9, 64, 4, 4}, square, 32, true},
		{"a layer of the image generator", []int{4, 64, 8, 8}, square, 32, true},
		{"a wide layer of the image generator folds", []int{4, 32, 8, 8}, square, 256, true},
		{"the image generator's last layer keeps float32", []int{2, 32, 8, 8}, nn.Cube(2, 3, 1, 1), 3, false},
	} {
		t.Run(row.reason, func(t *testing.T) {
			s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{Training: true, Random: &nn.RandomState{Seed: 3}})
			rng := rand.New(rand.NewPCG(1, 2))
			x := randomInput(s, rng, "x", row.x...)
			l, shape := s.In("layer"), append([]int{row.out, row.x[1]}, row.g.Kernel...)
			layer := l.Conv
			if row.transposed {
				layer, shape = l.ConvTranspose, append([]int{row.x[1], row.out}, row.g.Kernel...)
			}
			y := layer(x, row.out, row.g, nn.LayerOptions{Weight: nn.Normal(0.3), NoBias: true})
			loss := s.Sum(s.Mul(y, randomInput(s, rng, "upstream", y.Shape()...)))
			outputs := append(s.Grad(loss, x, l.Param("weight", nil, shape...)), y)
			want, err := nn.Evaluate(outputs...)
			if err := errors.Join(s.Err(), err); err != nil {
				t.Fatal(err)
			}
			p, err := exec.Compile(d, s, outputs...)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if err := p.RunAll(); err != nil {
				t.Fatal(err)
			}
			for i, n := range outputs {
				if diff := distance(p.Data(n), want[i].Float32s()); !(diff < 4e-3) {
					t.Errorf("%s: is %.2g of its length away", n.Name(), diff)
				}
			}
		})
	}
}

// In bfloat16 the kernels must say nearly the same. What moves them most are slopes that
// flip where an activation is near zero.
func TestProgramsInBF16NearReference(t *testing.T) {
	d := deviceInBF16(t)
	for _, g := range graphs {
		t.Run(g.name, func(t *testing.T) {
			s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{Training: true, Random: &nn.RandomState{Seed: 3}})
			outputs := g.build(s, rand.New(rand.NewPCG(1, 2)))
			want, err := nn.Evaluate(outputs...)
			if err := errors.Join(s.Err(), err); err != nil {
				t.Fatal(err)
			}
			p, err := exec.Compile(d, s, outputs...)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if err := p.RunAll(); err != nil {
				t.Fatal(err)
			}
			for i, n := range outputs {
				if diff := distance(p.Data(n), want[i].Float32s()); !(diff < 0.15) {
					t.Errorf("output %d, %s: is %.2g of its length away (%s)", i, n.Name(), diff, g.reason)
				}
			}
		})
	}
}

// distance is the length of the difference over that of the reference: a slope
// that flips where an activation is near zero counts little.
func distance(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	diff, scale := 0.0, 1e-6
	for i, w := range want {
		diff += math.Pow(float64(got[i])-float64(w), 2)
		scale += math.Pow(float64(w), 2)
	}
	return math.Sqrt(diff / scale)
}
