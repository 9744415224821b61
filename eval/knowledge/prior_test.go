package knowledge

import (
	"context"
	"errors"
	"math"
	"testing"

	"videogan/gan"
	"videogan/nn"
	"videogan/spatial"
)

// An untrained image generator paints hidden pixels of a smooth frame far better than grey, and
// takes noise away.
func TestPriorRestores(t *testing.T) {
	dev := openDevice(t)
	shape := gan.ClipShape{Channels: 1, Frames: 1, Height: 16, Width: 16}
	original := make([]float32, shape.Size())
	for i := range original {
		x, y := float64(i%16)-8, float64(i/16)-6
		original[i] = float32(1.2*math.Exp(-(x*x+y*y)/20) - 0.6)
	}
	image := spatial.DefaultGenerator()
	image.ClipLatentSize, image.FrameLatentSize, image.Channels, image.Size, image.Width, image.MinWidth, image.InitUniform = 8, 8, 1, 16, 16, 16, 0
	network := PriorNetwork{LatentSize: 16, Build: func(s *nn.Scope, z *nn.Node) *nn.Node {
		return image.Build(s, s.Slice(z, 1, 0, 8), s.Reshape(s.Slice(z, 1, 8, 16), -1, 8, 1))
	}}
	damaged, known := make([]float32, len(original)), make([]float32, len(original))
	for i, v := range original {
		if i%2 == 0 || i%3 == 0 {
			damaged[i], known[i] = v, 1
		}
	}
	noisy := Noise(original, 0.3, 1)
	steps, watched := 0, 0
	o := PriorOptions{Steps: 150, Progress: func(done, _ int) { steps = done }, Watch: func(int, []float32) { watched++ }}
	painted, err := Prior(t.Context(), dev, network, damaged, known, shape, o)
	if err != nil {
		t.Fatal(err)
	}
	if before, after := meanSquare(damaged, original), meanSquare(painted, original); !(after < before/10) {
		t.Errorf("painted in: mean square %v of %v", after, before)
	}
	if steps != 150 || watched != 3 {
		t.Errorf("%d steps, watched %d times", steps, watched)
	}
	// The frame comes before the noise, if the noise is not waited for.
	before, best := meanSquare(noisy, original), math.Inf(1)
	o = PriorOptions{Steps: 100, Every: 5, Average: 0.8, Watch: func(_ int, values []float32) { best = min(best, meanSquare(values, original)) }}
	if _, err := Prior(t.Context(), dev, network, noisy, nil, shape, o); err != nil {
		t.Fatal(err)
	}
	if !(best < 0.6*before) {
		t.Errorf("noise: mean square %v of %v", best, before)
	}

	for _, row := range []struct {
		damaged, known []float32
		o              PriorOptions
		want           error
	}{
		{damaged[:5], nil, PriorOptions{}, ErrShape}, {damaged, known[:5], PriorOptions{}, ErrShape},
		{damaged, known, PriorOptions{Steps: -1}, ErrOption}, {damaged, known, PriorOptions{Average: 1}, ErrOption},
		{damaged, known, PriorOptions{Copies: 1}, ErrOption},
	} {
		if _, err := Prior(t.Context(), dev, network, row.damaged, row.known, shape, row.o); !errors.Is(err, row.want) {
			t.Errorf("%d values, mask of %d, %+v: %v", len(row.damaged), len(row.known), row.o, err)
		}
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Prior(stopped, dev, network, damaged, known, shape, PriorOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("after an interrupt: %v", err)
	}
}
