package temporal

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"videogan/nn"
)

// Parameter counts are those of the release's layers.
func TestGeneratorParameters(t *testing.T) {
	edit := func(f func(g *Generator)) Generator {
		g := DefaultGenerator()
		f(&g)
		return g
	}
	small := func(g *Generator) { g.Channels, g.Frames, g.NoBeta = []int{256, 128, 128}, 8, false }
	for _, row := range []struct {
		reason string
		g      Generator
		want   int
	}{
		{"the release's: 824,420 in convolutions, 1,024 scales", DefaultGenerator(), 825_444},
		{"with beta: a shift for each scale", edit(func(g *Generator) { g.NoBeta = false }), 826_468},
		{"no bias where a norm follows, as PyTorch ports have it", edit(func(g *Generator) { g.BiasBeforeNorm = false }), 824_420},
		{"8 frames: one layer less", edit(small), 100*256 + 256*128*4 + 128*128*4 + 128*100*4 + 3*(256+128+128) + 100},
		{"32 frames from 4 layers: the first one makes 2", edit(func(g *Generator) { g.Frames = 32 }), 825_444 + 100*512},
	} {
		t.Run(row.reason, func(t *testing.T) {
			params := nn.NewParams(1)
			s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{Training: true})
			z1 := row.g.Build(s.In("gen"), s.Input("z0", 2, 100))
			if err := s.Err(); err != nil {
				t.Fatal(err)
			}
			if want := (tensor.Shape{2, 100, row.g.Frames}); !z1.Shape().Eq(want) {
				t.Errorf("z1 is %v, want %v", z1.Shape(), want)
			}
			if got := params.Count("gen"); got != row.want {
				t.Errorf("%d parameters, want %d", got, row.want)
			}
		})
	}
}

// A generator's output depends on all of z0 and on nothing of another clip's, and
// its frames differ from each other.
func TestGeneratorSeesEachLatentAlone(t *testing.T) {
	g := Generator{LatentSize: 3, Channels: []int{6, 5}, OutputSize: 4, Frames: 4, InitGain: 1}
	params := nn.NewParams(1)
	values := func(z []float32) []float32 {
		s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{})
		z0 := s.Input("z0", 2, 3)
		z1 := g.Build(s.In("gen"), z0)
		if err := errors.Join(s.Err(), gorgonia.Let(z0, tensor.New(tensor.WithShape(2, 3), tensor.WithBacking(z)))); err != nil {
			t.Fatal(err)
		}
		out, err := nn.Evaluate(z1)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Clone(out[0].Float32s())
	}
	z := []float32{0.3, -0.5, 0.8, 0.1, 0.9, -0.7}
	base := values(slices.Clone(z))
	for i := range 3 {
		changed := slices.Clone(z)
		changed[i] += 0.25
		got := values(changed)
		if slices.Equal(got[:16], base[:16]) {
			t.Errorf("z0[%d] has no effect", i)
		}
		if !slices.Equal(got[16:], base[16:]) {
			t.Errorf("z0[%d] of clip 0 changes clip 1", i)
		}
	}
	for v := range 4 { // along time, 4 frames a number
		if frames := base[v*4 : v*4+4]; frames[0] == frames[1] && frames[1] == frames[2] {
			t.Errorf("number %d is %v at every frame", v, frames)
		}
	}
	for _, v := range base {
		if v < -1 || v > 1 {
			t.Errorf("z1 has %v, out of [-1, 1]", v)
		}
	}
}

// Weights start as the config says.
func TestInitialWeights(t *testing.T) {
	g := DefaultGenerator()
	for _, row := range []struct {
		reason        string
		gain, uniform float64
		low, high     float64 // of the standard deviation of dc1's weight, fan-in 256·4
	}{
		{"LeCun", 1, 0, 0.0305, 0.0320},
		{"PyTorch's variance", 0.57735, 0, 0.0176, 0.0185},
		{"the paper's uniform", 1, 0.01, 0.0057, 0.0058},
	} {
		t.Run(row.reason, func(t *testing.T) {
			g.InitGain, g.InitUniform = row.gain, row.uniform
			params := nn.NewParams(1)
			s := nn.NewScope(gorgonia.NewGraph(), params, nn.ScopeOptions{})
			g.Build(s.In("gen"), s.Input("z0", 2, 100))
			p, ok := params.Get("gen/dc1/weight")
			if !ok {
				t.Fatal("no gen/dc1/weight")
			}
			sum, squares := 0.0, 0.0
			for _, v := range p.Value.Float32s() {
				sum += float64(v)
				squares += float64(v) * float64(v)
			}
			n := float64(p.Value.DataSize())
			if variance := squares/n - sum/n*sum/n; variance < row.low*row.low || variance > row.high*row.high {
				t.Errorf("variance %v, want a deviation from %v to %v", variance, row.low, row.high)
			}
		})
	}
}

func TestGeneratorReports(t *testing.T) {
	for _, row := range []struct {
		reason, want string
		edit         func(g *Generator)
		shape        bool
	}{
		{"no latent", "latent_size = 0", func(g *Generator) { g.LatentSize = 0 }, false},
		{"no layer", "channels (their number) = 0", func(g *Generator) { g.Channels = nil }, false},
		{"an empty layer", "channels[1] = 0", func(g *Generator) { g.Channels = []int{3, 0} }, false},
		{"frames that doubling does not reach", "frames = 12 with 4 hidden layers: want a multiple of 16", func(g *Generator) { g.Frames = 12 }, true},
		{"no spread", "init_gain = 0", func(g *Generator) { g.InitGain = 0 }, false},
		{"negative bound", "init_uniform = -1", func(g *Generator) { g.InitUniform = -1 }, false},
		{"another latent", "input of shape (2, 100), want [-1 50]", func(g *Generator) { g.LatentSize = 50 }, true},
	} {
		t.Run(row.reason, func(t *testing.T) {
			g := DefaultGenerator()
			row.edit(&g)
			s := nn.NewScope(gorgonia.NewGraph(), nn.NewParams(1), nn.ScopeOptions{})
			if g.Build(s.In("gen"), s.Input("z0", 2, 100)) != nil {
				t.Error("it was built")
			}
			err := s.Err()
			if err == nil || !strings.Contains(err.Error(), row.want) || errors.Is(err, nn.ErrShape) != row.shape {
				t.Errorf("error %v: want %q, about shapes: %v", err, row.want, row.shape)
			}
		})
	}
}
